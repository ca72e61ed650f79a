"""The one place that runs models: loads each once, keeps within a memory budget, and runs one job at a time, which
clients share fairly (:mod:`imggen.engine.fair_queue`). What waits for a download keeps no other job waiting.

Every tab and the HTTP API share one :class:`Engine`. A job runs in a worker thread while :meth:`Engine.stream` hands
out its progress; closing that generator (a cancelled event, a closed browser) stops the job at its next report.
"""

from __future__ import annotations

import contextvars
import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakValueDictionary

from PIL import Image

from imggen.engine.durations import Durations
from imggen.engine.fair_queue import UNKNOWN, FairQueue, Place, Wait
from imggen.engine.jobs import ANY, JobRecord, Kind, outcome_of
from imggen.engine.memory import needed, resident, return_memory
from imggen.engine.ordered_lock import OrderedLock
from imggen.errors import Busy, Cancelled, DeadlineExceeded, ImggenError, InputError, InternalError, WeightsUnavailable
from imggen.pipelines import Pipeline, Report
from imggen.store.catalogue import Catalog
from imggen.store.model_info import HubFile, ModelInfo

if TYPE_CHECKING:
    from imggen.device import Compute

logger = logging.getLogger(__name__)

T = TypeVar("T")
Key = tuple[str, str | None]

