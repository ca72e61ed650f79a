"""Every model the app offers: what it is, where its weights are, and how they are recognised.

Shipped models and the user's own checkpoint folders describe themselves by their config.json; models on the Hub are
listed in ``weights/catalog.json`` with a revision and, where it is known, the sha256 of their weights, which decides.
"""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from imggen.errors import CheckpointError, WeightsUnavailable, closest
from imggen.store.class_names import class_names
from imggen.store.config import Description, read_config, read_description
from imggen.store.file_names import CONFIG_NAME, WEIGHTS_NAME
from imggen.store.hub import fetch_checkpoint, look_up
from imggen.store.model_info import HubCheckpoint, HubFile, ModelInfo
from imggen.tasks import TASKS


def _weights_dir() -> Path:
    """The models that ship: inside the package once installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "weights"
    return installed if installed.is_dir() else package.parent / "weights"


WEIGHTS_DIR = _weights_dir()
HUB_CATALOG = WEIGHTS_DIR / "catalog.json"
SESSIONS = 500  # visitors whose models are kept in mind
LENT_TO_EACH = 8  # models
#: What is chosen at first among the shipped models of each task that has models of its own.
DEFAULTS = frozenset(task.default_model for task in TASKS.values() if task.has_models)


class Catalog:
    """The models on offer, in order: shipped with the defaults first, the user's own, the Hub's.

    An id that comes twice keeps its place; the user's own model replaces a shipped one, and the Hub's comes last.
    A folder of the user's that is damaged is left out, and ``left_out`` has a sentence about it.

    Args:
        extra: checkpoint folders, folders of checkpoint folders, or Hub repository ids ``owner/name``.
        shipped: folder with one checkpoint folder per model.
        hub_catalog: JSON list of Hub models; may be missing.
        offline: never contact the Hub for ``extra``.
        session: names the visitor in whose name the calling code runs. What is lent to a visitor is seen only by code
            that runs in the same name.

    Raises:
        CheckpointError: when an item of ``extra`` is no checkpoint, or what ships or the list of Hub models is damaged.
        WeightsUnavailable: when a repository of ``extra`` is not cached and cannot be downloaded now.
    """

    def __init__(
        self,
        extra: Iterable[str | Path] = (),
        shipped: Path = WEIGHTS_DIR,
        hub_catalog: Path = HUB_CATALOG,
        offline: bool = False,
        session: Callable[[], str] = lambda: "",
    ) -> None:
        self.session = session
        self._lent: OrderedDict[str, OrderedDict[str, ModelInfo]] = OrderedDict()
        self._lending = threading.Lock()
        self._models: dict[str, ModelInfo] = {}
        self.left_out: list[str] = []
        self._shipped = sorted(checkpoint_folders(shipped), key=lambda folder: folder.name not in DEFAULTS)
        for folder in self._shipped:
            self.offer(self._of_folder(folder))
        self._own: set[str] = set()
        for item in extra:
            for info in resolve(item, offline, self.left_out):
                self.offer(info)
                self._own.add(info.id)
        for info in hub_models(hub_catalog):
            self._models.setdefault(info.id, info)

    def offer(self, info: ModelInfo) -> None:
        """Offer a model, in place of the one of the same id."""
        self._models[info.id] = info

    def lend(self, info: ModelInfo, session: str) -> None:
        """Offer a model to one visitor only, for whom it takes the place of one of the same id.

        Of a visitor's models the last :data:`LENT_TO_EACH` are kept, and those of the last :data:`SESSIONS` visitors.
        """
        with self._lending:
            lent = self._lent.setdefault(session, OrderedDict())
            lent[info.id] = info
            lent.move_to_end(info.id)
            self._lent.move_to_end(session)
            if len(lent) > LENT_TO_EACH:
                lent.popitem(last=False)
            if len(self._lent) > SESSIONS:
                self._lent.popitem(last=False)

    def take_back(self, model_id: str, session: str) -> None:
        """Lend a model to a visitor no longer."""
        with self._lending:
            self._lent.get(session, OrderedDict()).pop(model_id, None)

    def lent(self, session: str) -> dict[str, ModelInfo]:
        """The models that are lent to a visitor, by id."""
        with self._lending:
            return dict(self._lent.get(session, {}))

    def stand_in(self, model_id: str) -> ModelInfo | None:
        """The first model that is on this machine, for when one of the same task on the Hub cannot be had."""
        missed = self._models.get(model_id)
        if missed is None or isinstance(missed.source, Path):
            return None
        here = (info for info in self._models.values() if info.task == missed.task and isinstance(info.source, Path))
        return next(here, None)

    def is_own(self, model_id: str) -> bool:
        """Whether a model is the operator's own, given to the app when it was started."""
        return model_id in self._own

    def is_for_everybody(self, model_id: str) -> bool:
        """Whether a model is on offer without being lent."""
        return model_id in self._models

    def models(self, task: str | None = None) -> list[ModelInfo]:
        """List the models of one task, or all: the user's own first, and those lent to the visitor last."""
        visible = {**self._models, **self.lent(self.session())}
        listed = [info for info in visible.values() if task in (None, info.task)]
        return sorted(listed, key=lambda info: info.id not in self._own)

    def get(self, model_id: str) -> ModelInfo:
        """Look a model up by id.

        Raises:
            CheckpointError: when there is no such model.
        """
        info = self.lent(self.session()).get(model_id) or self._models.get(model_id)
        if info is not None:
            # A folder may have been trained on since: its configuration says what it holds now.
            return self._of_folder(info.source, info.id, info.revision) if isinstance(info.source, Path) else info
        raise CheckpointError(f"There is no model {model_id!r}.{closest(model_id, self._models)}")

    def _of_folder(self, folder: Path, model_id: str | None = None, revision: str | None = None) -> ModelInfo:
        # What ships is no stranger's: it is described without PyTorch, and checked in full when it is loaded.
        config = read_description(folder) if folder in self._shipped else read_config(folder)
        return _local(config, folder, model_id, revision)

    def find(self, name: str | Path, offline: bool = False) -> ModelInfo:
        """The one model that a person names: the id of one on offer, a checkpoint folder, or ``owner/name`` on the Hub.

        One that was not on offer is from then on.

        Raises:
            CheckpointError: when there is none, or several, or it is damaged.
            WeightsUnavailable: when a repository is not cached and cannot be downloaded now.
        """
        model_id = str(name)
        # What has no slash and is no folder can only be meant as an id.
        if self.is_for_everybody(model_id) or ("/" not in model_id and not Path(name).exists()):
            return self.get(model_id)
        found = list(resolve(name, offline))
        if len(found) > 1:
            raise CheckpointError(f"The folder {model_id!r} holds {len(found)} checkpoints; name one of them.")
        self.offer(found[0])
        return found[0]

    def base_of(self, info: ModelInfo) -> ModelInfo | None:
        """The model ``info`` was fine-tuned from, if the catalogue has it with the same task and architecture."""
        base = self._models.get(info.base_model or "")
        same_kind = base is not None and (base.task, base.architecture) == (info.task, info.architecture)
        return base if same_kind and base is not None and base.id != info.id else None

    def fine_tuned_from(self, model_id: str, slider: str = "detail") -> ModelInfo | None:
        """The model that names ``model_id`` as its base, if there is one of the same task, architecture and slider."""
        for info in self._models.values():
            base = self.base_of(info)
            if base is not None and base.id == model_id and info.slider == slider:
                return self.get(info.id)
        return None

    def family(self, info: ModelInfo) -> tuple[ModelInfo, dict[str, ModelInfo]]:
        """The model that ``info`` was fine-tuned from, or itself, and by slider the fine-tunes that it is mixed with.

        Where several of one slider have the same base, ``info`` is the one, or else the first of the list.
        """
        base = self.base_of(info)
        root = info if base is None else self.get(base.id)
        found = {slider: self.fine_tuned_from(root.id, slider) for slider in ("detail", "clean_up")}
        ends = {slider: end for slider, end in found.items() if end is not None}
        if base is not None:
            ends[info.slider] = info
        return root, ends


