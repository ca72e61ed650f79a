"""Changes of contrast and exposure that several networks predict."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

#: Values in -1..1 are clamped to this magnitude before atanh: an error of at most 0.02.
_LIMIT = 0.98


def adjust(images: Tensor, contrast: Tensor, exposure: Tensor) -> Tensor:
    """Change images (B, 3, H, W) in -1..1 by contrast (1: none) and exposure (0: none), one for each value."""
    return torch.tanh(contrast * torch.atanh(images.clamp(-_LIMIT, _LIMIT)) + exposure)


def slice_grid(grid: Tensor, guide: Tensor) -> Tensor:
    """Interpolate a bilateral grid, over position and brightness, at every pixel.

    Gharbi et al., 2017, "Deep Bilateral Learning for Real-Time Image Enhancement" (https://arxiv.org/abs/1707.02880),
    section 3.3.

    Args:
        grid: (B, levels, C, h, w), the first level for brightness 0 and the last for 1.
        guide: brightness (B, 1, H, W) in 0..1.

    Returns:
        (B, C, H, W), linearly interpolated.
    """
    found: Tensor | float = 0.0
    for level, cells in enumerate(grid.unbind(1)):
        share = (1 - (guide * (grid.shape[1] - 1) - level).abs()).clamp(min=0)
        found = found + share * F.interpolate(cells, guide.shape[2:], mode="bilinear", align_corners=False)
    assert isinstance(found, Tensor)
    return found
