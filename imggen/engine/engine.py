"""The one place that runs models: one job at a time, in turns that clients share fairly
(:mod:`imggen.engine.fair_queue`), on models that stay loaded (:mod:`imggen.engine.kept_models`). What waits for a
download keeps no other job waiting.

Every tab and the HTTP API share one :class:`Engine`. A job runs in a worker thread while :meth:`Engine.stream` hands
out its progress; closing that generator (a cancelled event, a closed browser) stops the job at its next report.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from imggen.engine.durations import Durations
from imggen.engine.fair_queue import FairQueue
from imggen.engine.jobs import ANY, JobRecord, Kind, Progress, outcome_of
from imggen.engine.kept_models import KeptModels
from imggen.engine.memory import needed
from imggen.engine.running_job import Job
from imggen.errors import Busy, ImggenError, InputError, WeightsUnavailable
from imggen.pipelines import Pipeline, Report
from imggen.store.catalogue import Catalog
from imggen.store.model_info import HubFile, ModelInfo

if TYPE_CHECKING:
    from imggen.device import Compute

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: Bytes of weights kept loaded; the least recently used models go first.
MEMORY_BUDGET = 2 * 1024**3
#: Seconds a job may run once its model is loaded.
DEADLINE = 300.0
#: Seconds after the deadline in which a job should have noticed it; one that has not hangs, and is given up.
GRACE = 15.0


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
        self.offline = offline
        self.memory_budget = memory_budget
        self.memory_limit = memory_limit
        self.deadline = deadline
        self.vgg16 = vgg16
        self.models = KeptModels(self.catalog, compute, offline, memory_budget, vgg16)
        self._live: set[Job[Any]] = set()

    @property
    def loaded(self) -> list[str]:
        """Ids of the models in memory that everybody is offered, least recently used first."""
        return [model_id for model_id in self.models.ids() if self.catalog.is_for_everybody(model_id)]

    def stream(self, model_id: str, work: Callable[[Pipeline, Report], T], kind: Kind = ANY) -> Iterator[Progress[T]]:
        """Run ``work(pipeline, report)`` and yield its progress; the last progress carries the result.

        When the weights cannot be downloaded, a model of the same task that needs no download can do the job instead.
        The user must know that first: the stream then yields a progress with a ``notice``, and goes on with the other
        model only if the caller has shown the notice and set ``told`` before asking for the next progress.

        Args:
            model_id: id in the catalogue.
            work: the job; calls ``report`` with the fraction done. In a calculation that does not call it, the last
                report is repeated between two operations of PyTorch.
            kind: what sort of job it is and how large, to tell how long it will take.

        Raises:
            ImggenError: when the model is unknown, its weights cannot be downloaded, the input is wrong, the queue is
                full or the deadline has passed. Any other exception of the job is logged and raised as
                :class:`InternalError`.
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
            self.models.forget_all()  # whatever it still does to its network, no other job shall see
            logger.error(
                "A job hangs: it has not reported for %.0f seconds after its deadline. It was given up.", GRACE
            )

    def ready(self, job: Job[T]) -> Any:
        """Have what a job needs before it takes its turn: its pipeline."""
        with self.models.loading(job.model_id, job.loading_waits):
            job.check_cancelled()
            return self.models.pipeline(job.model_id, job.downloading)

    def perform(self, job: Job[T], pipeline: Any) -> T:
        """Do the work of a job whose turn it is. Raises :class:`InputError` when there is no memory for it."""
        if self.memory_limit:
            self.models.make_room(needed(job.kind.task, job.kind.units), self.memory_limit)
        from imggen.pipelines.heartbeat import kept_alive

        with kept_alive(job.report) as report:
            return job.work(pipeline, report)
