"""One run of a job, in a thread of its own: it loads its model, waits for its turn, works, and tells how far it is."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from PIL import Image

from imggen.engine.fair_queue import UNKNOWN, Place, Wait
from imggen.engine.jobs import Kind, Progress
from imggen.engine.memory import return_memory
from imggen.errors import Cancelled, DeadlineExceeded, ImggenError, InternalError
from imggen.pipelines import Pipeline, Report

if TYPE_CHECKING:
    from imggen.engine.engine import Engine

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: Seconds between two reports to somebody who waits: each costs the page and Gradio some work.
TOLD_EVERY = 2.0


class Job(Generic[T]):
    """One run of ``work`` in a worker thread."""

    def __init__(
        self, engine: Engine, model_id: str, work: Callable[[Pipeline, Report], T], kind: Kind, place: Place
    ) -> None:
        self.engine = engine
        self.model_id = model_id
        self.work = work
        self.kind = kind
        self.place = place
        self.events: queue.SimpleQueue[Progress[T] | BaseException] = queue.SimpleQueue()
        self.cancelled = threading.Event()
        self.started: float | None = None
        self.worked = 0.0
        self._told = 0.0  # when a wait was told of last

    def run(self) -> None:
        """Load the model, wait for a turn, work; everything that happens becomes an event."""
        engine = self.engine
        try:
            pipeline = engine.ready(self)
            with engine.jobs.turn(self.place, self._expected, self._waits):
                self.check_cancelled()
                self.started = time.monotonic()
                try:
                    result = engine.perform(self, pipeline)
                finally:
                    self.worked = time.monotonic() - self.started
            engine.durations.record(self.kind.task, self.model_id, self.kind.units, self.worked)
        except ImggenError as error:
            self.events.put(error)
        except Exception:
            logger.exception("the job on %s failed", self.model_id)
            self.events.put(InternalError("Something went wrong inside the app. The details are in its log."))
        else:
            self.events.put(Progress(1.0, 0.0, "Done", result, done=True))
        finally:
            return_memory()

    def next_event(self) -> Progress[T] | BaseException:
        """Wait for the next event. A job that runs on long after its deadline is given up."""
        while True:
            try:
                return self.events.get(timeout=1.0)
            except queue.Empty:
                self.engine.give_up_hung_job()
                if self.place.hung:
                    return self._too_long()

    def waited(self, arrived: float) -> float:
        """Seconds from the arrival to the start of the work, or until now."""
        return (self.started or time.monotonic()) - arrived

    def loading_waits(self) -> None:
        """Tell the user that the model is still being loaded. Raises :class:`Cancelled`."""
        self.check_cancelled()
        self.events.put(Progress(0.0, message="Waiting for the model to be loaded"))

    def _expected(self) -> float:
        return self.engine.durations.expected(self.kind.task, self.model_id, self.kind.units, UNKNOWN)

    def _waits(self, wait: Wait) -> None:
        self.check_cancelled()
        self.engine.give_up_hung_job()
        if time.monotonic() - self._told < TOLD_EVERY:
            return
        self._told = time.monotonic()
        jobs = f"{wait.before} job{'s' if wait.before > 1 else ''} before yours"
        message = f"Waiting for another job to finish: {jobs}, about {max(1, round(wait.seconds))} s"
        self.events.put(Progress(0.0, wait.seconds, message))

    def report(self, fraction: float, preview: Image.Image | None = None) -> None:
        """Record progress.

        Args:
            fraction: done, 0 to 1.
            preview: the picture so far.

        Raises:
            Cancelled: when the job is to be stopped.
            DeadlineExceeded: when it ran longer than the engine allows.
        """
        self.check_cancelled()
        self._check_deadline()
        self.engine.jobs.progressed(self.place, fraction)
        elapsed = time.monotonic() - (self.started or 0)
        left = elapsed / fraction * (1 - fraction) if fraction > 0 else None
        self.events.put(Progress(min(fraction, 1.0), left, "Working", preview=preview))

    def downloading(self, done: int, total: int | None) -> None:
        """Record the progress of the download of weights, in bytes; ``total`` is None until the Hub has answered.

        Raises:
            Cancelled: when the job is to be stopped.
        """
        self.check_cancelled()
        if total is None:
            self.events.put(Progress(0.0, message=f"Asking the Hub for {self.model_id}"))
            return
        digits = 0 if total >= 1e7 else 1
        message = f"Downloading {self.model_id}: {done / 1e6:.{digits}f} of {total / 1e6:.{digits}f} MB"
        self.events.put(Progress(done / max(1, total), message=message))

    def check_cancelled(self) -> None:
        """Raise :class:`Cancelled` when the job is to be stopped."""
        if self.cancelled.is_set():
            raise Cancelled("Stopped.")

    def _check_deadline(self) -> None:
        if self.place.hung or time.monotonic() - (self.started or 0) > self.engine.deadline:
            raise self._too_long()

    def _too_long(self) -> DeadlineExceeded:
        return DeadlineExceeded(
            f"This took longer than {self.engine.deadline:.0f} seconds and was stopped. Try a smaller picture."
        )
