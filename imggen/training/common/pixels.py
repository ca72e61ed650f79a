"""Batches of 8-bit pixels as what networks take, channels-last in memory."""

from __future__ import annotations

import torch
from torch import Tensor


def as_input(pixels: Tensor) -> Tensor:
    """Convert uint8 (B, 3, H, W) to 0..1."""
    return pixels.to(torch.float32).div_(255).contiguous(memory_format=torch.channels_last)


def as_signed(pixels: Tensor) -> Tensor:
    """Convert uint8 (B, 3, H, W) to -1..1."""
    return pixels.to(torch.float32).div_(127.5).sub_(1).contiguous(memory_format=torch.channels_last)
