"""Decoded training images, kept in memory as far as a budget goes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from imggen.errors import ImageError, InputError, list_names
from imggen.imaging.decode import open_image, picture_size
from imggen.imaging.folders import list_counts
from imggen.imaging.limits import MAX_DATA_PIXELS
from imggen.training.common.sources import Picture

Pixels = NDArray[np.uint8]


class Images(Protocol):
    """(H, W, 3) arrays by index."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Pixels: ...


class ImageStore:
    """Images of at least a given size, by index.

    Headers are read first, so that too small or unreadable files cost little; then as many images are decoded as fit
    the budget, and the others whenever they are asked for. Loader processes forked later share that memory.

    Args:
        pictures: of the dataset.
        min_side: smallest width and height accepted.
        cache_bytes: budget for decoded pixels.
        square: where given, every image is cropped to its central square and resized to this side.

    Attributes:
        pictures: those that are kept, in the same order.
        too_small: names of the pictures left out because of their size.
        damaged: names of the pictures left out because they cannot be decoded.

    Raises:
        InputError: when nothing usable is left.
    """

    def __init__(self, pictures: Sequence[Picture], min_side: int, cache_bytes: int, square: int | None = None) -> None:
        self._square = square
        sides = [_shortest_side(picture) for picture in pictures]
        self.damaged = [picture.name for picture, side in zip(pictures, sides, strict=True) if side == 0]
        self.too_small = [picture.name for picture, side in zip(pictures, sides, strict=True) if 0 < side < min_side]
        self.pictures = [picture for picture, side in zip(pictures, sides, strict=True) if side >= min_side]
        self._decoded: dict[int, Pixels] = {}
        self._preload(cache_bytes)
        if not self.pictures:
            raise InputError(f"No image is at least {min_side} x {min_side} pixels: {self._left_out()}.")

    def _preload(self, cache_bytes: int) -> None:
        kept: list[Picture] = []
        with ThreadPoolExecutor(4) as pool:  # decoders release the interpreter lock
            for start in range(0, len(self.pictures), 16):
                part = self.pictures[start : start + 16]
                if cache_bytes <= 0:
                    kept += part
                    continue
                for picture, pixels in zip(part, pool.map(self._decode, part), strict=True):
                    if pixels is None:
                        self.damaged.append(picture.name)
                        continue
                    if pixels.nbytes <= cache_bytes:
                        self._decoded[len(kept)] = pixels
                    cache_bytes -= pixels.nbytes
                    kept.append(picture)
        self.pictures = kept

    def summary(self, what: str, classes: Iterable[str] = ()) -> str:
        """Say how many pictures there are, and which were left out.

        Args:
            what: the word for the pictures, in the plural.
            classes: the class of each picture, to be counted.
        """
        counts = list_counts(classes)
        left_out = f"; left out: {self._left_out()}" if self.too_small or self.damaged else ""
        return f"{len(self)} {what}" + (f" ({counts})" if counts else "") + left_out

    def _left_out(self) -> str:
        named = f" ({list_names(self.damaged)})" if self.damaged else ""
        return f"{len(self.too_small)} smaller, {len(self.damaged)} not decodable{named}"

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> Pixels:
        """Return image ``index`` as (H, W, 3). One that turns out damaged is replaced by the next, always the same."""
        for offset in range(len(self)):
            candidate = (index + offset) % len(self)
            pixels = self._decoded.get(candidate)
            if pixels is None:
                pixels = self._decode(self.pictures[candidate])
            if pixels is not None:
                return pixels
            name = self.pictures[candidate].name
            warnings.warn(f"The picture {name!r} is damaged: the next one takes its place.", stacklevel=2)
        raise InputError("None of the training images can be decoded.")

    def _decode(self, picture: Picture) -> Pixels | None:
        try:
            image = open_image(picture.source, MAX_DATA_PIXELS)
        except ImageError:
            return None
        if self._square:
            image = ImageOps.fit(image, (self._square, self._square), Image.Resampling.LANCZOS)
        return np.asarray(image)


def _shortest_side(picture: Picture) -> int:
    """Width or height in pixels, whichever is less, from the header; 0 when that cannot be read."""
    try:
        return min(picture_size(picture.source))
    except ImageError:
        return 0
