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
        large: RGB, the same picture in another size.
        side: of the square, in pixels of ``small``.
    """
    grey = small.convert("L")  # brightness alone takes a third of the time, and says where texture is
    bands = []
    for top in range(0, small.height, _BAND):
        bottom = min(top + _BAND, small.height)
        plain, redrawn = _both(grey, large, (0, top, small.width, bottom))
        difference = ImageChops.difference(plain, redrawn.convert("L"))
        bands.append(np.asarray(difference.resize((small.width, bottom - top), Image.Resampling.BOX), np.float32))
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
        large: RGB, the same picture in another size.
        x, y: in pixels of ``small``; near a border the square moves inside.
        side: of the square, in pixels of ``small``.
    """
    width, height = min(side, small.width), min(side, small.height)
    left = min(max(0, x - width // 2), small.width - width)
    top = min(max(0, y - height // 2), small.height - height)
    return _both(small, large, (left, top, left + width, top + height))


def _both(small: Image.Image, large: Image.Image, box: tuple[int, int, int, int]) -> tuple[Image.Image, Image.Image]:
    """A part of ``small``, resampled to the pixels of ``large``, and the same part of ``large``.

    The part begins and ends at whole pixels of ``large``: where that is no whole number of times as large, both would
    be shifted against each other otherwise.
    """
    across, down = large.width / small.width, large.height / small.height
    left, right = (round(value * across) for value in (box[0], box[2]))
    top, bottom = (round(value * down) for value in (box[1], box[3]))
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    inside = (left / across, top / down, min(right / across, small.width), min(bottom / down, small.height))
    return small.resize((right - left, bottom - top), Image.Resampling.BICUBIC, inside), large.crop(
        (left, top, right, bottom)
    )
