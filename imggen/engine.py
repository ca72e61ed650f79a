"""The one place that runs models: loads each once, keeps within a memory budget, and runs one job at a time.

Every tab and the HTTP API share one :class:`Engine`. A job runs in a worker thread while :meth:`Engine.stream` hands
out its progress; closing that generator (a cancelled event, a closed browser) stops the job at its next report.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from imggen.catalog import Catalog
from imggen.device import Compute, best
from imggen.errors import Cancelled, DeadlineExceeded, ImggenError
from imggen.loading import load_pipeline
from imggen.pipelines import Pipeline, Report

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: Bytes of weights kept loaded; the least recently used models go first.
MEMORY_BUDGET = 2 * 1024**3
#: Seconds a job may run once its model is loaded.
DEADLINE = 300.0


@dataclass(frozen=True)
class Progress(Generic[T]):
    """How far a job is; the last one of a stream carries the result.

    Attributes:
        fraction: 0..1.
        seconds_left: estimate, None before there is anything to estimate from.
        message: what is happening, for people.
        result: what the job returned, on the last progress only.
        done: whether this is the last.
    """

    fraction: float
    seconds_left: float | None = None
    message: str = ""
    result: T | None = None
    done: bool = False


class Engine:
    """Loads and runs models.

    Args:
        catalog: the models on offer.
        compute: device and precision; the fastest by default.
        offline: never contact the Hub.
        memory_budget: bytes of weights kept loaded.
        deadline: seconds after which a job is stopped; loading and downloading do not count.
    """

    def __init__(
        self,
        catalog: Catalog | None = None,
        compute: Compute | None = None,
        offline: bool = False,
        memory_budget: int = MEMORY_BUDGET,
        deadline: float = DEADLINE,
    ) -> None:
        self.catalog = catalog or Catalog()
        self.compute = compute or best()
        self.offline = offline
        self.memory_budget = memory_budget
        self.deadline = deadline
        self._pipelines: OrderedDict[str, Pipeline] = OrderedDict()
        self._running = threading.Lock()

    @property
    def loaded(self) -> list[str]:
        """Ids of the models in memory, least recently used first."""
        return list(self._pipelines)

    def stream(self, model_id: str, work: Callable[[Pipeline, Report], T]) -> Iterator[Progress[T]]:
        """Run ``work(pipeline, report)`` and yield its progress; the last progress carries the result.

        Raises:
            ImggenError: whatever sentence the job ends with: an unknown model, missing weights, bad input, the
                deadline. Errors that are no :class:`ImggenError` are logged and become a plain sentence.
        """
        job = _Job(self, model_id, work)
        thread = threading.Thread(target=job.run, name=f"job {model_id}", daemon=True)
        thread.start()
        try:
            while True:
                item = job.events.get()
                if isinstance(item, BaseException):
                    raise item
                yield item
                if item.done:
                    return
        finally:
            job.cancelled.set()

    def run(self, model_id: str, work: Callable[[Pipeline, Report], T]) -> T:
        """Run a job to its end and return the result. Raises as :meth:`stream`."""
        *_, last = self.stream(model_id, work)
        return last.result  # type: ignore[return-value]

    def warm_up(self) -> None:
        """Load the first local model of each task, so that the first visitor does not wait for it."""
        for task in {info.task for info in self.catalog.models()}:
            local = [info for info in self.catalog.models(task) if isinstance(info.source, Path)]
            if local:
                try:
                    self.run(local[0].id, lambda pipeline, report: None)
                except ImggenError as error:
                    logger.warning("%s", error)

    def _pipeline(self, model_id: str, report: Callable[[int, int | None], None]) -> Pipeline:
        if model_id not in self._pipelines:
            pipeline = load_pipeline(model_id, self.catalog, self.compute, self.offline, report)
            self._pipelines[model_id] = pipeline
        self._pipelines.move_to_end(model_id)
        while len(self._pipelines) > 1 and self._used() > self.memory_budget:
            self._pipelines.popitem(last=False)
        return self._pipelines[model_id]

    def _used(self) -> int:
        return sum(pipeline.size_bytes for pipeline in self._pipelines.values())


class _Job(Generic[T]):
    """One run of ``work`` in a worker thread."""

    def __init__(self, engine: Engine, model_id: str, work: Callable[[Pipeline, Report], T]) -> None:
        self.engine = engine
        self.model_id = model_id
        self.work = work
        self.events: queue.SimpleQueue[Progress[T] | BaseException] = queue.SimpleQueue()
        self.cancelled = threading.Event()

    def run(self) -> None:
        try:
            self._wait_for_turn()
            try:
                self._check_cancelled()
                pipeline = self.engine._pipeline(self.model_id, self._downloading)
                self._working = time.monotonic()
                result = self.work(pipeline, self._report)
            finally:
                self.engine._running.release()
        except ImggenError as error:
            self.events.put(error)
        except Exception:
            logger.exception("the job on %s failed", self.model_id)
            self.events.put(ImggenError("Something went wrong inside the app. The details are in its log."))
        else:
            self.events.put(Progress(1.0, 0.0, "Done", result, done=True))

    def _wait_for_turn(self) -> None:
        while not self.engine._running.acquire(timeout=0.2):
            if self.cancelled.is_set():
                raise Cancelled("Stopped.")
            self.events.put(Progress(0.0, message="Waiting for another job to finish"))

    def _report(self, fraction: float) -> None:
        self._check_cancelled()
        self._check_deadline()
        elapsed = time.monotonic() - self._working
        left = elapsed / fraction * (1 - fraction) if fraction > 0 else None
        self.events.put(Progress(min(fraction, 1.0), left, "Working"))

    def _downloading(self, done: int, total: int | None) -> None:
        self._check_cancelled()
        of_total = f" of {total / 1e6:.0f}" if total else ""
        message = f"Downloading {self.model_id}: {done / 1e6:.0f}{of_total} MB"
        self.events.put(Progress(done / total if total else 0.0, message=message))

    def _check_cancelled(self) -> None:
        if self.cancelled.is_set():
            raise Cancelled("Stopped.")

    def _check_deadline(self) -> None:
        if time.monotonic() - self._working > self.engine.deadline:
            raise DeadlineExceeded(
                f"This took longer than {self.engine.deadline:.0f} seconds and was stopped. Try a smaller picture."
            )
