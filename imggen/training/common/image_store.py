"""Decoded training images, kept in memory as far as a budget goes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from imggen.errors import ImageError, InputError
from imggen.imaging.decode import open_image, picture_size
from imggen.training.common.sources import ImageSource

Pixels = NDArray[np.uint8]

#: Largest training image, in pixels.
MAX_PIXELS = 2**27


class ImageStore:
    """Images of at least a given size, by index.

    Headers are read first, so that too small or unreadable files cost little; then as many images are decoded as fit
    the budget, and the others whenever they are asked for. Loader processes forked later share that memory.

    Args:
        sources: files or encoded bytes.
        min_side: smallest width and height accepted.
        cache_bytes: budget for decoded pixels.
        square: where given, every image is cropped to its central square and resized to this side.

    Attributes:
        sources: those of the images kept, in the same order.
        too_small: number of images left out because of their size.
        damaged: number of files left out because they cannot be decoded.

    Raises:
        InputError: when nothing usable is left.
    """

    def __init__(
        self, sources: Sequence[ImageSource], min_side: int, cache_bytes: int, square: int | None = None
    ) -> None:
        self._square = square
        sides = [_shortest_side(source) for source in sources]
        self.sources = [source for source, side in zip(sources, sides, strict=True) if side >= min_side]
        self.damaged = sides.count(0)
        self.too_small = len(sources) - len(self.sources) - self.damaged
        self._decoded: dict[int, Pixels] = {}
        self._preload(cache_bytes)
        if not self.sources:
            raise InputError(f"No image is at least {min_side} x {min_side} pixels: {self.skipped()}.")

    def _preload(self, cache_bytes: int) -> None:
        kept: list[ImageSource] = []
        with ThreadPoolExecutor(4) as pool:  # decoders release the interpreter lock
            for start in range(0, len(self.sources), 16):
                part = self.sources[start : start + 16]
                if cache_bytes <= 0:
                    kept += part
                    continue
                for source, pixels in zip(part, pool.map(self._decode, part), strict=True):
                    if pixels is None:
                        self.damaged += 1
                        continue
                    if pixels.nbytes <= cache_bytes:
                        self._decoded[len(kept)] = pixels
                    cache_bytes -= pixels.nbytes
                    kept.append(source)
        self.sources = kept

    def skipped(self) -> str:
        """Say how many files were left out and why."""
        return f"{self.too_small} smaller, {self.damaged} not decodable"

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, index: int) -> Pixels:
        """Return image ``index`` as (H, W, 3). One that turns out damaged is replaced by the next, always the same."""
        for offset in range(len(self)):
            candidate = (index + offset) % len(self)
            pixels = self._decoded.get(candidate)
            if pixels is None:
                pixels = self._decode(self.sources[candidate])
            if pixels is not None:
                return pixels
            warnings.warn("Some training images are damaged and are replaced by others.", stacklevel=2)
        raise InputError("None of the training images can be decoded.")

    def _decode(self, source: ImageSource) -> Pixels | None:
        try:
            image = open_image(source, MAX_PIXELS)
        except ImageError:
            return None
        if self._square:
            image = ImageOps.fit(image, (self._square, self._square), Image.Resampling.LANCZOS)
        return np.asarray(image)


def _shortest_side(source: ImageSource) -> int:
    """Read only the header; 0 when that fails."""
    try:
        return min(picture_size(source))
    except ImageError:
        return 0
