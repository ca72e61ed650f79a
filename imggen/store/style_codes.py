"""Styles that ship with a model as codes: what its own encoder found in each picture, never the picture itself, or
one-hot codes where the model has a table of styles.

``styles.safetensors`` lies beside ``model.safetensors`` and holds one tensor ``codes`` (N, code_size) in float16; its
metadata say under the key ``styles``, as JSON, which picture each row is of. A picture of the style, painted by the
model, may lie at ``styles/<id>.webp``.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from imggen.errors import CheckpointError, InputError
from imggen.imaging.tensors import to_tensor
from imggen.models.style.arbitrary_style import ArbitraryStyle
from imggen.store.file_names import STYLES_NAME as STYLES_NAME
from imggen.store.style_names import DAMAGED, NamedStyle, described_styles

#: Short side of a style picture before it is encoded, in pixels: strokes have the size they were learned in.
STYLE_SIDE = 256


@dataclass(frozen=True)
class StyleCode(NamedStyle):
    """A style that ships with a model, with what its encoder found in the picture.

    Attributes:
        code: (code_size,), float32.
    """

    code: Tensor


def style_input(picture: Image.Image, side: int = STYLE_SIDE) -> Tensor:
    """Bring a style picture to a short side of ``side`` pixels: (1, 3, H, W) in 0..1, float32."""
    share = side / min(picture.size)
    width, height = (max(side, round(share * length)) for length in picture.size)
    return to_tensor(picture.resize((width, height), Image.Resampling.LANCZOS))


@torch.no_grad()
def save_codes(
    path: str | Path, network: ArbitraryStyle, pictures: Sequence[tuple[str, str, str, Image.Image]]
) -> None:
    """Encode style pictures and write their codes.

    Args:
        path: of the file.
        network: in eval mode; its parameters give device and number format.
        pictures: title, artist, year and picture (RGB) of each.

    Raises:
        InputError: when there is no picture, or two would get the same id.
    """
    like = next(network.parameters())
    write_codes(
        path,
        [
            StyleCode(style_id(artist, title), title, artist, year, network.encode(style_input(picture).to(like))[0])
            for title, artist, year, picture in pictures
        ],
    )


def write_codes(path: str | Path, styles: Sequence[StyleCode]) -> None:
    """Write codes, such as the one-hot ones of a table of styles.

    Args:
        path: of the file.
        styles: all with codes of one length.

    Raises:
        InputError: when there is no style, or two have the same id.
    """
    if not styles or len({style.id for style in styles}) < len(styles):
        raise InputError("Style codes need at least one picture, and no two of the same artist and title.")
    codes = torch.stack([style.code.cpu() for style in styles]).half()
    described = [{"id": style.id, "title": style.title, "artist": style.artist, "year": style.year} for style in styles]
    save_file({"codes": codes}, str(path), {"styles": json.dumps(described, ensure_ascii=False)})


def load_codes(path: str | Path) -> list[StyleCode]:
    """Read what :func:`write_codes` wrote, in order.

    Raises:
        CheckpointError: when the file is missing, damaged, or of another kind.
    """
    try:
        with safe_open(str(path), "pt") as file:
            codes = file.get_tensor("codes").float()
            described = described_styles(file.metadata())
        if codes.ndim != 2 or not codes.isfinite().all():
            raise ValueError("codes")
        return [
            StyleCode(style.id, style.title, style.artist, style.year, code)
            for style, code in zip(described, codes, strict=True)
        ]
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(DAMAGED.format(str(path))) from error


def style_id(artist: str, title: str) -> str:
    """The id of a style: "Edvard Munch", "The Scream" give "edvard-munch-the-scream"."""
    plain = unicodedata.normalize("NFKD", f"{artist} {title}").encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
