"""Names of classes: those of public data sets in the order of their labels, and what names tell."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_loader
from pathlib import Path

from imggen.errors import CheckpointError

_CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def class_names(data_set: str) -> tuple[str, ...]:
    """The classes of a data set: "cifar10", or "imagenet" for the 1000 of ILSVRC 2012.

    Raises:
        CheckpointError: for another data set.
    """
    if data_set == "cifar10":
        return _CIFAR10
    if data_set == "imagenet":
        return _imagenet()
    raise CheckpointError(f"The classes of {data_set!r} are not known here.")


def are_characters(names: Sequence[str]) -> bool:
    """Whether every class is one character, so that a model of them draws an alphabet."""
    return len(names) > 1 and all(len(name) == 1 for name in names)


@cache
def _imagenet() -> tuple[str, ...]:
    """Torchvision's list, without the seconds that importing the whole of torchvision takes."""
    package = find_spec("torchvision")
    if package is None or package.origin is None:
        raise CheckpointError("The names of the ImageNet classes come with torchvision, which is not installed.")
    source = Path(package.origin).parent / "models" / "_meta.py"
    spec = spec_from_loader("_torchvision_meta", SourceFileLoader("_torchvision_meta", str(source)))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return tuple(module._IMAGENET_CATEGORIES)