def checkpoint_folders(folder: Path) -> list[Path]:
    """The checkpoint folders at ``folder``: itself, or its direct children."""
    if (folder / CONFIG_NAME).is_file():
        return [folder]
    return sorted(path.parent for path in folder.glob(f"*/{CONFIG_NAME}"))


def resolve(item: str | Path, offline: bool = False, damaged: list[str] | None = None) -> Iterator[ModelInfo]:
    """Describe what ``item`` names: a checkpoint folder, a folder of them, or a Hub repository ``owner/name``.

    Args:
        item: a path or a repository id. A folder of that name wins.
        offline: never contact the Hub.
        damaged: gets a sentence about each checkpoint folder that is damaged, which is left out then.

    Raises:
        CheckpointError: when it is none of these, or damaged and there is no list for that.
        WeightsUnavailable: when a repository is not cached and cannot be downloaded now.
    """
    path = Path(item)
    if path.is_dir():
        folders = checkpoint_folders(path)
        if not folders:
            raise CheckpointError(f"The folder {str(item)!r} holds no checkpoint: no {CONFIG_NAME} in it or one below.")
        for folder in folders:
            try:
                yield from_folder(folder)
            except CheckpointError as error:
                if damaged is None:
                    raise
                damaged.append(f"{str(folder)!r} is left out: {error}")
    elif isinstance(item, str) and item.count("/") == 1 and not path.exists() and not item.startswith((".", "/")):
        try:
            info = downloaded(from_hub(item, offline), offline)
        except WeightsUnavailable as error:
            raise WeightsUnavailable(f"There is no folder {item!r} here, and as a Hub repository: {error}") from error
        yield info
    else:
        raise CheckpointError(f"{str(item)!r} is neither a checkpoint folder nor a Hub repository owner/name.")


