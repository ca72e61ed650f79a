"""For operators: one log line for each job, ``/healthz``, and figures for Prometheus at ``/metrics``."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from starlette.types import ASGIApp, Receive, Scope, Send

from imggen.engine.engine import Engine
from imggen.engine.jobs import JobRecord
from imggen.ui.serving.headers import PICTURE_PATH

logger = logging.getLogger("imggen.jobs")
_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
#: Pictures of ours by path. The icon is not Gradio's ``favicon_path``, which also opens ``/pwa_icon/SIZE``: there a
#: visitor can have it enlarged to any size, at the cost of all memory.
_PICTURES = {
    PICTURE_PATH: Path(__file__).parent / "preview.png",
    "/favicon.ico": Path(__file__).parent / "favicon.png",
}


class Figures:
    """What is counted: jobs by task and outcome, how long they waited and worked, those inside, and the memory."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._jobs = Counter("imggen_jobs", "Jobs that ended", ["task", "outcome"], registry=self.registry)
        self._waited = Histogram(
            "imggen_waited_seconds", "From arrival to start", ["task"], registry=self.registry, buckets=_BUCKETS
        )
        self._worked = Histogram(
            "imggen_worked_seconds", "From start to end", ["task"], registry=self.registry, buckets=_BUCKETS
        )
        self._inside = Gauge("imggen_jobs_inside", "Jobs that wait, load or run", registry=self.registry)

    def record(self, record: JobRecord) -> None:
        """Count a job and write its line: no picture, no name of a visitor."""
        task = record.kind.task or "load"
        self._jobs.labels(task, record.outcome).inc()
        self._waited.labels(task).observe(record.waited)
        self._worked.labels(task).observe(record.worked)
        line = {
            "task": task,
            "model": record.model_id,
            "size": round(record.kind.units, 3),
            "waited": round(record.waited, 3),
            "worked": round(record.worked, 3),
            "outcome": record.outcome,
        }
        logger.info("%s", json.dumps(line))

    def text(self, engine: Engine) -> bytes:
        """The figures in the format of Prometheus."""
        self._inside.set(len(engine.jobs))
        return generate_latest(self.registry)


class Monitoring:
    """Answer ``/healthz`` and ``/metrics``, and the pictures of the link's preview and of the browser's tab,
    before the login.

    Args:
        app: the application behind.
        engine: whose queue is looked at.
        figures: what was counted.
    """

    def __init__(self, app: ASGIApp, engine: Engine, figures: Figures) -> None:
        self.app = app
        self.engine = engine
        self.figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is ours; hand on the rest."""
        path = scope["path"] if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") else ""
        if path == "/healthz":
            health = {"status": "ok", "jobs": len(self.engine.jobs), "loaded": self.engine.loaded}
            await _send(send, json.dumps(health).encode(), b"application/json")
        elif path == "/metrics":
            await _send(send, self.figures.text(self.engine), b"text/plain; version=0.0.4; charset=utf-8")
        elif path in _PICTURES and _PICTURES[path].is_file():
            await _send(send, _PICTURES[path].read_bytes(), b"image/png")
        else:
            await self.app(scope, receive, send)


async def _send(send: Send, body: bytes, content_type: bytes) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
