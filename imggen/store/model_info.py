"""What the catalogue knows about a model, and where its weights are. Nothing here asks the Hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from imggen.store.file_names import WEIGHTS_NAME


@dataclass(frozen=True)
class HubFile:
    """One file of a Hub repository at a revision: a commit, or a branch where a sha256 or the first copy decides."""

    repo_id: str
    filename: str = WEIGHTS_NAME
    revision: str = "main"


@dataclass(frozen=True)
class HubCheckpoint(HubFile):
    """A checkpoint of this project on the Hub: the weights, and the files beside them, at a commit."""


@dataclass(frozen=True)
class ModelInfo:
    """One entry of the catalogue.

    Attributes:
        id: name used in the Python API, the HTTP API and the app.
        task: name of the pipeline that runs it.
        title: short name for people.
        source: a checkpoint folder, or a file on the Hub.
        architecture: key of :data:`imggen.models.ARCHITECTURES`; for files of other projects a key of
            :data:`imggen.store.adapters.ADAPTERS`, or "vgg16".
        license: SPDX identifier in lower case; empty when unknown.
        revision: commit or branch on the Hub; None for local folders.
        sha256: what the weights file must hash to; None where it was never recorded.
        base_model: id of the model this one was fine-tuned from.
        slider: of an upscaler with a base model, the setting that goes from the base at 0 to this one at 1.
        class_names: the classes of a conditional model, in the order of its labels.
        directions: names of the directions of its latent space, empty for those without; may be fewer than it has.
        domains: the two kinds of pictures that a translator goes between.
        one_way: whether a translator only goes from the first to the second.
        size_bytes: size of the weights file, 0 when unknown.
        description: one sentence for the app.
    """

    id: str
    task: str
    title: str
    source: Path | HubFile
    architecture: str
    license: str = ""
    revision: str | None = None
    sha256: str | None = None
    base_model: str | None = None
    slider: str = "detail"
    class_names: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    one_way: bool = False
    size_bytes: int = 0
    description: str = ""
