"""Models that a command names: ids of the catalogue, or checkpoint folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imggen.store.model_info import ModelInfo


def find_model(model: str) -> ModelInfo:
    """Describe the one model that the user named."""
    from imggen.store.catalogue import Catalog

    return Catalog().find(model)


def folder_of(info: ModelInfo) -> Path | None:
    """The checkpoint folder of a model; None for one on the Hub, whose cached copy is not ours to change."""
    return info.source if isinstance(info.source, Path) and "/" not in info.id else None
