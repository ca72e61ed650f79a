"""One pipeline per job: PIL images and numbers in, PIL images out. Tensors live only here and below."""

from __future__ import annotations

import json
from typing import Any, Protocol

from PIL import Image

from imggen.imaging.recipe import read_recipe
from imggen.store.model_info import ModelInfo
from imggen.version import __version__

#: Characters of a chain of recipes: some 60 results made of one another. JSON parsers follow about 100.
_LONGEST_CHAIN = 24_000


class Report(Protocol):
    """Called with the fraction done, 0..1, and what the result looks like so far, if that is worth seeing.

    May raise to stop the job.
    """

    def __call__(self, fraction: float, preview: Image.Image | None = None, /) -> None:
        """Take note."""
        ...


class Pipeline(Protocol):
    """What the engine needs to know about a loaded model; the job itself is a method of the concrete class."""

    info: ModelInfo

    @property
    def size_bytes(self) -> int:
        """Memory the weights take on the device."""
        ...


def silent(fraction: float, preview: Image.Image | None = None) -> None:
    """Ignore progress; the default of every ``report`` argument."""


def recipe(
    task: str, info: ModelInfo, parameters: dict[str, Any], sources: list[Image.Image], *blended: ModelInfo
) -> dict[str, Any]:
    """Describe how a result was made, so that it can be made again.

    Args:
        task: the pipeline's task.
        info: the model.
        parameters: every argument that changes the result, seeds included.
        sources: the images it was made from; the recipes they carry are kept as a chain, unless it gets too long.
        blended: further models whose weights took part.
    """
    made: dict[str, Any] = {"imggen": __version__, "task": task, **_identity(info), "parameters": parameters}
    if blended:
        made["blended"] = [_identity(other) for other in blended]
    if sources:
        made["sources"] = [{"size": list(image.size), **(read_recipe(image) or {})} for image in sources]
        if len(json.dumps(made["sources"])) > _LONGEST_CHAIN:
            made["sources"] = [{"size": list(image.size)} for image in sources]
    return made


def _identity(info: ModelInfo) -> dict[str, str | None]:
    return {"model": info.id, "revision": info.revision, "sha256": info.sha256}
