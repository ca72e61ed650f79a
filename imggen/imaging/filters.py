"""Box, Gaussian and guided filters, and computing a picture in parts."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

#: Least radius in pixels that a blur has on a reduced copy.
_SMALLEST_RADIUS = 4
#: Pixels in a part of :func:`in_bands`, without the margin.
_BAND = 1 << 19
#: Radius from which means are computed by cumulative sums, whose time does not grow with the radius.
_WIDE = 8
#: Largest length that :func:`longer_side` gives, as a multiple of the root of the area: that of a picture of 9:4.
_LONGEST = 1.5


def mean_around(x: Tensor, radius: int) -> Tensor:
    """Box filter of (B, C, H, W): mean over the window of 2 * radius + 1 pixels a side, without what is outside."""
    return mean_across(mean_down(x, radius), radius)


def mean_across(x: Tensor, radius: int) -> Tensor:
    """The same along rows only."""
    if radius >= _WIDE:
        return _running_mean(x, radius, -1)
    return F.avg_pool2d(x, (1, 2 * radius + 1), 1, (0, radius), count_include_pad=False)


def mean_down(x: Tensor, radius: int) -> Tensor:
    """The same along columns only."""
    if radius >= _WIDE:
        return _running_mean(x, radius, -2)
    return F.avg_pool2d(x, (2 * radius + 1, 1), 1, (radius, 0), count_include_pad=False)


def _running_mean(x: Tensor, radius: int, dim: int) -> Tensor:
    length = x.shape[dim]
    sums = x.cumsum(dim, dtype=torch.float64)  # differences of long sums are imprecise in float32
    places = torch.arange(length, device=x.device)
    last, before = (places + radius).clamp(max=length - 1), places - radius - 1
    inside = (before >= 0).to(sums).unsqueeze(-1) if dim == -2 else (before >= 0).to(sums)
    sums = sums.index_select(dim, last) - sums.index_select(dim, before.clamp(min=0)) * inside
    count = (last - before.clamp(min=-1)).to(sums)
    return (sums / (count.unsqueeze(-1) if dim == -2 else count)).to(x)


def blur(field: Tensor, part: float) -> Tensor:
    """Gaussian filter of (C, H, W), by three box filters whose radius is that part of the longer side.

    Wide blurs leave no detail, so they are computed on a reduced copy, which is much faster.
    """
    sides = field.shape[1:]
    reach = reach_of(field, part)
    factor = max(1, reach // _SMALLEST_RADIUS)
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
    """Longer side of (C, H, W) in pixels, at most 1.5 times the root of the area. Lengths are given as parts of it.

    The bound is for very long pictures: a radius is not many times their height, and a reduced copy keeps some height.
    """
    height, width = image.shape[1:]
    return min(max(height, width), _LONGEST * math.sqrt(height * width))


def reach_of(image: Tensor, part: float) -> int:
    """A part of :func:`longer_side` of (C, H, W) in whole pixels, at least 1."""
    return max(1, round(part * longer_side(image)))


def reduced(image: Tensor, side: int) -> Tensor:
    """Reduce (C, H, W) to a :func:`longer_side` of ``side`` pixels; smaller ones stay as they are."""
    scale = min(1.0, side / longer_side(image))
    return F.interpolate(image[None], [max(1, round(length * scale)) for length in image.shape[1:]], mode="area")[0]


def moments(values: Tensor, guide: Tensor, radius: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Statistics of the window around every pixel for a guided filter (He et al., 2013,
    https://doi.org/10.1109/TPAMI.2012.213), of values (B, C, H, W) and a guide (B, 1, H, W): the mean of each, their
    covariance, and the variance of the guide."""
    mean, level, product, square = (mean_around(x, radius) for x in (values, guide, guide * values, guide * guide))
    return mean, level, product - mean * level, square - level * level


def guided(values: Tensor, guide: Tensor, radius: int, noise: float) -> Tensor:
    """Guided filter: smooth (B, C, H, W) and keep the edges of a guide (B, 1, H, W). Variance of the guide up to
    ``noise`` counts as noise."""
    mean, level, covariance, variance = moments(values, guide, radius)
    slope = covariance / (variance + noise)
    return mean_around(slope, radius) * guide + mean_around(mean - slope * level, radius)


def in_bands(
    change: Callable[..., Tensor], *images: Tensor, margin: int = 0, report: Callable[[float], None] = lambda done: None
) -> Tensor:
    """Apply a function to pictures part by part along their longer side, to bound memory, report and allow stopping.

    Args:
        change: maps pictures (..., h, w) to one of that size; its pixels depend on none farther away than ``margin``.
        images: of one size, each (..., H, W).
        margin: in pixels.
        report: gets the fraction done; may raise to stop.

    Returns:
        (..., H, W), the result of ``change`` for the whole pictures.
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
