"""U-Net discriminator with spectral normalisation, for super-resolution.

Wang et al., 2021, "Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data"
(https://arxiv.org/abs/2107.10833), section 3.3, after Schoenfeld et al., 2020 (https://arxiv.org/abs/2002.12655).
There is a score for every pixel, and patches may have any size. Departure from the paper: one
convolution after the decoder where it has two, because those at full resolution cost the most.
"""

from __future__ import annotations

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class SRDiscriminator(nn.Module):
    """Score every pixel of an image batch as real or generated.

    Args:
        channels: features at full resolution, doubled at each of three halvings (64 in the paper). The cost grows
            with its square.
    """

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        widths = [channels * 2**level for level in range(4)]
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.down = nn.ModuleList(
            spectral_norm(nn.Conv2d(narrow, wide, 4, stride=2, padding=1, bias=False))
            for narrow, wide in pairwise(widths)
        )
        self.up = nn.ModuleList(
            spectral_norm(nn.Conv2d(wide, narrow, 3, padding=1, bias=False))
            for narrow, wide in reversed(list(pairwise(widths)))
        )
        self.refine = spectral_norm(nn.Conv2d(channels, channels, 3, padding=1, bias=False))
        self.score = nn.Conv2d(channels, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, 3, H, W) in 0..1, with H and W multiples of 8, to scores (B, 1, H, W)."""
        features = F.leaky_relu(self.head(x - 0.5), 0.2)
        skips = []
        for down in self.down:
            skips.append(features)
            features = F.leaky_relu(down(features), 0.2)
        for up in self.up:
            wider = F.interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)
            features = F.leaky_relu(up(wider), 0.2) + skips.pop()
        return self.score(F.leaky_relu(self.refine(features), 0.2))
