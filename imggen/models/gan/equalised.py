"""Layers of the progressive and style-based networks: the learning rate is equalised at run time.

Karras et al., 2018, "Progressive Growing of GANs" (https://arxiv.org/abs/1710.10196): weights from N(0, 1), scaled by
He's constant when used (section 4.1), pixelwise normalisation (4.2), minibatch standard deviation (3). The factor for
the learning rate of single layers and the scaled activation are those of StyleGAN (Karras et al., 2019,
https://arxiv.org/abs/1812.04948, appendix C) and StyleGAN2 (Karras et al., 2020, https://arxiv.org/abs/1912.04958).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class EqualLinear(nn.Module):
    """Linear layer with an equalised learning rate.

    Args:
        inputs: length of the input.
        outputs: length of the output.
        bias: value the bias begins with.
        rate: factor on the learning rate.
    """

    def __init__(self, inputs: int, outputs: int, bias: float = 0.0, rate: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.scale = rate / math.sqrt(inputs)
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs) to (B, outputs)."""
        return F.linear(x, self.weight * self.scale, self.bias * self.rate)


class EqualConv(nn.Module):
    """Convolution of odd size that keeps the resolution, with an equalised learning rate."""

    def __init__(self, inputs: int, outputs: int, kernel: int, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale = 1 / math.sqrt(inputs * kernel**2)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H, W)."""
        return F.conv2d(x, self.weight * self.scale, self.bias, padding=self.weight.shape[-1] // 2)


def scaled_leaky_relu(x: Tensor) -> Tensor:
    """LeakyReLU scaled to keep the variance."""
    return F.leaky_relu(x, 0.2) * math.sqrt(2)


def pixel_norm(x: Tensor) -> Tensor:
    """Scale each vector along dimension 1 to a mean square of 1."""
    return x * (x.float().square().mean(1, keepdim=True) + 1e-8).rsqrt().to(x.dtype)


def append_minibatch_std(x: Tensor, group: int = 4) -> Tensor:
    """Append the standard deviation over a group of images, averaged over everything, as one more feature.

    Args:
        x: (B, C, H, W).
        group: images that are neighbours in the batch; where it does not divide B, the largest divisor below it.

    Returns:
        (B, C + 1, H, W).
    """
    group = next(size for size in range(min(group, len(x)), 0, -1) if len(x) % size == 0)
    grouped = x.float().unflatten(0, (-1, group))
    deviation = (grouped.var(1, correction=0) + 1e-8).sqrt().mean((1, 2, 3))
    plane = deviation.repeat_interleave(group).view(-1, 1, 1, 1).expand(-1, 1, *x.shape[2:])
    return torch.cat([x, plane.to(x.dtype)], 1)


def upsample(x: Tensor) -> Tensor:
    """Map (B, C, H, W) to (B, C, 2H, 2W) by the filter [1, 3, 3, 1], which bilinear interpolation is."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def downsample(x: Tensor) -> Tensor:
    """Map (B, C, H, W), of even height and width, to (B, C, H/2, W/2) by the filter [1, 3, 3, 1].

    In float32: on a CPU the gradient of a convolution of single channels takes about ten times as long in bfloat16.
    """
    line = torch.tensor([1.0, 3.0, 3.0, 1.0], device=x.device) / 8
    kernel = (line[:, None] * line).expand(x.shape[1], 1, 4, 4)
    with torch.autocast(x.device.type, enabled=False):
        return F.conv2d(x.float(), kernel, stride=2, padding=1, groups=x.shape[1]).to(x.dtype)
