"""Means over squares around every pixel."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def mean_around(x: Tensor, radius: int) -> Tensor:
    """Mean of (B, C, H, W) over what lies within so many rows and columns of each pixel, and in the picture."""
    for kernel, padding in (((2 * radius + 1, 1), (radius, 0)), ((1, 2 * radius + 1), (0, radius))):
        x = F.avg_pool2d(x, kernel, 1, padding, count_include_pad=False)
    return x
