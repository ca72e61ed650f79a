"""Jobs on the machines of a Ray cluster (https://docs.ray.io), one at a time on each worker.

The process with the pages keeps the queue, the fairness and the estimates. A job whose turn it is goes to a worker that
is free: an actor with an :class:`Engine` of its own, which loads the model, does the work and streams its progress.
"""

from __future__ import annotations

import logging
import os
import queue
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import ray
import torch
from ray.exceptions import RayActorError

from imggen.engine.engine import Engine
from imggen.engine.jobs import Kind, Progress
from imggen.engine.running_job import Job
from imggen.errors import ImggenError, InputError, InternalError
from imggen.pipelines import Pipeline, Report
from imggen.store.catalogue import Catalog

logger = logging.getLogger(__name__)

T = TypeVar("T")
#: Seconds between two looks at whether the visitor has left.
TICK = 0.5
#: Seconds for which a cluster may be silent.
CONNECT = 10.0


class Worker:
    """What runs in an actor: an engine, and the jobs that are sent to it.

    Args:
        cpus: cores it may use.
        models: as for :class:`Catalog`.
        options: of the engine.
    """

    def __init__(self, cpus: int, models: Sequence[str], options: dict[str, Any]) -> None:
        torch.set_num_threads(cpus)
        self.engine = Engine(Catalog(models, offline=options.get("offline", False)), **options)
        threading.Thread(target=self.engine.warm_up, daemon=True).start()

    def run(
        self, model_id: str, work: Callable[[Pipeline, Report], T], kind: Kind
    ) -> Iterator[tuple[Any, ...] | ImggenError]:
        """Do a job. Yields the fields of each :class:`Progress`, or the error that it ends with."""
        try:
            for step in self.engine._stream(model_id, work, kind):
                if ray.get_runtime_context().is_canceled():
                    return
                yield step.fraction, step.seconds_left, step.message, step.result, step.done, step.preview
        except ImggenError as error:
            yield error


class RayEngine(Engine):
    """An engine whose jobs run on a Ray cluster.

    Args:
        catalog: the models on offer.
        address: of the cluster, ``HOST:PORT``, or "auto" for the one of this machine.
        cpus: cores of each worker. There are as many workers as the cluster has room for.
        models: as for :class:`Catalog`; paths must be there on every machine.
        here: arguments of :class:`Engine` for this process: ``jobs``, ``identify`` and ``ended``.
        there: those for the workers too: ``offline``, ``memory_budget``, ``deadline`` and ``vgg16``.

    Raises:
        InputError: when there is no such cluster, or no room for a worker in it.
    """

    can_lend = False  # the workers have catalogues of their own

    def __init__(
        self,
        catalog: Catalog,
        address: str,
        cpus: int,
        models: Sequence[str],
        here: dict[str, Any],
        there: dict[str, Any],
    ) -> None:
        super().__init__(catalog, **here, **there)
        _connect(address)
        nodes = [node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]]
        self.jobs.turns = sum(int(of_node) // cpus for of_node in nodes)
        if not self.jobs.turns:
            raise InputError(f"No machine of the Ray cluster at {address} has {cpus} cores: set IMGGEN_RAY_CPUS.")
        self._start = lambda: ray.remote(num_cpus=cpus)(Worker).remote(cpus, list(models), there)
        self._free: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(self.jobs.turns):
            self._free.put(self._start())

    def warm_up(self) -> None:
        """The workers do so themselves."""

    def give_up_hung_job(self) -> None:
        """The workers watch their own jobs; a machine that is lost is noticed by Ray."""

    def close(self, grace: float) -> None:
        """As :meth:`Engine.close`; the workers end with it."""
        super().close(grace)
        ray.shutdown()

    def ready(self, job: Job[T]) -> None:
        """The worker loads the model."""

    def perform(self, job: Job[T], pipeline: None) -> T:
        """Send a job to a worker. One that is lost with its worker is run once more."""
        for again in ("It is run again.", "It is given up."):
            worker = self._free.get()
            try:
                return self._follow(job, worker)
            except RayActorError as error:
                logger.error("A worker was lost with a job on %s. %s (%s)", job.model_id, again, error)
                worker = self._start()
            finally:
                self._free.put(worker)
            job.events.put(Progress(0.0, message=f"The machine that ran this job was lost. {again}"))
        raise InternalError("Two machines were lost while they ran this job. Try a smaller picture.")

    def _follow(self, job: Job[T], worker: Any) -> T:
        """Hand on the progress of a job until its result."""
        steps = worker.run.options(num_returns="streaming").remote(job.model_id, job.work, job.kind)
        while True:
            ready, _ = ray.wait([steps], timeout=TICK)
            if job.cancelled.is_set():
                ray.cancel(steps)
            job.check_cancelled()
            if not ready:
                continue
            step = ray.get(next(steps))
            if isinstance(step, ImggenError):
                raise step
            progress: Progress[T] = Progress(*step)
            if progress.done:
                return progress.result  # type: ignore[return-value]
            self.jobs.progressed(job.place, progress.fraction)
            job.events.put(progress)


def _connect(address: str) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing about this machine goes to others
    host, _, port = address.rpartition(":")
    try:
        if host and port.isdigit():  # Ray itself would try for minutes
            socket.create_connection((host, int(port)), CONNECT).close()
        ray.init(address=address, ignore_reinit_error=True, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            f"There is no Ray cluster at {address}: start one with `ray start --head`. ({error})"
        ) from error
