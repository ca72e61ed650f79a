"""The translators of huggan: pix2pix's U-Net and CycleGAN's residual generator."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class _Model(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class ForeignUNet(nn.Module):
    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        for level, (inputs, outputs) in enumerate(zip([3, *widths[:-1]], widths, strict=True), 1):
            norm = [nn.InstanceNorm2d(outputs)] if 1 < level < 8 else []
            dropout = [nn.Dropout(0.5)] if level > 3 else []
            down = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False)
            setattr(self, f"down{level}", _Model(down, *norm, nn.LeakyReLU(0.2), *dropout))
        inputs = widths[-1]
        for level, outputs in enumerate(reversed(widths[:-1]), 1):
            up = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False)
            setattr(self, f"up{level}", _Model(up, nn.InstanceNorm2d(outputs), nn.ReLU()))
            inputs = 2 * outputs
        last = nn.Conv2d(inputs, 3, 4, padding=1)
        self.final = nn.Sequential(nn.Upsample(scale_factor=2), nn.ZeroPad2d((1, 0, 1, 0)), last, nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for level in range(1, 9):
            x = getattr(self, f"down{level}")(x)
            skips.append(x)
        skips.pop()
        for level in range(1, 8):
            x = torch.cat([getattr(self, f"up{level}")(x), skips.pop()], 1)
        return self.final(x)


class _ResidualBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        half = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)]
        again = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)]
        self.block = nn.Sequential(*half, nn.ReLU(), *again)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x)


class ForeignResnet(_Model):
    def __init__(self, channels: int, blocks: int) -> None:
        wide = channels
        layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(3, wide, 7), nn.InstanceNorm2d(wide), nn.ReLU()]
        for _ in range(2):
            layers += [nn.Conv2d(wide, 2 * wide, 3, 2, 1), nn.InstanceNorm2d(2 * wide), nn.ReLU()]
            wide *= 2
        layers += [_ResidualBlock(wide) for _ in range(blocks)]
        for _ in range(2):
            layers.append(nn.Upsample(scale_factor=2))
            layers += [nn.Conv2d(wide, wide // 2, 3, padding=1), nn.InstanceNorm2d(wide // 2), nn.ReLU()]
            wide //= 2
        super().__init__(*layers, nn.ReflectionPad2d(3), nn.Conv2d(wide, 3, 7), nn.Tanh())
