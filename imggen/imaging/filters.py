"""Means over the neighbours of every pixel."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

#: Pixels to each side that a blur on a reduced copy still reaches.
_SMALLEST_REACH = 4
#: Pixels that :func:`in_bands` hands on at a time, without the margin.
_BAND = 1 << 19
#: Radius from which means are differences of running sums, whose time does not grow with the radius.
_WIDE = 8
#: Longest side of a picture over the root of its area, in telling lengths as parts of it: strips are taken for 9:4.
_LONGEST = 1.5


def mean_around(x: Tensor, radius: int) -> Tensor:
    """Mean of (B, C, H, W) over what lies within so many rows and columns of each pixel, and in the picture."""
    return mean_across(mean_down(x, radius), radius)


def mean_across(x: Tensor, radius: int) -> Tensor:
    """The same within the pixel's row."""
    if radius >= _WIDE:
        return _running_mean(x, radius, -1)
    return F.avg_pool2d(x, (1, 2 * radius + 1), 1, (0, radius), count_include_pad=False)


def mean_down(x: Tensor, radius: int) -> Tensor:
    """The same within the pixel's column."""
    if radius >= _WIDE:
        return _running_mean(x, radius, -2)
    return F.avg_pool2d(x, (2 * radius + 1, 1), 1, (radius, 0), count_include_pad=False)


def _running_mean(x: Tensor, radius: int, dim: int) -> Tensor:
    length = x.shape[dim]
    sums = x.cumsum(dim, dtype=torch.float64)  # in float32 the differences of long sums would be noise
    places = torch.arange(length, device=x.device)
    last, before = (places + radius).clamp(max=length - 1), places - radius - 1
    inside = (before >= 0).to(sums).unsqueeze(-1) if dim == -2 else (before >= 0).to(sums)
    sums = sums.index_select(dim, last) - sums.index_select(dim, before.clamp(min=0)) * inside
    count = (last - before.clamp(min=-1)).to(sums)
    return (sums / (count.unsqueeze(-1) if dim == -2 else count)).to(x)


def blur(field: Tensor, part: float) -> Tensor:
    """Average (C, H, W) over that part of the longer side, three times, which is about a Gaussian.

    What is blurred has no detail, so wide blurs are made on a smaller copy, which costs much less.
    """
    sides = field.shape[1:]
    reach = reach_of(field, part)
    factor = max(1, reach // _SMALLEST_REACH)
    small = field[None]
    if factor > 1:
        small = F.interpolate(small, [max(1, side // factor) for side in sides], mode="area")
    for _ in range(3):
        small = mean_around(small, reach // factor)
    return (F.interpolate(small, sides, mode="bilinear") if factor > 1 else small)[0]


def blur_within(field: Tensor, area: Tensor, part: float) -> Tensor:
    """:func:`blur` of (C, H, W) as if there were nothing outside an area (1, H, W) in 0..1."""
    sums, share = blur(torch.cat([field * area, area]), part).split([len(field), 1])
    return sums / share.clamp(min=1e-3)


def longer_side(image: Tensor) -> float:
    """What lengths are parts of: pixels of the longer side of (C, H, W), but in a strip no more than its area asks for.

    So a radius is not many times as long as the strip is high, and a reduced copy of it keeps some height.
    """
    height, width = image.shape[1:]
    return min(max(height, width), _LONGEST * math.sqrt(height * width))


def reach_of(image: Tensor, part: float) -> int:
    """Whole pixels, at least 1, of a part of the longer side of (C, H, W), as of :func:`longer_side`."""
    return max(1, round(part * longer_side(image)))


def reduced(image: Tensor, side: int) -> Tensor:
    """Reduce (C, H, W) to a longer side of ``side``, as of :func:`longer_side`; a smaller one stays as it is."""
    scale = min(1.0, side / longer_side(image))
    return F.interpolate(image[None], [max(1, round(length * scale)) for length in image.shape[1:]], mode="area")[0]


def moments(values: Tensor, guide: Tensor, radius: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What a guided filter asks of the window around every pixel (He et al., 2013,
    https://doi.org/10.1109/TPAMI.2012.213): with values (B, C, H, W) and a guide (B, 1, H, W) the mean of both, their
    covariance, and the variance of the guide."""
    mean, level, product, square = (mean_around(x, radius) for x in (values, guide, guide * values, guide * guide))
    return mean, level, product - mean * level, square - level * level


def guided(values: Tensor, guide: Tensor, radius: int, noise: float) -> Tensor:
    """Smooth (B, C, H, W) but along the edges of a guide (B, 1, H, W), whose variance is noise up to that: the guided
    filter."""
    mean, level, covariance, variance = moments(values, guide, radius)
    slope = covariance / (variance + noise)
    return mean_around(slope, radius) * guide + mean_around(mean - slope * level, radius)


def in_bands(
    change: Callable[..., Tensor], *images: Tensor, margin: int = 0, report: Callable[[float], None] = lambda done: None
) -> Tensor:
    """Change pictures part by part along their longer side: that bounds memory, and lets a job report and stop.

    Args:
        change: makes of pictures (..., h, w) one of that size; no pixel of it depends on one farther than ``margin``.
        images: of one size, each (..., H, W).
        margin: in pixels.
        report: gets the fraction done; may raise to stop.

    Returns:
        (..., H, W), as ``change`` makes it of the whole.
    """
    height, width = images[0].shape[-2:]
    dim, length, step = (-1 if width > height else -2), max(height, width), max(1, _BAND // min(height, width))
    parts = []
    for start in range(0, length, step):
        report(start / length)
        first, last = max(0, start - margin), min(length, start + step + margin)
        made = change(*(image.narrow(dim, first, last - first) for image in images))
        parts.append(made.narrow(dim, start - first, min(step, length - start)))
    return torch.cat(parts, dim)
