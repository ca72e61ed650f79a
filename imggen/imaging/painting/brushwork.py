"""Strokes of a brush: how a painting has them, and over an image, as noise that is smeared along its contours.

Line integral convolution (Cabral and Leedom, 1993, https://doi.org/10.1145/166117.166151) along the direction in which
a smoothed structure tensor finds least change, as in Kang et al., 2009, "Flow-Based Image Abstraction"
(https://doi.org/10.1109/TVCG.2008.81). No chance is in it: the same image gets the same strokes.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.colour import luma, ramp
from imggen.imaging.filters import mean_around

#: Length of a description of strokes.
BRUSH_SIZE = 3
#: Longest side at which strokes are drawn.
_SIDE = 320
#: Steps to either end of the longest strokes, pixels of each, and how far around a pixel a stroke's breadth goes.
_STEPS, _STRIDE, _BREADTH = 5, 3, 1
#: How far around a pixel contours are looked for.
_AROUND = 6
#: Radius, in a painting, of what is smaller than a stroke's surroundings, and of what runs in one direction.
_DETAIL, _RUN = 4, 3
#: The share of edges that agree from which strokes are longer than dots, and from which they are longest.
_AGREE = (0.35, 0.75)
#: The slope of strokes where there is no contour, in radians, and the energy of edges that counts as one.
_SLOPE, _EDGE = 0.6, 2e-5


@torch.no_grad()
def find_brush(images: Tensor) -> Tensor:
    """Describe the strokes of paintings (B, 3, H, W) in 0..1 by (B, BRUSH_SIZE), float32.

    How much they differ from their surroundings in brightness and in hue, as deviations, and how long they are: 0 for
    dots, 1 for strokes in one direction.
    """
    with torch.autocast(images.device.type, enabled=False):
        images = images.float()
        brightness = luma(images)[:, None]
        hues = torch.stack([images[:, 0] - images[:, 1], images[:, 2] - images[:, 1]], 1)
        detail = [(x - _blur(x, _DETAIL, 1)).square().mean((1, 2, 3)).sqrt() for x in (brightness, hues)]
        tensor = _structure(brightness)
        xx, yy, xy = _blur(tensor, _RUN, 1).unbind(1)
        agreeing = ((xx - yy).square() + 4 * xy.square()).sqrt().sum((1, 2)) / (xx + yy).sum((1, 2)).clamp(min=1e-6)
        return torch.stack([*detail, ramp(agreeing, *_AGREE)], 1)


@torch.no_grad()
def strokes(images: Tensor, length: Tensor) -> Tensor:
    """Draw three independent layers of strokes over images.

    Args:
        images: (B, 3, H, W) in 0..1.
        length: of the strokes (B,): 0 for dots, 1 for the longest.

    Returns:
        (B, 3, H, W), of deviation 1.
    """
    height, width = images.shape[2:]
    share = min(1.0, _SIDE / max(height, width))
    size = [max(2, round(share * length)) for length in (height, width)]
    small = F.interpolate(images.float(), size, mode="bilinear", antialias=True)
    random = torch.Generator().manual_seed(0)
    noise = torch.randn(1, 3, *size, generator=random).to(images.device)
    noise = _blur(noise, _BREADTH, 2).expand(len(images), -1, -1, -1)
    drawn = _smear(noise, contours(small), length)
    drawn = drawn / drawn.std((2, 3), keepdim=True).clamp(min=1e-6)
    return F.interpolate(drawn, (height, width), mode="bicubic")


def contours(images: Tensor) -> Tensor:
    """Direction of the contours of (B, 3, H, W) at each pixel: unit vectors (B, 2, H, W), x and y."""
    tensor = _blur(_structure(_blur(luma(images)[:, None], 1, 2)), _AROUND, 3)
    x, y = math.cos(_SLOPE), math.sin(_SLOPE)
    xx, yy, xy = (tensor + _EDGE * tensor.new_tensor([y * y, x * x, -x * y]).view(1, 3, 1, 1)).unbind(1)
    steepest = 0.5 * torch.atan2(2 * xy, xx - yy)
    return torch.stack([-torch.sin(steepest), torch.cos(steepest)], 1)


def _structure(brightness: Tensor) -> Tensor:
    """Squares and product (B, 3, H, W) of the differences of (B, 1, H, W) across and down."""
    across = F.pad(brightness[..., 2:] - brightness[..., :-2], (1, 1, 0, 0))
    down = F.pad(brightness[..., 2:, :] - brightness[..., :-2, :], (0, 0, 1, 1))
    return torch.cat([across * across, down * down, across * down], 1)


def _smear(noise: Tensor, direction: Tensor, length: Tensor) -> Tensor:
    """Average noise (B, C, H, W) along the lines that follow the directions (B, 2, H, W), whichever way they point."""
    height, width = noise.shape[2:]
    rows, columns = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    start = torch.stack([columns, rows], -1).to(noise)
    scale = noise.new_tensor([2 / width, 2 / height])
    both = torch.cat([noise, direction], 1)
    # The further from a pixel, the less counts what is there.
    falloff = -2 / (_STEPS * length.to(noise).clamp(min=1 / _STEPS)).square().view(-1, 1, 1, 1)
    total = noise
    for sense in (1, -1):
        place, step = start, sense * direction
        for distance in range(1, _STEPS + 1):
            place = place + _STRIDE * step.movedim(1, -1)
            found = F.grid_sample(both, place * scale - 1, padding_mode="border", align_corners=False)
            total = total + (falloff * distance**2).exp() * found[:, :-2]
            ahead = found[:, -2:]
            ahead = ahead * torch.rsqrt(ahead.square().sum(1, keepdim=True) + 1e-12)
            step = torch.where((ahead * step).sum(1, keepdim=True) < 0, -ahead, ahead)
    return total


def _blur(x: Tensor, reach: int, times: int) -> Tensor:
    for _ in range(times):
        x = mean_around(x, reach)
    return x
