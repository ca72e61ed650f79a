"""How much of a picture's structure a translation keeps, independent of brightness and colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imggen.imaging.colour import LUMA

#: Longer side that both pictures are compared at.
SIDE = 256
#: Side in pixels of the window whose mean edge strength every edge is divided by.
_WINDOW = 15
#: Share of the picture's mean edge strength that is added to that divisor, so that noise is not amplified.
_NOISE = 0.5


def structure_kept(a: Image.Image, b: Image.Image) -> float:
    """Compare where two pictures have edges and how these run; 1 for the same structure, about 0 for unrelated ones.

    Both pictures are reduced to a longer side of 256 and to luma. An edge is the gradient there, taken as a double
    angle, so that it stays the same edge when its dark side becomes the bright one, as roofs against the sky do at
    night; its length is divided by the mean in a window of 15 pixels, so that edges in the dark count like those in
    the light. The score is the correlation of these two fields of vectors (their cosine, 0 when negative). Exposure
    and any other gain on all values leave it unchanged.

    Args:
        a: an image.
        b: an image of the same proportions; it is resized to the other's.
    """
    scale = SIDE / max(a.size)
    size = max(1, round(a.width * scale)), max(1, round(a.height * scale))
    x, y = _edges(a, size), _edges(b, size)
    lengths = np.sqrt((abs(x) ** 2).sum() * (abs(y) ** 2).sum())
    if lengths == 0:
        return float(x.any() == y.any())
    return float(max(0.0, (x * y.conj()).real.sum() / lengths))


def _edges(image: Image.Image, size: tuple[int, int]) -> NDArray[np.complex128]:
    """The double-angle gradient at every pixel, as a complex number of length 0 to a few units."""
    resized = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    luma = np.asarray(resized, float) @ np.array(LUMA)
    smooth = _average(luma, 3)
    down, right = (np.diff(smooth, axis=axis, append=smooth.take([-1], axis)) for axis in (0, 1))
    gradient = right + 1j * down
    length: NDArray[np.float64] = np.hypot(right, down)
    mean = length.mean()
    if mean < 1e-6:
        return np.zeros_like(gradient)
    unit_squared = gradient**2 / np.maximum(length, 1e-12)
    return unit_squared / (_average(length, _WINDOW) + _NOISE * mean)


def _average(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Mean over the square window around every element, repeating the border."""
    for axis in (0, 1):
        ends = [(0, 0), (0, 0)]
        ends[axis] = (window // 2 + 1, window // 2)
        total = np.pad(values, ends, "edge").cumsum(axis)
        count = values.shape[axis]
        indices = np.arange(count)
        values = (total.take(indices + window, axis) - total.take(indices, axis)) / window
    return values
