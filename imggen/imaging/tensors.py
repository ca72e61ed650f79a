"""Between pictures, or batches of 8-bit pixels, and the tensors that networks work on."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def to_tensor(image: Image.Image) -> Tensor:
    """Convert an RGB image to a float32 tensor (1, 3, H, W) in 0..1, channels-last in memory."""
    array = np.asarray(image.convert("RGB"))
    pixels = torch.from_numpy(array.copy()).permute(2, 0, 1)[None]
    return pixels.to(torch.float32).div_(255).contiguous(memory_format=torch.channels_last)


def to_image(tensor: Tensor) -> Image.Image:
    """Convert a tensor (1, 3, H, W) or (3, H, W) in 0..1 (clamped, rounded) to an RGB image."""
    if tensor.ndim == 4:
        (tensor,) = tensor
    pixels = tensor.detach().float().clamp(0, 1).mul(255).round().to(torch.uint8)
    return Image.fromarray(pixels.permute(1, 2, 0).cpu().numpy())


def as_input(pixels: Tensor) -> Tensor:
    """Convert uint8 (B, 3, H, W) to 0..1."""
    return pixels.to(torch.float32).div_(255).contiguous(memory_format=torch.channels_last)


def as_signed(pixels: Tensor) -> Tensor:
    """Convert uint8 (B, 3, H, W) to -1..1."""
    return pixels.to(torch.float32).div_(127.5).sub_(1).contiguous(memory_format=torch.channels_last)
