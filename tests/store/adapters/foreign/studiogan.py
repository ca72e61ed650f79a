"""BigGAN for CIFAR-10, as PyTorch-StudioGAN stores it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import spectral_norm

from tests.store.adapters.foreign.biggan_deep import Attention


class _ConditionalNorm(nn.Module):
    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(channels, eps=1e-4, affine=False)
        self.gain = spectral_norm(nn.Linear(condition, channels, bias=False))
        self.bias = spectral_norm(nn.Linear(condition, channels, bias=False))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return self.bn(x) * (1 + self.gain(condition))[:, :, None, None] + self.bias(condition)[:, :, None, None]


class _StudioBlock(nn.Module):
    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.bn1, self.bn2 = _ConditionalNorm(channels, condition), _ConditionalNorm(channels, condition)
        self.conv2d0 = spectral_norm(nn.Conv2d(channels, channels, 1))
        self.conv2d1 = spectral_norm(nn.Conv2d(channels, channels, 3, padding=1))
        self.conv2d2 = spectral_norm(nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        inner = self.conv2d1(F.interpolate(F.relu(self.bn1(x, condition)), scale_factor=2))
        inner = self.conv2d2(F.relu(self.bn2(inner, condition)))
        return inner + self.conv2d0(F.interpolate(x, scale_factor=2))


class ForeignStudioGAN(nn.Module):
    def __init__(self, channels: int, latent_part: int = 20, shared: int = 8, classes: int = 10) -> None:
        super().__init__()
        self.part = latent_part
        condition = latent_part + shared
        self.linear0 = spectral_norm(nn.Linear(latent_part, 16 * channels))
        self.shared = nn.Embedding(classes, shared)
        names = ("conv1x1_theta", "conv1x1_phi", "conv1x1_g", "conv1x1_attn")
        blocks: list[nn.Module] = [_StudioBlock(channels, condition) for _ in range(3)]
        blocks.insert(2, Attention(channels, names, "sigma"))
        self.blocks = nn.ModuleList(nn.ModuleList([block]) for block in blocks)
        self.bn4 = nn.BatchNorm2d(channels, eps=1e-4)
        self.conv2d5 = spectral_norm(nn.Conv2d(channels, 3, 3, padding=1))

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        first, *parts = z.split(self.part, 1)
        x = self.linear0(first).view(len(z), -1, 4, 4)
        for (block,) in self.blocks:
            x = block(x) if isinstance(block, Attention) else block(x, torch.cat([self.shared(label), parts.pop(0)], 1))
        return torch.tanh(self.conv2d5(F.relu(self.bn4(x))))
