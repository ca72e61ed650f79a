"""The first layer of a painting: the content blocked in with the style's colours, in strokes of a brush.

It needs no learning. A photo has few hues, and no rule that maps colours to colours could make the many of a painting
of one grey wall. So painters' broken colour comes first: strokes and patches that differ a little in hue. Matching the
palettes then spreads them as far as the style's colours go.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.colour import luma
from imggen.imaging.filters import mean_around
from imggen.imaging.painting.brushwork import BRUSH_SIZE, find_brush, strokes
from imggen.imaging.painting.palette import PALETTE_SIZE, find_palette, match_palette

#: Length of a description of colours and strokes.
UNDERPAINTING_SIZE = PALETTE_SIZE + BRUSH_SIZE
#: Strokes of the content differ by these shares of what those of the style do, in brightness and in hue; patches by a
#: share of the latter.
_BRIGHTNESS, _HUES, _PATCHES = 0.3, 0.7, 0.8
#: Patches along the longer side, coarse to fine, and how much each size counts.
_CELLS = {6: 0.5, 12: 0.7, 24: 0.6}
#: What one unit of brightness and of two hues is in red, green and blue.
_AXES = ((1.0, 1.0, 1.0), (1.0, -0.5, 0.0), (-0.3, -0.3, 1.0))
#: Mean distance of palettes from which colour is fully broken: an image in its own palette stays as it is.
_FAR = 0.05
#: Pixels along the longer side that tell places apart; how much nearer their light comes, and how much further apart
#: what is in them.
_PLACES, _NEARER, _APART = 64, 0.5, 0.4
#: Radius at half the size in which the content is smoothed, and the variance that counts as an edge.
_RADIUS, _EDGE = 4, 0.01
#: Share of the detail that stays, as light and shade.
_DETAIL = 0.5


def describe(images: Tensor) -> Tensor:
    """Describe the colours and the strokes of (B, 3, H, W) in 0..1 by (B, UNDERPAINTING_SIZE), float32."""
    return torch.cat([find_palette(images), find_brush(images)], 1)


@torch.no_grad()
def underpaint(images: Tensor, descriptions: Tensor) -> Tensor:
    """Block in images.

    Args:
        images: (B, 3, H, W) in 0..1.
        descriptions: (B, UNDERPAINTING_SIZE), of the colours and strokes they shall have.

    Returns:
        (B, 3, H, W) in 0..1, float32.
    """
    with torch.autocast(images.device.type, enabled=False):
        images = images.float()
        palettes, brushes = descriptions.float().split((PALETTE_SIZE, BRUSH_SIZE), 1)
        smooth = smoothed(images)
        lines = _DETAIL * luma(images - smooth)[:, None]
        far = (find_palette(images) - palettes).abs().mean(1).div(_FAR).clamp(max=1)
        broken = smooth + lines + tone(smooth) + far[:, None, None, None] * broken_colour(smooth, brushes)
        return match_palette(broken.clamp(0, 1), palettes).clamp(0, 1)


def broken_colour(images: Tensor, brushes: Tensor) -> Tensor:
    """What strokes and patches add to images.

    Args:
        images: (B, 3, H, W) in 0..1.
        brushes: (B, BRUSH_SIZE), of :func:`imggen.imaging.painting.brushwork.find_brush`.

    Returns:
        (B, 3, H, W), around 0.
    """
    height, width = images.shape[2:]
    brightness, hue, length = brushes.unbind(1)
    layers = strokes(images, length)
    layers = layers * torch.stack([_BRIGHTNESS * brightness, _HUES * hue, _HUES * hue], 1)[:, :, None, None]
    random = torch.Generator().manual_seed(0)
    for cells, weight in _CELLS.items():
        size = [max(2, round(cells * length / max(height, width))) for length in (height, width)]
        patches = torch.randn(1, 2, *size, generator=random).to(images)
        patches = F.interpolate(patches, (height, width), mode="bicubic")
        layers[:, 1:] += (_PATCHES * weight * hue)[:, None, None, None] * patches
    return torch.einsum("bkhw,kc->bchw", layers, images.new_tensor(_AXES))


def tone(images: Tensor) -> Tensor:
    """What brings the light of places together and apart what is in them, (B, 1, H, W), of images (B, 3, H, W)."""
    height, width = images.shape[2:]
    share = min(1.0, _PLACES / max(height, width))
    small = F.interpolate(images, [max(1, round(share * side)) for side in (height, width)], mode="area")
    places = luma(F.interpolate(smoothed(small), (height, width), mode="bilinear"))[:, None]
    own = luma(images)[:, None]
    return _NEARER * (places.mean((2, 3), keepdim=True) - places) + _APART * (own - places)


def smoothed(images: Tensor) -> Tensor:
    """Smooth (B, 3, H, W) but for its edges, by a guided filter whose guide is the brightness.

    He and Sun, 2015, "Fast Guided Filter" (https://arxiv.org/abs/1505.00996): its numbers are found at half the size.
    """
    height, width = images.shape[2:]
    small = F.interpolate(images, (-(-height // 2), -(-width // 2)), mode="bilinear", antialias=True)
    guide = luma(small)[:, None]
    mean_guide, mean, product, square = (mean_around(x, _RADIUS) for x in (guide, small, guide * small, guide * guide))
    slope = (product - mean_guide * mean) / (square - mean_guide**2 + _EDGE)
    found = mean_around(torch.cat([slope, mean - slope * mean_guide], 1), _RADIUS)
    found = F.interpolate(found, (height, width), mode="bilinear")
    slope, offset = found.chunk(2, 1)
    return slope * luma(images)[:, None] + offset
