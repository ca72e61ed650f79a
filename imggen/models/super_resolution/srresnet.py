"""SRResNet, the generator of SRGAN.

Ledig et al., 2017, "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network"
(https://arxiv.org/abs/1609.04802), section 2.1.1 and figure 4.
"""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with an identity skip; PReLU between them, batch normalisation as in figure 4 if asked."""

    def __init__(self, channels: int, batch_norm: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=not batch_norm)
        self.norm1 = nn.BatchNorm2d(channels) if batch_norm else nn.Identity()
        self.activation = nn.PReLU()
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=not batch_norm)
        self.norm2 = nn.BatchNorm2d(channels) if batch_norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return x + self.norm2(self.conv2(self.activation(self.norm1(self.conv1(x)))))


class SRResNet(nn.Module):
    """``scale``x super-resolution of RGB images by residual blocks and sub-pixel convolution.

    Args:
        channels: feature channels (64 in the paper).
        blocks: residual blocks (16 in the paper).
        scale: upscaling factor, a power of two.
        batch_norm: normalise inside blocks as the paper does; without it there are no normalisation artefacts (EDSR).
    """

    tasks = ("super_resolution",)

    def __init__(self, channels: int = 64, blocks: int = 16, scale: int = 4, batch_norm: bool = True) -> None:
        super().__init__()
        doublings = int(math.log2(scale))
        if 2**doublings != scale:
            raise ValueError(f"scale must be a power of two, not {scale}")
        self.config = {"channels": channels, "blocks": blocks, "scale": scale, "batch_norm": batch_norm}
        self.scale = scale
        # 9x9 head and tail, two 3x3 per block, one after the trunk, one per doubling; in low-resolution pixels
        self.receptive_radius = 4 + 2 * blocks + 1 + doublings + 4
        self.head = nn.Sequential(nn.Conv2d(3, channels, 9, padding=4), nn.PReLU())
        self.body = nn.Sequential(*(ResidualBlock(channels, batch_norm) for _ in range(blocks)))
        self.after_body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=not batch_norm),
            nn.BatchNorm2d(channels) if batch_norm else nn.Identity(),
        )
        self.upsample = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(channels, 4 * channels, 3, padding=1), nn.PixelShuffle(2), nn.PReLU())
                for _ in range(doublings)
            )
        )
        self.to_rgb = nn.Conv2d(channels, 3, 9, padding=4)

    def forward(self, x: Tensor) -> Tensor:
        """Upscale (B, 3, H, W) in 0..1 to (B, 3, scale*H, scale*W), approximately in 0..1 (not clamped).

        As in anchor-based networks the output is a residual over bilinear upsampling.
        """
        features = self.head(x - 0.5)
        features = features + self.after_body(self.body(features))
        residual = self.to_rgb(self.upsample(features))
        return residual + F.interpolate(x, scale_factor=self.scale, mode="bilinear", align_corners=False)
