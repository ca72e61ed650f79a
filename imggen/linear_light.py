"""Between the values of pictures and the light they stand for (sRGB, IEC 61966-2-1)."""

from __future__ import annotations

import torch
from torch import Tensor


def encode(linear: Tensor) -> Tensor:
    """Linear light 0..1 to sRGB values 0..1; clamps."""
    x = linear.clamp(0, 1)
    return torch.where(x <= 0.0031308, 12.92 * x, 1.055 * x.clamp(min=1e-8) ** (1 / 2.4) - 0.055)


def decode(values: Tensor) -> Tensor:
    """sRGB values 0..1 to linear light 0..1."""
    return torch.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