def from_folder(folder: Path, model_id: str | None = None, revision: str | None = None) -> ModelInfo:
    """Describe a checkpoint folder by its config.json.

    Args:
        folder: the checkpoint.
        model_id: the folder's name by default.
        revision: commit, for a folder that is a copy of a Hub repository.

    Raises:
        CheckpointError: when config.json is damaged or the weights are missing.
    """
    return _local(read_config(folder), folder, model_id, revision)


def _local(config: Description, folder: Path, model_id: str | None = None, revision: str | None = None) -> ModelInfo:
    weights = folder / WEIGHTS_NAME
    if not weights.is_file():
        raise CheckpointError(f"The checkpoint {folder.name!r} has no {WEIGHTS_NAME}.")
    return _described(config, model_id or folder.resolve().name, folder, revision, weights.stat().st_size)


def from_hub(repo_id: str, offline: bool = False) -> ModelInfo:
    """Describe a checkpoint on the Hub, whose weights may still have to be downloaded.

    Args:
        repo_id: ``owner/name``.
        offline: never contact the Hub.

    Raises:
        CheckpointError: when its config.json describes no checkpoint of this project.
        WeightsUnavailable: when it cannot be looked up now.
    """
    from imggen.store.blueprint import blueprint, largest_file  # they need PyTorch, a list of models does not

    checkpoint, folder, size = look_up(repo_id, offline=offline)
    try:
        config = read_config(folder)
        network = blueprint(config)
    except CheckpointError as error:
        raise CheckpointError(f"{repo_id} is no model of imggen that can be used here. {error}") from error
    if not 0 < size <= largest_file(network):
        raise CheckpointError(
            f"{repo_id} is no model of imggen that can be used here: its weights have {size / 1e6:.1f} MB, and its "
            f"{CONFIG_NAME} describes others."
        )
    return _described(config, repo_id, checkpoint, checkpoint.revision, size)


def downloaded(info: ModelInfo, offline: bool = False) -> ModelInfo:
    """Describe a checkpoint on the Hub by its local copy, which is fetched where it is missing.

    Args:
        info: as :func:`from_hub` gives it.
        offline: never contact the Hub.

    Raises:
        CheckpointError: when the copy is damaged.
        WeightsUnavailable: when it cannot be downloaded now.
    """
    assert isinstance(info.source, HubCheckpoint)
    folder = fetch_checkpoint(info.source, sha256=info.sha256, limit=info.size_bytes, offline=offline)
    return from_folder(folder, info.id, info.revision)


def _described(
    config: Description, model_id: str, source: Path | HubFile, revision: str | None, size_bytes: int
) -> ModelInfo:
    return ModelInfo(
        id=model_id,
        task=config.task,
        title=config.title or model_id,
        source=source,
        architecture=config.architecture,
        license=config.license or "",
        revision=revision,
        sha256=config.sha256,
        base_model=config.base_model,
        slider=config.slider or "detail",
        class_names=tuple(config.class_names or ()),
        directions=tuple(config.directions or ()),
        domains=tuple(config.architecture_config.get("domains", ())),
        size_bytes=size_bytes,
    )


def hub_models(path: Path) -> list[ModelInfo]:
    """Read the list of Hub models; a missing file is an empty list.

    Raises:
        CheckpointError: when the file or one of its entries is damaged.
    """
    if not path.is_file():
        return []
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"The list of Hub models, {path.name}, cannot be read.") from error
    if not isinstance(entries, list):
        raise CheckpointError(f"The list of Hub models, {path.name}, is damaged: it is not a list.")
    models = []
    for number, entry in enumerate(entries, start=1):
        try:
            models.append(_from_entry(entry))
        except (AttributeError, TypeError, ValueError) as error:
            raise CheckpointError(f"Entry {number} of {path.name} is damaged.") from error
    return models


def _from_entry(entry: dict[str, Any]) -> ModelInfo:
    kinds = {"size_bytes": int, "domains": list, "one_way": bool}
    for name, value in entry.items():
        if not isinstance(value, kinds.get(name, str)):
            raise TypeError(f"{name} has the wrong type")
    if not re.fullmatch("[0-9a-f]{64}", entry.get("sha256", "0" * 64)):
        raise ValueError("sha256 is not one")
    of_file = {field.name for field in fields(HubFile)}
    source = HubFile(**{name: value for name, value in entry.items() if name in of_file})
    about = {name: value for name, value in entry.items() if name not in of_file}
    names = class_names(about.pop("classes")) if "classes" in about else ()
    domains = tuple(about.pop("domains", ()))
    return ModelInfo(source=source, revision=source.revision, class_names=names, domains=domains, **about)
