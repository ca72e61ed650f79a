"""The types that the readers of file formats return to the decoder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
Space = Literal["grey", "rgb", "cmyk", "lab"]
CHANNELS: dict[Space, int] = {"grey": 1, "rgb": 3, "cmyk": 4, "lab": 3}


@dataclass
class Raster:
    """The pixels of a file and their colour space.

    Attributes:
        pixels: uint8 or uint16 over their full range, (H, W) in grey, else (H, W, channels); Lab as ICC encodes it.
        space: of the channels.
        alpha: opacity (H, W), of the same type; None when all is opaque.
        premultiplied: whether the channels are multiplied by the opacity.
        profile: an ICC profile; None for sRGB, plain grey and plain CMYK.
    """

    pixels: Pixels
    space: Space
    alpha: Pixels | None = None
    premultiplied: bool = False
    profile: bytes | None = None


@dataclass
class Opened:
    """A picture of which only the header is read.

    Attributes:
        size: width and height, as stored.
        decode: gives the pixels; raises anything when they are damaged.
        orientation: how the stored picture must be turned, 1 to 8 as in EXIF.
        recipe: the content of the imggen text chunk, unchecked.
    """

    size: tuple[int, int]
    decode: Callable[[], Raster]
    orientation: int = 1
    recipe: Any = None


def orientation_in(exif: bytes | Image.Exif) -> int:
    """The orientation, 1 to 8, that EXIF data gives; 1 when they give none, or are damaged."""
    try:
        if isinstance(exif, bytes):
            data, exif = exif, Image.Exif()
            exif.load(data)
        found = exif.get(ExifTags.Base.Orientation)
    except Exception:  # with damaged EXIF data the picture can still be used
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1
