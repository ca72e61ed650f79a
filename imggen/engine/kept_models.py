"""The models that are loaded: each once, the least recently used forgotten first, within a budget."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from imggen.engine.memory import resident, return_memory
from imggen.engine.ordered_lock import OrderedLock
from imggen.errors import InputError
from imggen.pipelines import Pipeline
from imggen.store.catalogue import Catalog

if TYPE_CHECKING:
    from imggen.device import Compute
    from imggen.store.download import DownloadReport

Key = tuple[str, str | None]


class KeptModels:
    """Loads pipelines, and keeps them as long as there is room.

    Args:
        catalog: the models on offer.
        compute: device and precision; the fastest by default.
        offline: never contact the Hub.
        budget: bytes of weights kept loaded.
        vgg16: see :func:`imggen.engine.loading.load_pipeline`.
    """

    def __init__(
        self, catalog: Catalog, compute: Compute | None, offline: bool, budget: int, vgg16: Path | None
    ) -> None:
        self._catalog = catalog
        self._compute = compute
        self._offline = offline
        self._budget = budget
        self._vgg16 = vgg16
        self._pipelines: OrderedDict[Key, Pipeline] = OrderedDict()
        self._kept = threading.Lock()
        self._loading: WeakValueDictionary[Key, OrderedLock] = WeakValueDictionary()

    def ids(self) -> list[str]:
        """Ids of the models in memory, least recently used first."""
        return [model_id for model_id, _ in list(self._pipelines)]

    def loading(self, model_id: str, waits: Callable[[], None]) -> AbstractContextManager[None]:
        """The turn of one job to load a model; ``waits`` is called again and again until it comes, and may raise."""
        key = self._key(model_id)
        with self._kept:
            lock = self._loading.setdefault(key, OrderedLock())
        return lock.hold(waits)

    def pipeline(self, model_id: str, report: DownloadReport) -> Pipeline:
        """The pipeline of a model, loaded where it is not; ``report`` gets the progress of a download.

        Raises as :func:`imggen.engine.loading.load_pipeline`.
        """
        key = self._key(model_id)
        pipeline = self._pipelines.get(key)
        if pipeline is None:
            # And PyTorch with them, a second or two, for the first model.
            from imggen.device import best
            from imggen.engine.loading import load_pipeline

            compute = self._compute or best()
            pipeline = load_pipeline(model_id, self._catalog, compute, self._offline, report, self._vgg16)
        with self._kept:
            self._pipelines[key] = pipeline
            self._pipelines.move_to_end(key)
            while len(self._pipelines) > 1 and self._used() > self._budget:
                self._pipelines.popitem(last=False)
        return pipeline

    def forget_all(self) -> None:
        """Load every model anew from now on."""
        with self._kept:
            self._pipelines.clear()

    def make_room(self, need: float, limit: float) -> None:
        """Forget models until a job has the memory that it needs; the one used last, which is its own, stays.

        Args:
            need: bytes that the job takes beside the weights.
            limit: bytes that the process may have.

        Raises:
            InputError: when there is no room for it.
        """
        while resident() + need > limit:
            with self._kept:
                if len(self._pipelines) <= 1:
                    break
                self._pipelines.popitem(last=False)
            return_memory()
        else:
            return
        room = max(0.0, limit - resident()) / 1e6
        raise InputError(
            f"This job would take about {need / 1e6:.0f} MB of memory, and there are {room:.0f} MB left for it. Try a "
            "smaller picture."
        )

    def _key(self, model_id: str) -> Key:
        """A model by id and by what its weights are: two visitors may use different commits of one repository, or
        trainings of one name, and a folder may have been trained on since it was loaded."""
        info = self._catalog.get(model_id)
        return info.id, info.revision or info.sha256

    def _used(self) -> int:
        return sum(pipeline.size_bytes for pipeline in self._pipelines.values())
