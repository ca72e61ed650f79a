"""Serve the app: build it, put the bounds around it, and stop it in order."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import sys
import threading
import time
from importlib.util import find_spec
from typing import Any

import gradio as gr
import httpx
from starlette.middleware import Middleware

from imggen.engine.engine import Engine
from imggen.engine.fair_queue import FairQueue
from imggen.errors import InputError
from imggen.store.catalogue import Catalog
from imggen.store.visitor_models import VisitorModels
from imggen.ui import blocks, words
from imggen.ui.serving.bounds import Bounds
from imggen.ui.serving.client import current_client, current_session, is_local
from imggen.ui.serving.headers import Headers
from imggen.ui.serving.monitoring import Figures, Monitoring
from imggen.ui.serving.settings import Settings, read_settings
from imggen.ui.shared.page import LOOK
from imggen.ui.theme import THEME

#: Seconds for which jobs may go on once the process is told to stop.
GRACE = 8.0
#: Seconds after the last job in which pages are told how theirs ended.
LAST_WORDS = 1.0
#: Seconds for which a busy machine may need to answer for the first time.
PATIENCE = 60.0
#: Threads beside those of the jobs, for what is quick: pages, examples, settings.
QUICK_THREADS = 24


def serve(options: argparse.Namespace) -> int:
    """Serve the app until the process is told to stop.

    Args:
        options: the arguments of the command line, see :mod:`imggen.cli.serve`.

    Returns:
        The exit code: 0, or 2 after an error message, where the app cannot be started.

    Raises:
        ImggenError: when a setting or a model of ``--models`` is wrong.
    """
    settings = read_settings()
    if options.mcp and find_spec("mcp") is None:
        raise InputError("What MCP needs is not installed: pip install '.[mcp]'.")
    if options.queue_size is not None:
        settings = settings.model_copy(update={"jobs": options.queue_size})
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("imggen.jobs").setLevel(logging.INFO)
    figures = Figures()
    engine = _engine(options, settings, figures)
    visitors = VisitorModels(int(settings.visitor_model_mb * 1e6), int(settings.visitor_models_mb * 1e6))
    visitors_may = None if options.no_visitor_models or options.ray else visitors
    may_remove = _is_for_one(options, settings)
    app = blocks.build(engine, options.max_pixels, visitors_may, may_remove=may_remove, runs=options.runs)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if not _launch(app, options, settings, engine, figures):
        return 2
    gc.enable()
    # Not before: reading models beside it could make the page late.
    threading.Thread(target=engine.warm_up, daemon=True).start()
    stop.wait()
    print("Stopping: no new jobs, and those that run have a few seconds to end.", flush=True)
    engine.close(GRACE)
    time.sleep(LAST_WORDS)
    app.close(verbose=False)
    return 0


def _is_for_one(options: argparse.Namespace, settings: Settings) -> bool:
    """Whether only whoever sits at this machine can reach the app."""
    host = options.host or os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1"
    here = host == "localhost" or is_local(host)
    return here and not (options.share or options.ray or settings.trusted_proxies)


def _engine(options: argparse.Namespace, settings: Settings, figures: Figures) -> Engine:
    if options.models:
        print(f"Looking for {', '.join(options.models)}", flush=True)
    catalog = Catalog(extra=options.models, offline=options.offline, session=current_session)
    for sentence in catalog.left_out:
        print(sentence, file=sys.stderr, flush=True)
    here: dict[str, Any] = {
        "jobs": FairQueue(settings.jobs, settings.jobs_per_client),
        "identify": lambda: current_client(settings.trusted_proxies),
        "ended": figures.record,
    }
    there: dict[str, Any] = {
        "offline": options.offline,
        "memory_budget": int(settings.weights_mb * 1e6),
        "memory_limit": int(settings.memory_mb * 1e6),
        "deadline": settings.deadline_seconds,
        "vgg16": options.vgg16,
    }
    if not options.ray:
        return Engine(catalog, **here, **there)
    try:
        from imggen.engine.ray_workers import RayEngine
    except ImportError as error:
        raise InputError("Ray is not installed: pip install '.[ray]'.") from error
    engine = RayEngine(catalog, options.ray, settings.ray_cpus, options.models, here, there)
    print(f"Jobs run on the Ray cluster at {options.ray}, {engine.jobs.turns} at a time.", flush=True)
    return engine


def _launch(app: gr.Blocks, options: argparse.Namespace, settings: Settings, engine: Engine, figures: Figures) -> bool:
    """Start to listen; print an error message where that fails, and who can reach the app where it works."""
    user, _, password = (options.auth or "").partition(":")
    # The engine queues jobs, fairly; Gradio hands all it gets to the engine, which needs a thread for each.
    app.queue(max_size=None, default_concurrency_limit=None)
    layers = [
        Middleware(Headers, settings=settings),
        Middleware(Monitoring, engine=engine, figures=figures),
        Middleware(Bounds, settings=settings),
    ]
    try:
        _, _, share_url = app.launch(
            server_name=options.host,
            server_port=options.port,
            share=options.share,
            auth=(user, password) if options.auth else None,
            max_file_size=int(settings.upload_mb * 1e6),
            max_threads=settings.jobs + QUICK_THREADS,
            theme=THEME,
            css_paths=[LOOK],
            footer_links=["api", "runs"],
            i18n=words.for_page(app),
            ssr_mode=False,
            enable_monitoring=False,
            mcp_server=options.mcp,
            prevent_thread_lock=True,
            app_kwargs={"middleware": layers},
        )
    except OSError as error:
        print(f"The app cannot listen there: {error}", file=sys.stderr)
        return False
    except ValueError:
        # Gradio asks for its own page and takes three seconds of silence for a failure: a busy machine needs longer.
        share_url = None
        if not _answers(app.local_url or "", PATIENCE):
            print(
                "The app cannot reach its own page: a proxy is in the way. Set NO_PROXY=localhost,127.0.0.1.",
                file=sys.stderr,
            )
            return False
    if options.share and not share_url:
        print("No share link could be made (is the network reachable?). The local address above works.", flush=True)
    if options.share and share_url:
        who = f"Who has the link and the password of {user!r}" if options.auth else "Everybody who has the link"
        print(
            f"{who} can use all tabs on this machine for as long as this runs. Nobody sees the pictures of others; "
            "uploads and results are deleted after an hour.",
            flush=True,
        )
    return True


def _answers(url: str, seconds: float) -> bool:
    """Whether a page answers within so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return httpx.head(url, timeout=end - time.monotonic()).status_code < 500
        except httpx.HTTPError:
            time.sleep(0.5)
    return False
