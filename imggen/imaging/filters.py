"""Means over the neighbours of every pixel."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

#: Pixels to each side that a blur on a reduced copy still reaches.
_SMALLEST_REACH = 4


def mean_around(x: Tensor, radius: int) -> Tensor:
    """Mean of (B, C, H, W) over what lies within so many rows and columns of each pixel, and in the picture."""
    return mean_across(mean_down(x, radius), radius)


def mean_across(x: Tensor, radius: int) -> Tensor:
    """The same within the pixel's row."""
    return F.avg_pool2d(x, (1, 2 * radius + 1), 1, (0, radius), count_include_pad=False)


def mean_down(x: Tensor, radius: int) -> Tensor:
    """The same within the pixel's column."""
    return F.avg_pool2d(x, (2 * radius + 1, 1), 1, (radius, 0), count_include_pad=False)


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


def reach_of(image: Tensor, part: float) -> int:
    """Whole pixels, at least 1, of a part of the longer side of (C, H, W)."""
    return max(1, round(part * max(image.shape[1:])))


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
