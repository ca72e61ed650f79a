"""The names of the styles that ship with a model. Their codes, which need PyTorch, are in
:mod:`imggen.store.style_codes`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from safetensors import SafetensorError, safe_open

from imggen.errors import CheckpointError
from imggen.schema import MAX_NAMES, Name, Text
from imggen.store.config import read_description
from imggen.store.file_names import STYLES_NAME

#: What is said of a damaged file, which stands for the braces.
DAMAGED = "The style codes {!r} are missing or damaged: fetch the model again."


@dataclass(frozen=True)
class NamedStyle:
    """A style by name.

    Attributes:
        id: for file names and requests: lower-case letters, digits and hyphens.
        title: of the picture.
        artist: who made it.
        year: when, as text: "1889", "about 1505"; empty where it is not known.
    """

    id: str
    title: str
    artist: str
    year: str


class _Description(BaseModel):
    """What the metadata say of one style. They may come from a stranger."""

    model_config = ConfigDict(strict=True, extra="ignore")

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{0,200}$")]
    title: Name
    artist: Text
    year: Text


_DESCRIPTIONS: TypeAdapter[list[_Description]] = TypeAdapter(Annotated[list[_Description], Field(max_length=MAX_NAMES)])


def described_styles(metadata: dict[str, str] | None) -> list[_Description]:
    """What the metadata of a file of style codes say of its styles, in order.

    Raises:
        KeyError, ValueError: when they say nothing, or nothing that makes sense.
    """
    return _DESCRIPTIONS.validate_json((metadata or {})["styles"])


def styles_in(folder: Path) -> list[NamedStyle]:
    """The styles that come with a checkpoint, in order: those of its codes, or the names its network was trained on.

    Raises:
        CheckpointError: when their file is damaged, or the configuration.
    """
    path = folder / STYLES_NAME
    if not path.is_file():
        names = read_description(folder).architecture_config.get("style_names", [])
        return [NamedStyle(name, name, "", "") for name in names]
    try:
        with safe_open(str(path), "np") as file:
            described = described_styles(file.metadata())
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise CheckpointError(DAMAGED.format(str(path))) from error
    return [NamedStyle(style.id, style.title, style.artist, style.year) for style in described]


def picture_of(folder: Path, style_id: str) -> Path | None:
    """Where a picture of a style may lie in a checkpoint folder; None for an id that is no name of a file."""
    return folder / "styles" / f"{style_id}.webp" if re.fullmatch("[a-z0-9-]+", style_id) else None
