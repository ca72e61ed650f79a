"""Brush strokes: measured in a painting, and drawn over an image as noise that is smeared along its contours.

Line integral convolution (Cabral and Leedom, 1993, https://doi.org/10.1145/166117.166151) along the direction in which
a smoothed structure tensor finds least change, as in Kang et al., 2009, "Flow-Based Image Abstraction"
(https://doi.org/10.1109/TVCG.2008.81). The noise has a fixed seed: the same image gets the same strokes.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.colour import luma, ramp
from imggen.imaging.filters import mean_around

#: Numbers that describe the strokes of a painting.
BRUSH_SIZE = 3
#: Longest side in pixels of the copy on which strokes are drawn.
_SIDE = 320
#: Steps from the centre of the longest strokes to either end.
_STEPS = 5
#: Pixels between two steps.
_STEP_LENGTH = 3
#: Radius in pixels of the blur of the noise, which makes strokes as wide.
_STROKE_RADIUS = 1
#: Radius in pixels within which the direction of a contour is averaged.
_CONTOUR_RADIUS = 6
#: Radius in pixels of the blur that a painting is compared with: its strokes are what the blur takes away.
_DETAIL_RADIUS = 4
#: Radius in pixels within which the directions of a painting's edges are compared.
_COHERENCE_RADIUS = 3
#: Coherence of edges (0: all directions, 1: a single one) up to which strokes are dots, and from which they are
#: longest.
_COHERENCE = (0.35, 0.75)
#: Direction of strokes where there is no contour, in radians from the horizontal.
_DEFAULT_ANGLE = 0.6
#: Weight of that direction: contours whose squared difference of brightness is higher outweigh it.
_DEFAULT_ENERGY = 2e-5


@torch.no_grad()
def find_brush(images: Tensor) -> Tensor:
    """Describe the strokes of paintings (B, 3, H, W) in 0..1 by (B, BRUSH_SIZE), float32.

    The numbers are the root mean square difference from a blurred copy in brightness and in hue, and the length of the
    strokes, from how coherent edges are: 0 for dots, 1 for the longest strokes.
    """
    with torch.autocast(images.device.type, enabled=False):
        images = images.float()
        brightness = luma(images)[:, None]
        hues = torch.stack([images[:, 0] - images[:, 1], images[:, 2] - images[:, 1]], 1)
        detail = [(x - _blur(x, _DETAIL_RADIUS, 1)).square().mean((1, 2, 3)).sqrt() for x in (brightness, hues)]
        tensor = _structure(brightness)
        xx, yy, xy = _blur(tensor, _COHERENCE_RADIUS, 1).unbind(1)
        coherence = ((xx - yy).square() + 4 * xy.square()).sqrt().sum((1, 2)) / (xx + yy).sum((1, 2)).clamp(min=1e-6)
        return torch.stack([*detail, ramp(coherence, *_COHERENCE)], 1)


@torch.no_grad()
def strokes(images: Tensor, length: Tensor) -> Tensor:
    """Draw three independent layers of strokes over images.

    Args:
        images: (B, 3, H, W) in 0..1.
        length: of the strokes (B,): 0 for dots, 1 for the longest.

    Returns:
        (B, 3, H, W), each channel with standard deviation 1 over the picture.
    """
    height, width = images.shape[2:]
    scale = min(1.0, _SIDE / max(height, width))
    size = [max(2, round(scale * side)) for side in (height, width)]
    small = F.interpolate(images.float(), size, mode="bilinear", antialias=True)
    random = torch.Generator().manual_seed(0)
    noise = torch.randn(1, 3, *size, generator=random).to(images.device)
    noise = _blur(noise, _STROKE_RADIUS, 2).expand(len(images), -1, -1, -1)
    drawn = _smear(noise, contours(small), length)
    drawn = drawn / drawn.std((2, 3), keepdim=True).clamp(min=1e-6)
    return F.interpolate(drawn, (height, width), mode="bicubic")


def contours(images: Tensor) -> Tensor:
    """Direction of the contours of (B, 3, H, W) at each pixel: unit vectors (B, 2, H, W), x and y."""
    tensor = _blur(_structure(_blur(luma(images)[:, None], 1, 2)), _CONTOUR_RADIUS, 3)
    x, y = math.cos(_DEFAULT_ANGLE), math.sin(_DEFAULT_ANGLE)
    xx, yy, xy = (tensor + _DEFAULT_ENERGY * tensor.new_tensor([y * y, x * x, -x * y]).view(1, 3, 1, 1)).unbind(1)
    steepest = 0.5 * torch.atan2(2 * xy, xx - yy)
    return torch.stack([-torch.sin(steepest), torch.cos(steepest)], 1)


def _structure(brightness: Tensor) -> Tensor:
    """Structure tensor (B, 3, H, W) of (B, 1, H, W): xx, yy and xy of the differences along x and y."""
    across = F.pad(brightness[..., 2:] - brightness[..., :-2], (1, 1, 0, 0))
    down = F.pad(brightness[..., 2:, :] - brightness[..., :-2, :], (0, 0, 1, 1))
    return torch.cat([across * across, down * down, across * down], 1)


def _smear(noise: Tensor, direction: Tensor, length: Tensor) -> Tensor:
    """Line integral convolution: average noise (B, C, H, W) along the directions (B, 2, H, W), of either sign."""
    height, width = noise.shape[2:]
    rows, columns = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    start = torch.stack([columns, rows], -1).to(noise)
    scale = noise.new_tensor([2 / width, 2 / height])
    both = torch.cat([noise, direction], 1)
    # Gaussian weights: the standard deviation is half the number of steps.
    falloff = -2 / (_STEPS * length.to(noise).clamp(min=1 / _STEPS)).square().view(-1, 1, 1, 1)
    total = noise
    for sign in (1, -1):
        place, step = start, sign * direction
        for distance in range(1, _STEPS + 1):
            place = place + _STEP_LENGTH * step.movedim(1, -1)
            found = F.grid_sample(both, place * scale - 1, padding_mode="border", align_corners=False)
            total = total + (falloff * distance**2).exp() * found[:, :-2]
            ahead = found[:, -2:]
            ahead = ahead * torch.rsqrt(ahead.square().sum(1, keepdim=True) + 1e-12)
            step = torch.where((ahead * step).sum(1, keepdim=True) < 0, -ahead, ahead)
    return total


def _blur(x: Tensor, radius: int, times: int) -> Tensor:
    for _ in range(times):
        x = mean_around(x, radius)
    return x
