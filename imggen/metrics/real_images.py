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
from imggen.imaging.folders import classes_of, find_pictures, open_named
from imggen.imaging.limits import MAX_DATA_PIXELS


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
        class_names: the classes, in the order of the labels; for the class of an image see
            :func:`imggen.imaging.folders.classes_of`.

    Raises:
        InputError: when there are no images, or a class has less than two, or an image lies in no class's folder.
        ImageError: when one cannot be decoded.
    """
    paths = find_pictures(data)
    inside = [path.relative_to(data).as_posix() for path in paths]
    classes = classes_of(inside) if class_names and paths else [""] * len(paths)
    unknown = sorted(set(classes).difference(class_names or [""]))
    if unknown:
        raise InputError(f"The model knows no class {unknown[0]!r}: each class needs a folder of its name.")
    squares, labels, names, left_out = [], [], [], 0
    for path, name, label in zip(paths, inside, classes, strict=True):
        image = open_named(path, name, MAX_DATA_PIXELS)
        if min(image.size) < max(1, side // 2):
            left_out += 1
            continue
        squares.append(np.asarray(ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS)))
        names.append(path.stem)
        labels.append(class_names.index(label) if class_names else 0)
    if not squares:
        raise InputError(f"The folder {str(data)!r} holds no images of at least {max(1, side // 2)} pixels a side.")
    for number, name in enumerate(class_names or ()):
        if labels.count(number) < 2:
            raise InputError(f"The class {name!r} needs at least two images in a folder of its name.")
    pixels = torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2).contiguous()
    return RealImages(pixels, torch.tensor(labels), left_out, names)