#: Bytes of weights kept loaded; the least recently used models go first.
MEMORY_BUDGET = 2 * 1024**3
#: Seconds a job may run once its model is loaded.
DEADLINE = 300.0
#: Seconds between two reports to somebody who waits: each costs the page and Gradio some work.
TOLD_EVERY = 2.0
#: Seconds after the deadline in which a job should have noticed it; one that has not hangs, and is given up.
GRACE = 15.0


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
        memory_limit: bytes that the process may have, weights and the running job together; 0 for no limit.
        deadline: seconds after which a job is stopped; loading and downloading do not count.
        vgg16: see :func:`imggen.engine.loading.load_pipeline`.
        jobs: the queue, which says how many jobs may be inside.
        identify: names the client whose code calls :meth:`stream`; every caller is the same one by default.
        ended: gets a record of every job that ends.

    Attributes:
        can_lend: whether it runs models that are lent to one visitor.
    """

    can_lend = True

    def __init__(
        self,
        catalog: Catalog | None = None,
        compute: Compute | None = None,
        offline: bool = False,
        memory_budget: int = MEMORY_BUDGET,
        memory_limit: int = 0,
        deadline: float = DEADLINE,
        vgg16: Path | None = None,
        jobs: FairQueue | None = None,
        identify: Callable[[], str] = lambda: "",
        ended: Callable[[JobRecord], None] = lambda record: None,
    ) -> None:
        self.jobs = FairQueue() if jobs is None else jobs  # an empty queue counts as false
        self.identify = identify
        self.ended = ended
        self.durations = Durations()
        self.catalog = catalog or Catalog()
        self._compute = compute
        self.offline = offline
        self.memory_budget = memory_budget
        self.memory_limit = memory_limit
        self.deadline = deadline
        self.vgg16 = vgg16
        self._pipelines: OrderedDict[Key, Pipeline] = OrderedDict()
        self._live: set[Job[Any]] = set()
        self._kept = threading.Lock()
        self._loading: WeakValueDictionary[Key, OrderedLock] = WeakValueDictionary()

    @property
    def compute(self) -> Compute:
        """Device and precision of the networks. Whoever asks has PyTorch loaded, which no page needs to be built."""
        from imggen.device import best

        return self._compute or best()

    @property
    def loaded(self) -> list[str]:
        """Ids of the models in memory that everybody is offered, least recently used first."""
        return [model_id for model_id, _ in list(self._pipelines) if self.catalog.is_for_everybody(model_id)]

    def stream(self, model_id: str, work: Callable[[Pipeline, Report], T], kind: Kind = ANY) -> Iterator[Progress[T]]:
        """Run ``work(pipeline, report)`` and yield its progress; the last progress carries the result.

        When the weights are on the Hub and cannot be had, a model of the same task that is here can stand in. It does
        so only for those who know: for a caller who tells the ``notice`` that comes first, and sets ``told``.

        Args:
            model_id: id in the catalogue.
            work: the job; calls its second argument with the fraction done. Between operations of PyTorch, what it
                called it with last is repeated at least once a second.
            kind: what sort of job it is and how large, to tell how long it will take.

        Raises:
            ImggenError: whatever sentence the job ends with: an unknown model, missing weights, bad input, the
                deadline, a full queue. Errors that are no :class:`ImggenError` are logged and become a plain sentence.
        """
        try:
            yield from self._stream(model_id, work, kind)
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
                yield from self._stream(other.id, work, kind)
            except InputError:  # what was asked for suits the missing model only
                raise error from None

    def load(self, model_id: str) -> Iterator[Progress[None]]:
        """Load a model, downloading it first where needed. Raises as :meth:`stream`; nothing stands in for it."""
        return self._stream(model_id, lambda pipeline, report: None, ANY)

    def _stream(self, model_id: str, work: Callable[[Pipeline, Report], T], kind: Kind) -> Iterator[Progress[T]]:
        arrived = time.monotonic()
        with self.jobs.enter(self.identify()) as place:
            job = Job(self, model_id, work, kind, place)
            error: BaseException | None = None
            self._live.add(job)
            in_name_of_visitor = contextvars.copy_context()
            run = partial(in_name_of_visitor.run, job.run)
            threading.Thread(target=run, name=f"job {model_id}", daemon=True).start()
            try:
                while True:
                    item = job.next_event()
                    if isinstance(item, BaseException):
                        raise item
                    yield item
                    if item.done:
                        return
            except BaseException as caught:
                error = caught
                raise
            finally:
                job.cancelled.set()
                self._live.discard(job)
                self.ended(JobRecord(kind, model_id, job.waited(arrived), job.worked, outcome_of(error)))

    def needs_download(self, info: ModelInfo) -> bool:
        """Whether a model's weights come from the Hub: not those of VGG-16 where a file of it was given."""
        return isinstance(info.source, HubFile) and not (info.architecture == "vgg16" and self.vgg16 is not None)

    def run(self, model_id: str, work: Callable[[Pipeline, Report], T], kind: Kind = ANY) -> T:
        """Run a job to its end and return the result. Raises as :meth:`stream`."""
        *_, last = self.stream(model_id, work, kind)
        return last.result  # type: ignore[return-value]

    def close(self, grace: float) -> None:
        """Let nobody in any more; end what still runs after ``grace`` seconds.

        Returns when the last job has ended, or has not noticed for as long again.
        """
        self.jobs.closed = True
        for wait in (grace, grace):
            end = time.monotonic() + wait
            while len(self.jobs) and time.monotonic() < end:
                time.sleep(0.05)
            for job in list(self._live):
                job.cancelled.set()

    def warm_up(self) -> None:
        """Load the first local model of each task, so that the first visitor does not wait for it."""
        for task in {info.task for info in self.catalog.models()}:
            local = [info for info in self.catalog.models(task) if isinstance(info.source, Path)]
            if local:
                try:
                    self.run(local[0].id, lambda pipeline, report: None)
                except Busy:
                    return  # visitors, or the end of the process, are first
                except ImggenError as error:
                    logger.warning("%s", error)

    def give_up_hung_job(self) -> None:
        """Let the others go on when the running job has not noticed its deadline: it hangs between two reports."""
        place = self.jobs.overdue(self.deadline + GRACE)
        if place is not None:
            self.jobs.give_up(place)
            with self._kept:  # whatever it still does to its network, no other job shall see
                self._pipelines.clear()
            logger.error(
                "A job hangs: it has not reported for %.0f seconds after its deadline. It was given up.", GRACE
            )

    def _ready(self, job: Job[T]) -> Any:
        """Have what a job needs before it takes its turn: its pipeline."""
        with self._loading_lock(job.model_id).hold(job.loading_waits):
            job.check_cancelled()
            return self._pipeline(job.model_id, job.downloading)

    def _perform(self, job: Job[T], pipeline: Any) -> T:
        """Do the work of a job whose turn it is. Raises :class:`InputError` when there is no memory for it."""
        if self.memory_limit:
            self._make_room(job.kind)
        from imggen.pipelines.heartbeat import kept_alive

        with kept_alive(job.report) as report:
            return job.work(pipeline, report)

    def _make_room(self, kind: Kind) -> None:
        """Forget models until a job has the memory that it needs; the one used last, which is its own, stays."""
        need = needed(kind.task, kind.units)
        while resident() + need > self.memory_limit:
            with self._kept:
                if len(self._pipelines) <= 1:
                    break
                self._pipelines.popitem(last=False)
            return_memory()
        else:
            return
        room = max(0.0, self.memory_limit - resident()) / 1e6
        raise InputError(
            f"This job would take about {need / 1e6:.0f} MB of memory, and there are {room:.0f} MB left for it. Try a "
            "smaller picture."
        )

    def _loading_lock(self, model_id: str) -> OrderedLock:
        key = self._key(model_id)
        with self._kept:
            return self._loading.setdefault(key, OrderedLock())

    def _pipeline(self, model_id: str, report: Callable[[int, int | None], None]) -> Pipeline:
        key = self._key(model_id)
        pipeline = self._pipelines.get(key)
        if pipeline is None:
            from imggen.engine.loading import load_pipeline  # and PyTorch with it, a second or two, for the first model

            pipeline = load_pipeline(model_id, self.catalog, self.compute, self.offline, report, self.vgg16)
        with self._kept:
            self._pipelines[key] = pipeline
            self._pipelines.move_to_end(key)
            while len(self._pipelines) > 1 and self._used() > self.memory_budget:
                self._pipelines.popitem(last=False)
        return pipeline

    def _key(self, model_id: str) -> Key:
        """A model by id and by what its weights are: two visitors may use different commits of one repository, or
        trainings of one name, and a folder may have been trained on since it was loaded."""
        info = self.catalog.get(model_id)
        return info.id, info.revision or info.sha256

    def _used(self) -> int:
        return sum(pipeline.size_bytes for pipeline in self._pipelines.values())


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
            pipeline = engine._ready(self)
            with engine.jobs.turn(self.place, self._expected, self._waits):
                self.check_cancelled()
                self.started = time.monotonic()
                try:
                    result = engine._perform(self, pipeline)
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
        self.check_cancelled()
        self._check_deadline()
        self.engine.jobs.progressed(self.place, fraction)
        elapsed = time.monotonic() - (self.started or 0)
        left = elapsed / fraction * (1 - fraction) if fraction > 0 else None
        self.events.put(Progress(min(fraction, 1.0), left, "Working", preview=preview))

    def downloading(self, done: int, total: int | None) -> None:
        self.check_cancelled()
        if total is None:
            self.events.put(Progress(0.0, message=f"Asking the Hub for {self.model_id}"))
            return
        digits = 0 if total >= 1e7 else 1
        message = f"Downloading {self.model_id}: {done / 1e6:.{digits}f} of {total / 1e6:.{digits}f} MB"
        self.events.put(Progress(done / max(1, total), message=message))

    def check_cancelled(self) -> None:
        if self.cancelled.is_set():
            raise Cancelled("Stopped.")

    def _check_deadline(self) -> None:
        if self.place.hung or time.monotonic() - (self.started or 0) > self.engine.deadline:
            raise self._too_long()

    def _too_long(self) -> DeadlineExceeded:
        return DeadlineExceeded(
            f"This took longer than {self.engine.deadline:.0f} seconds and was stopped. Try a smaller picture."
        )
