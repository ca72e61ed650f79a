"""Means over the neighbours of every pixel."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def mean_around(x: Tensor, radius: int) -> Tensor:
    """Mean of (B, C, H, W) over what lies within so many rows and columns of each pixel, and in the picture."""
    return mean_across(mean_down(x, radius), radius)


def mean_across(x: Tensor, radius: int) -> Tensor:
    """The same within the pixel's row."""
    return F.avg_pool2d(x, (1, 2 * radius + 1), 1, (0, radius), count_include_pad=False)


def mean_down(x: Tensor, radius: int) -> Tensor:
    """The same within the pixel's column."""
    return F.avg_pool2d(x, (2 * radius + 1, 1), 1, (radius, 0), count_include_pad=False)
