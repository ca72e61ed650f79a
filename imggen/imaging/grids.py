"""Changes of light that several networks predict."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

#: Largest magnitude of a value of -1..1 that atanh is taken of: an error of one hundredth of the range.
_LIMIT = 0.98


def adjust(images: Tensor, contrast: Tensor, exposure: Tensor) -> Tensor:
    """Change images (B, 3, H, W) in -1..1 by a contrast, 1 for none, and an exposure, 0 for none, of the same shape."""
    return torch.tanh(contrast * torch.atanh(images.clamp(-_LIMIT, _LIMIT)) + exposure)


def slice_grid(grid: Tensor, guide: Tensor) -> Tensor:
    """Look every pixel up in a grid over position and brightness.

    Gharbi et al., 2017, "Deep Bilateral Learning for Real-Time Image Enhancement" (https://arxiv.org/abs/1707.02880),
    section 3.3.

    Args:
        grid: (B, levels, C, h, w), the first level for 0 and the last for 1.
        guide: brightness (B, 1, H, W) in 0..1.

    Returns:
        (B, C, H, W), linear between cells.
    """
    found: Tensor | float = 0.0
    for level, cells in enumerate(grid.unbind(1)):
        share = (1 - (guide * (grid.shape[1] - 1) - level).abs()).clamp(min=0)
        found = found + share * F.interpolate(cells, guide.shape[2:], mode="bilinear", align_corners=False)
    assert isinstance(found, Tensor)
    return found
