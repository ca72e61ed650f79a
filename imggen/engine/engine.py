"""The one place that runs models: loads each once, keeps within a memory budget, and runs one job at a time. What waits
for a download keeps no other job waiting.

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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from PIL import Image

from imggen.device import Compute, best
from imggen.engine.loading import load_pipeline
from imggen.engine.turns import Turns
from imggen.errors import Cancelled, DeadlineExceeded, ImggenError, InputError, WeightsUnavailable
from imggen.pipelines import Pipeline, Report
from imggen.store.catalogue import Catalog

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
        preview: what the result looks like so far, where the job shows it.
        done: whether this is the last.
        notice: something that must be told before the job goes on; whoever tells it sets ``told``.
        told: an event for that.
    """

    fraction: float
    seconds_left: float | None = None
    message: str = ""
    result: T | None = None
    done: bool = False
    preview: Image.Image | None = None
    notice: str = ""
    told: threading.Event = field(default_factory=threading.Event, compare=False)


class Engine:
    """Loads and runs models.

    Args:
        catalog: the models on offer.
        compute: device and precision; the fastest by default.
        offline: never contact the Hub.
        memory_budget: bytes of weights kept loaded.
        deadline: seconds after which a job is stopped; loading and downloading do not count.
        vgg16: see :func:`imggen.engine.loading.load_pipeline`.
    """

    def __init__(
        self,
        catalog: Catalog | None = None,
        compute: Compute | None = None,
        offline: bool = False,
        memory_budget: int = MEMORY_BUDGET,
        deadline: float = DEADLINE,
        vgg16: Path | None = None,
    ) -> None:
        self.catalog = catalog or Catalog()
        self.compute = compute or best()
        self.offline = offline
        self.memory_budget = memory_budget
        self.deadline = deadline
        self.vgg16 = vgg16
        self._pipelines: OrderedDict[str, Pipeline] = OrderedDict()
        self._kept = threading.Lock()
        self._loading: dict[str, Turns] = {}
        self._running = Turns()

    @property
    def loaded(self) -> list[str]:
        """Ids of the models in memory, least recently used first."""
        return list(self._pipelines)

    def stream(self, model_id: str, work: Callable[[Pipeline, Report], T]) -> Iterator[Progress[T]]:
        """Run ``work(pipeline, report)`` and yield its progress; the last progress carries the result.

        When the weights are on the Hub and cannot be had, a model of the same task that is here can stand in. It does
        so only for those who know: for a caller who tells the ``notice`` that comes first, and sets ``told``.

        Raises:
            ImggenError: whatever sentence the job ends with: an unknown model, missing weights, bad input, the
                deadline. Errors that are no :class:`ImggenError` are logged and become a plain sentence.
        """
        try:
            yield from self._stream(model_id, work)
        except WeightsUnavailable as error:
            other = self.catalog.stand_in(model_id)
            if other is None:
                raise
            notice = f"{error} Meanwhile {other.title!r} answers, which is on this machine."
            offer: Progress[T] = Progress(0.0, message=notice, notice=notice)
            yield offer
            if not offer.told.is_set():
                raise WeightsUnavailable(f"{error} The model {other.id!r} is on this machine.") from error
            try:
                yield from self._stream(other.id, work)
            except InputError:  # what was asked for suits the missing model only
                raise error from None

    def load(self, model_id: str) -> Iterator[Progress[None]]:
        """Load a model, downloading it first where needed. Raises as :meth:`stream`; nothing stands in for it."""
        return self._stream(model_id, lambda pipeline, report: None)

    def forget(self, model_id: str) -> None:
        """Load a model anew when it is next used."""
        with self._kept:
            self._pipelines.pop(model_id, None)

    def _stream(self, model_id: str, work: Callable[[Pipeline, Report], T]) -> Iterator[Progress[T]]:
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

    def _loading_turns(self, model_id: str) -> Turns:
        known = self.catalog.get(model_id).id
        with self._kept:
            return self._loading.setdefault(known, Turns())

    def _pipeline(self, model_id: str, report: Callable[[int, int | None], None]) -> Pipeline:
        pipeline = self._pipelines.get(model_id)
        if pipeline is None:
            pipeline = load_pipeline(model_id, self.catalog, self.compute, self.offline, report, self.vgg16)
        with self._kept:
            self._pipelines[model_id] = pipeline
            self._pipelines.move_to_end(model_id)
            while len(self._pipelines) > 1 and self._used() > self.memory_budget:
                self._pipelines.popitem(last=False)
        return pipeline

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
            with self.engine._loading_turns(self.model_id).turn(self._waiting):
                self._check_cancelled()
                pipeline = self.engine._pipeline(self.model_id, self._downloading)
            with self.engine._running.turn(self._waiting):
                self._check_cancelled()
                self._working = time.monotonic()
                result = self.work(pipeline, self._report)
        except ImggenError as error:
            self.events.put(error)
        except Exception:
            logger.exception("the job on %s failed", self.model_id)
            self.events.put(ImggenError("Something went wrong inside the app. The details are in its log."))
        else:
            self.events.put(Progress(1.0, 0.0, "Done", result, done=True))

    def _waiting(self) -> None:
        self._check_cancelled()
        self.events.put(Progress(0.0, message="Waiting for another job to finish"))

    def _report(self, fraction: float, preview: Image.Image | None = None) -> None:
        self._check_cancelled()
        self._check_deadline()
        elapsed = time.monotonic() - self._working
        left = elapsed / fraction * (1 - fraction) if fraction > 0 else None
        self.events.put(Progress(min(fraction, 1.0), left, "Working", preview=preview))

    def _downloading(self, done: int, total: int | None) -> None:
        self._check_cancelled()
        if total is None:
            self.events.put(Progress(0.0, message=f"Asking the Hub for {self.model_id}"))
            return
        digits = 0 if total >= 1e7 else 1
        message = f"Downloading {self.model_id}: {done / 1e6:.{digits}f} of {total / 1e6:.{digits}f} MB"
        self.events.put(Progress(done / max(1, total), message=message))

    def _check_cancelled(self) -> None:
        if self.cancelled.is_set():
            raise Cancelled("Stopped.")

    def _check_deadline(self) -> None:
        if time.monotonic() - self._working > self.engine.deadline:
            raise DeadlineExceeded(
                f"This took longer than {self.engine.deadline:.0f} seconds and was stopped. Try a smaller picture."
            )
