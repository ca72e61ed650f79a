"""RRDBNet, the generator of ESRGAN: residual-in-residual dense blocks without normalisation.

Wang et al., 2018, "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks"
(https://arxiv.org/abs/1809.00219), section 3.1 and figure 4. Module names follow the common public checkpoints, so
such a state dict loads as it is.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class DenseBlock(nn.Module):
    """Five densely connected 3x3 convolutions whose output is scaled by 0.2 before it is added."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        for index in range(1, 6):
            out_channels = growth if index < 5 else channels
            conv = nn.Conv2d(channels + (index - 1) * growth, out_channels, 3, padding=1)
            nn.init.kaiming_normal_(conv.weight, a=0.2)
            conv.weight.data.mul_(0.1)  # ESRGAN section 3.1: small initialisation keeps deep stacks stable
            nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
            self.add_module(f"conv{index}", conv)

    def forward(self, x: Tensor) -> Tensor:
        features = x
        for index in range(1, 5):
            out = F.leaky_relu(self.get_submodule(f"conv{index}")(features), 0.2)
            features = torch.cat([features, out], dim=1)
        return x + 0.2 * self.get_submodule("conv5")(features)


class RRDB(nn.Module):
    """Three dense blocks inside one more scaled skip."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.rdb1 = DenseBlock(channels, growth)
        self.rdb2 = DenseBlock(channels, growth)
        self.rdb3 = DenseBlock(channels, growth)

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.2 * self.rdb3(self.rdb2(self.rdb1(x)))


class RRDBNet(nn.Module):
    """4x super-resolution of RGB images.

    Args:
        channels: trunk channels (64 in the paper).
        blocks: number of RRDBs (23 in the paper).
        growth: channels each dense convolution adds (32 in the paper).
    """

    tasks = ("super_resolution",)

    def __init__(self, channels: int = 64, blocks: int = 23, growth: int = 32) -> None:
        super().__init__()
        self.config = {"channels": channels, "blocks": blocks, "growth": growth}
        self.scale = 4
        self.receptive_radius = 1 + 15 * blocks + 1 + 2  # every convolution, the last four counted at low resolution
        self.conv_first = nn.Conv2d(3, channels, 3, padding=1)
        self.body = nn.Sequential(*(RRDB(channels, growth) for _ in range(blocks)))
        self.conv_body = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_up1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_up2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_hr = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_last = nn.Conv2d(channels, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Upscale (B, 3, H, W) in 0..1 to (B, 3, 4*H, 4*W), approximately in 0..1 (not clamped)."""
        features = self.conv_first(x)
        features = features + self.conv_body(self.body(features))
        for conv in (self.conv_up1, self.conv_up2):
            features = F.leaky_relu(conv(F.interpolate(features, scale_factor=2, mode="nearest")), 0.2)
        return self.conv_last(F.leaky_relu(self.conv_hr(features), 0.2))
