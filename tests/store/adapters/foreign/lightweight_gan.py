"""Lightweight GAN, as its trainers store it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class _Fuzziness(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("f", torch.tensor([1.0, 2.0, 1.0]))

    def forward(self, x: Tensor) -> Tensor:
        kernel = self.f[None, :] * self.f[:, None] / 16
        return torch.cat([F.conv2d(F.pad(c, [1] * 4, mode="reflect"), kernel[None, None]) for c in x.split(1, 1)], 1)


class _ChannelNorm(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.g = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.b = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, 1, unbiased=False, keepdim=True)
        return (x - mean) / torch.sqrt(variance + 1e-5) * self.g + self.b


class _SummingAttention(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.to_q = nn.Conv2d(channels, 512, 1, bias=False)
        self.to_kv = nn.Module()
        spread = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.to_kv.net = nn.Sequential(spread, nn.Conv2d(channels, 1024, 1, bias=False))
        self.to_out = nn.Conv2d(512, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        parts = (self.to_q(x), *self.to_kv.net(x).chunk(2, 1))
        q, k, v = (part.view(len(x), 8, 64, -1) for part in parts)
        context = torch.einsum("bhdn,bhen->bhde", k.softmax(-1), v)
        mixed = torch.einsum("bhdn,bhde->bhen", q.softmax(-2) / 8, context)
        return self.to_out(F.gelu(mixed.reshape(len(x), 512, *x.shape[2:])))


class _PreNorm(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fn, self.norm = _SummingAttention(channels), _ChannelNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.fn(self.norm(x))


class _Context(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.to_k = nn.Conv2d(inputs, 1, 1)
        middle = max(3, outputs // 2)
        wide = nn.Conv2d(inputs, middle, 1)
        self.net = nn.Sequential(wide, nn.LeakyReLU(0.1), nn.Conv2d(middle, outputs, 1), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        share = self.to_k(x).flatten(2).softmax(-1)
        return self.net((x.flatten(2) * share).sum(2)[:, :, None, None])


class ForeignLightweightGenerator(nn.Module):
    def __init__(self, widths: list[int], latent_size: int, attention: tuple[int, ...] = (32,)) -> None:
        super().__init__()
        first = nn.ConvTranspose2d(latent_size, 2 * latent_size, 4)
        self.initial_conv = nn.Sequential(first, nn.BatchNorm2d(2 * latent_size), nn.GLU(1))
        self.layers = nn.ModuleList()
        for place, (inputs, outputs) in enumerate(zip([latent_size, *widths], widths, strict=False)):
            conv = nn.Conv2d(inputs, 2 * outputs, 3, padding=1)
            up = nn.Sequential(nn.Upsample(scale_factor=2), _Fuzziness(), conv, nn.BatchNorm2d(2 * outputs), nn.GLU(1))
            excites = 1 <= place < len(widths) - 3
            excitation = _Context(outputs, widths[place + 3]) if excites else None
            attends = _PreNorm(inputs) if 4 * 2**place in attention else None
            self.layers.append(nn.ModuleList([up, excitation, attends]))  # type: ignore[list-item]
        self.out_conv = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        x = F.normalize(self.initial_conv(z[:, :, None, None]), dim=1)
        waiting: dict[int, Tensor] = {}
        for place, (up, excitation, attends) in enumerate(self.layers):
            x = x if attends is None else attends(x) + x
            x = up(x)
            if excitation is not None:
                waiting[place + 3] = excitation(x)
            x = x * waiting[place] if place in waiting else x
        return self.out_conv(x)


class ForeignLightweightGAN(nn.Module):
    def __init__(self, widths: list[int], latent_size: int) -> None:
        super().__init__()
        self.G = ForeignLightweightGenerator(widths, latent_size)
        self.D = nn.Conv2d(3, 1, 4)
        self.GE = ForeignLightweightGenerator(widths, latent_size)
        self.D_aug = nn.Module()
        self.D_aug.D = self.D
