"""The real images that generators are measured against, as their trainers see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from imggen.errors import InputError
from imggen.imaging.decode import open_image

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif"}
_MAX_PIXELS = 2**27


@dataclass(frozen=True)
class RealImages:
    """Images of one size.

    Attributes:
        pixels: uint8 (N, 3, S, S).
        labels: int64 (N,), the index of each image's class; all 0 without classes.
        left_out: number of files that are too small.
        names: (N,) of the files without folder and ending: in a data set of characters, the typeface.
    """

    pixels: Tensor
    labels: Tensor
    left_out: int
    names: list[str]


def read_images(data: Path, side: int, class_names: Sequence[str] | None = None) -> RealImages:
    """Read a folder of images, each cropped to its central square and resized to ``side`` by a Lanczos filter.

    Images of less than half that side are left out, as they are in training.

    Args:
        data: searched recursively.
        side: in pixels.
        class_names: the classes, in the order of the labels; an image's class is the folder it lies in.

    Raises:
        InputError: when there are no images, or a class has less than two, or an image lies in no class's folder.
        ImageError: when one cannot be decoded.
    """
    squares, labels, names, left_out = [], [], [], 0
    for path in sorted(path for path in data.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file()):
        if class_names and path.parent.name not in class_names:
            raise InputError(f"The model knows no class {path.parent.name!r}: each class needs a folder of its name.")
        image = open_image(path, _MAX_PIXELS)
        if min(image.size) < max(1, side // 2):
            left_out += 1
            continue
        squares.append(np.asarray(ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS)))
        names.append(path.stem)
        labels.append(class_names.index(path.parent.name) if class_names else 0)
    if not squares:
        raise InputError(f"The folder {str(data)!r} holds no images of at least {max(1, side // 2)} pixels a side.")
    for number, name in enumerate(class_names or ()):
        if labels.count(number) < 2:
            raise InputError(f"The class {name!r} needs at least two images in a folder of its name.")
    pixels = torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2).contiguous()
    return RealImages(pixels, torch.tensor(labels), left_out, names)
