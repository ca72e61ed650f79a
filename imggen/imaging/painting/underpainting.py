"""The underpainting, which the style network paints over: the content in the style's colours, with brush strokes.

Nothing in it is learned. A map from colours to colours gives a grey wall one new colour, where a painting has many. So
strokes and patches that differ slightly in brightness and hue are added first (painters call this broken colour);
matching the palette then spreads these differences over all colours of the style.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.colour import luma
from imggen.imaging.filters import mean_around, moments
from imggen.imaging.painting.brushwork import BRUSH_SIZE, find_brush, strokes
from imggen.imaging.painting.palette import PALETTE_SIZE, find_palette, match_palette

#: Numbers that describe a style's palette and strokes.
UNDERPAINTING_SIZE = PALETTE_SIZE + BRUSH_SIZE
#: Contrast in brightness of the added strokes, relative to the style's strokes.
_STROKE_BRIGHTNESS = 0.3
#: Contrast in hue of the added strokes, relative to the style's strokes.
_STROKE_HUE = 0.7
#: Contrast in hue of the added patches, relative to the style's strokes.
_PATCH_HUE = 0.8
#: Sizes of patches, as their number along the longer side, and the weight of each size.
_PATCHES = {6: 0.5, 12: 0.7, 24: 0.6}
#: Red, green and blue of one unit of brightness and of two hues.
_AXES = ((1.0, 1.0, 1.0), (1.0, -0.5, 0.0), (-0.3, -0.3, 1.0))
#: Mean distance of the palettes' quantiles, in 0..1, from which strokes and patches have full contrast. Less distance
#: scales them down, so that an image that has the style's palette already gets none.
_FULL_DISTANCE = 0.05
#: Longer side in pixels of the reduced copy whose pixels count as the regions of an image.
_REGION_SIDE = 64
#: Share by which the differences of brightness between regions are reduced.
_REGION_FLATTENING = 0.5
#: Share by which the differences of brightness within a region are enlarged.
_LOCAL_CONTRAST = 0.4
#: Radius in pixels, at half the size, of the guided filter that smooths the content.
_SMOOTHING_RADIUS = 4
#: Variance of brightness up to which that filter smooths; more is taken for an edge and kept.
_EDGE_VARIANCE = 0.01
#: Share of the detail that the smoothing takes away which is added again, in brightness only.
_DETAIL = 0.5


def describe(images: Tensor) -> Tensor:
    """Describe the palette and the strokes of (B, 3, H, W) in 0..1 by (B, UNDERPAINTING_SIZE), float32."""
    return torch.cat([find_palette(images), find_brush(images)], 1)


@torch.no_grad()
def underpaint(images: Tensor, descriptions: Tensor) -> Tensor:
    """Give images the palette and the strokes of a style.

    Args:
        images: (B, 3, H, W) in 0..1.
        descriptions: (B, UNDERPAINTING_SIZE), of :func:`describe` for the styles.

    Returns:
        (B, 3, H, W) in 0..1, float32.
    """
    with torch.autocast(images.device.type, enabled=False):
        images = images.float()
        palettes, brushes = descriptions.float().split((PALETTE_SIZE, BRUSH_SIZE), 1)
        smooth = smoothed(images)
        detail = _DETAIL * luma(images - smooth)[:, None]
        strength = (find_palette(images) - palettes).abs().mean(1).div(_FULL_DISTANCE).clamp(max=1)
        strokes_added = strength[:, None, None, None] * broken_colour(smooth, brushes)
        broken = smooth + detail + tone_change(smooth) + strokes_added
        return match_palette(broken.clamp(0, 1), palettes).clamp(0, 1)


def broken_colour(images: Tensor, brushes: Tensor) -> Tensor:
    """Differences in brightness and hue, as strokes and patches, to add to images.

    Args:
        images: (B, 3, H, W) in 0..1.
        brushes: (B, BRUSH_SIZE), of :func:`imggen.imaging.painting.brushwork.find_brush`.

    Returns:
        (B, 3, H, W), with a mean of about 0.
    """
    height, width = images.shape[2:]
    brightness, hue, length = brushes.unbind(1)
    layers = strokes(images, length)
    contrast = torch.stack([_STROKE_BRIGHTNESS * brightness, _STROKE_HUE * hue, _STROKE_HUE * hue], 1)
    layers = layers * contrast[:, :, None, None]
    random = torch.Generator().manual_seed(0)
    for cells, weight in _PATCHES.items():
        size = [max(2, round(cells * side / max(height, width))) for side in (height, width)]
        patches = torch.randn(1, 2, *size, generator=random).to(images)
        patches = F.interpolate(patches, (height, width), mode="bicubic")
        layers[:, 1:] += (_PATCH_HUE * weight * hue)[:, None, None, None] * patches
    return torch.einsum("bkhw,kc->bchw", layers, images.new_tensor(_AXES))


def tone_change(images: Tensor) -> Tensor:
    """Brightness (B, 1, H, W) to add to (B, 3, H, W), for less contrast between regions and more within them."""
    height, width = images.shape[2:]
    scale = min(1.0, _REGION_SIDE / max(height, width))
    small = F.interpolate(images, [max(1, round(scale * side)) for side in (height, width)], mode="area")
    regions = luma(F.interpolate(smoothed(small), (height, width), mode="bilinear"))[:, None]
    own = luma(images)[:, None]
    return _REGION_FLATTENING * (regions.mean((2, 3), keepdim=True) - regions) + _LOCAL_CONTRAST * (own - regions)


def smoothed(images: Tensor) -> Tensor:
    """Smooth (B, 3, H, W) and keep its edges, by a guided filter whose guide is the brightness.

    He and Sun, 2015, "Fast Guided Filter" (https://arxiv.org/abs/1505.00996): slope and offset are found at half the
    size.
    """
    height, width = images.shape[2:]
    small = F.interpolate(images, (-(-height // 2), -(-width // 2)), mode="bilinear", antialias=True)
    guide = luma(small)[:, None]
    mean, mean_guide, covariance, variance = moments(small, guide, _SMOOTHING_RADIUS)
    slope = covariance / (variance + _EDGE_VARIANCE)
    found = mean_around(torch.cat([slope, mean - slope * mean_guide], 1), _SMOOTHING_RADIUS)
    found = F.interpolate(found, (height, width), mode="bilinear")
    slope, offset = found.chunk(2, 1)
    return slope * luma(images)[:, None] + offset
