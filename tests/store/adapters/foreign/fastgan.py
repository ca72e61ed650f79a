"""FastGAN, as published under huggan/fastgan-few-shot-*."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import spectral_norm


class _Wrapped(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self._conv = spectral_norm(layer)

    def forward(self, x: Tensor) -> Tensor:
        return self._conv(x)


class Noise(nn.Module):
    noise: Tensor | None = None

    def __init__(self) -> None:
        super().__init__()
        self._weight = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self._weight * self.noise


class _Layers(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self._layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self._layers(x)


def _conv(inputs: int, outputs: int, size: int, padding: int = 0) -> _Wrapped:
    return _Wrapped(nn.Conv2d(inputs, outputs, size, 1, padding, bias=False))


class ForeignFastGAN(nn.Module):
    def __init__(self, widths: list[int], latent_size: int) -> None:
        super().__init__()
        sides = [4 * 2**level for level in range(9)]
        width = dict(zip(sides, widths, strict=True))
        first = _Wrapped(nn.ConvTranspose2d(latent_size, 2 * widths[0], 4, bias=False))
        self._init = _Layers(first, nn.BatchNorm2d(2 * widths[0]), nn.GLU(1))
        for level, side in enumerate(sides[1:]):
            layers: list[nn.Module] = [nn.Upsample(scale_factor=2)]
            inputs = width[side // 2]
            for _ in range(2 - level % 2):
                layers.append(_conv(inputs, 2 * width[side], 3, 1))
                layers += [] if level % 2 else [Noise()]
                layers += [nn.BatchNorm2d(2 * width[side]), nn.GLU(1)]
                inputs = width[side]
            setattr(self, f"_upsample_{side}", _Layers(*layers))
        for side in (64, 128, 256, 512):
            low, high = width[side // 16], width[side]
            excitation = [nn.AdaptiveAvgPool2d(4), _conv(low, high, 4), nn.SiLU(), _conv(high, high, 1), nn.Sigmoid()]
            setattr(self, f"_sle_{side}", _Layers(*excitation))
        self._out_128 = nn.Sequential(_conv(width[128], 3, 1), nn.Tanh())
        self._out_1024 = nn.Sequential(_conv(width[1024], 3, 3, 1), nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        x = self._init(z[:, :, None, None])
        at = {4: x}
        for side in (8, 16, 32, 64, 128, 256, 512, 1024):
            x = getattr(self, f"_upsample_{side}")(x)
            if side in (64, 128, 256, 512):
                x = x * getattr(self, f"_sle_{side}")(at[side // 16])
            at[side] = x
        return self._out_1024(x)
