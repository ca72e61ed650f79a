"""BigGAN-deep, as pytorch-pretrained-BigGAN stores it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import spectral_norm


class _Statistics(nn.Module):
    def __init__(self, channels: int, condition: int, statistics: int) -> None:
        super().__init__()
        self.register_buffer("running_means", torch.zeros(statistics, channels))
        self.register_buffer("running_vars", torch.ones(statistics, channels))
        self.conditional = bool(condition)
        if condition:
            self.scale = spectral_norm(nn.Linear(condition, channels, bias=False))
            self.offset = spectral_norm(nn.Linear(condition, channels, bias=False))
        else:
            self.weight = nn.Parameter(torch.ones(channels))
            self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, place: int, condition: Tensor) -> Tensor:
        mean, variance = (value[place][:, None, None] for value in (self.running_means, self.running_vars))
        x = (x - mean) / torch.sqrt(variance + 1e-4)
        if self.conditional:
            return x * (1 + self.scale(condition))[:, :, None, None] + self.offset(condition)[:, :, None, None]
        return x * self.weight[:, None, None] + self.bias[:, None, None]


class _DeepBlock(nn.Module):
    def __init__(self, wide: int, narrow: int, condition: int, statistics: int, double: bool) -> None:
        super().__init__()
        middle = wide // 4
        self.narrow, self.double = narrow, double
        ends = [(wide, middle, 1), (middle, middle, 3), (middle, middle, 3), (middle, narrow, 1)]
        for index, (inputs, outputs, size) in enumerate(ends):
            setattr(self, f"bn_{index}", _Statistics(inputs, condition, statistics))
            setattr(self, f"conv_{index}", spectral_norm(nn.Conv2d(inputs, outputs, size, padding=size // 2)))

    def forward(self, x: Tensor, place: int, condition: Tensor) -> Tensor:
        inner = x
        for index in range(4):
            inner = F.relu(getattr(self, f"bn_{index}")(inner, place, condition))
            if index == 1 and self.double:
                inner = F.interpolate(inner, scale_factor=2)
            inner = getattr(self, f"conv_{index}")(inner)
        x = x[:, : self.narrow]
        return inner + (F.interpolate(x, scale_factor=2) if self.double else x)


class Attention(nn.Module):
    def __init__(self, channels: int, names: tuple[str, ...], strength: str) -> None:
        super().__init__()
        shapes = [(channels, channels // 8), (channels, channels // 8), (channels, channels // 2)]
        shapes.append((channels // 2, channels))
        for name, (inputs, outputs) in zip(names, shapes, strict=True):
            setattr(self, name, spectral_norm(nn.Conv2d(inputs, outputs, 1, bias=False)))
        setattr(self, strength, nn.Parameter(torch.zeros(1)))
        self.names, self.strength = names, strength

    def forward(self, x: Tensor) -> Tensor:
        theta, phi, g, out = (getattr(self, name) for name in self.names)
        query = theta(x).flatten(2)
        key, value = F.max_pool2d(phi(x), 2).flatten(2), F.max_pool2d(g(x), 2).flatten(2)
        share = torch.softmax(torch.bmm(query.permute(0, 2, 1), key), -1)
        mixed = torch.bmm(value, share.permute(0, 2, 1)).view(len(x), -1, *x.shape[2:])
        return x + getattr(self, self.strength) * out(mixed)


class _DeepGenerator(nn.Module):
    def __init__(self, channels: int, latent_size: int, statistics: int) -> None:
        super().__init__()
        condition = 2 * latent_size
        self.gen_z = spectral_norm(nn.Linear(condition, 16 * 16 * channels))
        plan = [(False, 16, 16), (True, 16, 16), (False, 16, 16), (True, 16, 8), (False, 8, 8), (True, 8, 4)]
        plan += [(False, 4, 4), (True, 4, 2), (False, 2, 2), (True, 2, 1)]
        layers: list[nn.Module] = []
        for index, (double, wide, narrow) in enumerate(plan):
            if index == 8:
                names = ("snconv1x1_theta", "snconv1x1_phi", "snconv1x1_g", "snconv1x1_o_conv")
                layers.append(Attention(2 * channels, names, "gamma"))
            layers.append(_DeepBlock(channels * wide, channels * narrow, condition, statistics, double))
        self.layers = nn.ModuleList(layers)
        self.bn = _Statistics(channels, 0, statistics)
        self.conv_to_rgb = spectral_norm(nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, condition: Tensor, place: int) -> Tensor:
        x = self.gen_z(condition).view(len(condition), 4, 4, -1).permute(0, 3, 1, 2)
        for layer in self.layers:
            x = layer(x) if isinstance(layer, Attention) else layer(x, place, condition)
        return torch.tanh(self.conv_to_rgb(F.relu(self.bn(x, place, condition)))[:, :3])


class ForeignBigGANDeep(nn.Module):
    def __init__(self, channels: int, latent_size: int, classes: int, statistics: int = 51) -> None:
        super().__init__()
        self.embeddings = nn.Linear(classes, latent_size, bias=False)
        self.generator = _DeepGenerator(channels, latent_size, statistics)

    def forward(self, z: Tensor, labels: Tensor, place: int) -> Tensor:
        return self.generator(torch.cat([z, self.embeddings(labels)], 1), place)
