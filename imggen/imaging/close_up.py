"""Find where an upscaled picture differs most from bicubic enlargement, and cut out that square of both."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops

#: Rows of the small picture that are compared at a time: comparing all at once would take twice the picture's memory.
_BAND = 64


def most_changed(small: Image.Image, large: Image.Image, side: int) -> tuple[int, int]:
    """The centre, in pixels of ``small``, of the square in which ``large`` differs most from a bicubic enlargement.

    Args:
        small: RGB.
        large: RGB, a whole number of times larger.
        side: of the square, in pixels of ``small``.
    """
    scale = large.width // small.width
    bands = []
    for top in range(0, small.height, _BAND):
        bottom = min(top + _BAND, small.height)
        plain = small.resize(
            (large.width, (bottom - top) * scale), Image.Resampling.BICUBIC, (0, top, small.width, bottom)
        )
        redrawn = large.crop((0, top * scale, large.width, bottom * scale))
        bands.append(np.asarray(ImageChops.difference(plain, redrawn).convert("L").reduce(scale), np.float32))
    change = np.concatenate(bands)
    width, height = min(side, small.width), min(side, small.height)
    sums = np.pad(change, ((1, 0), (1, 0))).cumsum(0, dtype=np.float64).cumsum(1)
    squares = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    top, left = np.unravel_index(squares.argmax(), squares.shape)
    return int(left) + width // 2, int(top) + height // 2


def close_up_pair(small: Image.Image, large: Image.Image, x: int, y: int, side: int) -> tuple[Image.Image, Image.Image]:
    """The square of ``large`` around a point of ``small``, and before it the same square of ``small``, bicubic.

    Args:
        small: RGB.
        large: RGB, a whole number of times larger.
        x, y: in pixels of ``small``; near a border the square moves inside.
        side: of the square, in pixels of ``small``.
    """
    scale = large.width // small.width
    width, height = min(side, small.width), min(side, small.height)
    left = min(max(0, x - width // 2), small.width - width)
    top = min(max(0, y - height // 2), small.height - height)
    box = (left, top, left + width, top + height)
    after = large.crop((left * scale, top * scale, (left + width) * scale, (top + height) * scale))
    return small.resize(after.size, Image.Resampling.BICUBIC, box), after
