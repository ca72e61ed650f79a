"""Apply a change that was made to a small copy of a picture to the full-size picture.

The change that a network makes to a reduced photo is described by a bilateral grid: cells over position and brightness,
each with the affine colour transform that fits the change best there. Sliced at every pixel of the large photo, it
changes colours as the network did and keeps the detail: Chen et al., 2016, "Bilateral Guided Upsampling"
(https://doi.org/10.1145/2980179.2982423), section 3; Gharbi et al., 2017, "Deep Bilateral Learning for Real-Time Image
Enhancement" (https://arxiv.org/abs/1707.02880), section 3.2. What the affine transforms do not explain, such as a
window that lights up, is added as a difference, upsampled along the edges of the large photo by a guided filter: He and
Sun, 2015, "Fast Guided Filter" (https://arxiv.org/abs/1505.00996).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.colour import luma
from imggen.imaging.filters import mean_around, moments

#: Side of a cell of the grid in pixels of the small picture.
CELL = 16
#: Levels of the grid over brightness 0..1.
LEVELS = 8
#: Weight of the mean over the whole picture in every cell, in pixels: it decides for cells that hold hardly any pixels.
_PRIOR_PIXELS = 1.0
#: Ridge penalty per pixel on the distance from a plain gain: it decides for cells whose colours hardly vary.
_RIDGE = 1e-4
#: Radius of the guided filter in pixels of the small picture.
_RADIUS = 2
#: Variance of brightness up to which the guided filter smooths; more is taken for an edge.
_EDGE_VARIANCE = 1e-3
#: Pixels of the large photo that are computed at a time: it bounds memory, and a job can stop after each part.
_BAND = 1 << 18


def transfer(
    small: Tensor, changed: Tensor, large: Tensor, report: Callable[[float], None] = lambda fraction: None
) -> Tensor:
    """Change a large picture as its small copy was changed.

    Args:
        small: the reduced picture (3, h, w) in 0..1, sides multiples of :data:`CELL`.
        changed: the same picture after the change, of the same shape.
        large: the picture (3, H, W) in 0..1.
        report: gets the fraction done; may raise to stop.

    Returns:
        (3, H, W) in 0..1; reduced to (h, w) it is about ``changed``.
    """
    grid = fit(small, changed)
    rest = _fit_rest(small, changed - predict(grid, small))
    _, height, width = large.shape
    result = torch.empty_like(large)
    step = max(1, _BAND // width)
    for top in range(0, height, step):
        report(top / height)
        band = large[:, top : top + step]
        places = _places(band, top, height)
        result[:, top : top + step] = (_slice(grid, band, *places) + _slice_rest(rest, *places)).clamp_(0, 1)
    return result


def fit(small: Tensor, changed: Tensor) -> Tensor:
    """Fit an affine colour transform in every cell, by least squares.

    Args:
        small: picture (3, h, w) in 0..1, sides multiples of :data:`CELL`.
        changed: the same, changed.

    Returns:
        Grid (12, levels, rows, columns): for each channel of the result the weights of R, G, B and 1.
    """
    x = torch.cat([small, torch.ones_like(small[:1])])
    products = torch.cat([(x[:, None] * x).flatten(0, 1), (changed[:, None] * x).flatten(0, 1)])
    # A pixel counts for the two nearest levels of brightness, with weights of linear interpolation.
    levels = torch.arange(LEVELS, device=x.device)[:, None, None]
    shares = (1 - (luma(small) * (LEVELS - 1) - levels).abs()).clamp(min=0)
    sums = _blur(torch.einsum("lrycx,mrycx->mlrc", _cells(shares), _cells(products)))
    sums += _PRIOR_PIXELS * products.mean((1, 2))[:, None, None, None]
    by_cell = sums.permute(1, 2, 3, 0)
    xx, yx = by_cell[..., :16].unflatten(-1, (4, 4)), by_cell[..., 16:].unflatten(-1, (3, 4))
    # Where colours hardly vary many transforms fit; the ridge selects the one closest to a plain gain.
    gain = torch.diag_embed(((yx[..., 3] + 1e-2) / (xx[..., 3, :3] + 1e-2)).clamp(0, 2))
    gain = F.pad(gain, (0, 1))
    ridge = _RIDGE * xx[..., 3:, 3:] * torch.eye(4, device=x.device)
    weights = gain + torch.linalg.solve(xx + ridge, (yx - gain @ xx).mT).mT
    return weights.flatten(-2).permute(3, 0, 1, 2).contiguous()


def predict(grid: Tensor, image: Tensor) -> Tensor:
    """Change a picture (3, H, W) in 0..1 as a grid of :func:`fit` says; the result may leave 0..1."""
    return _slice(grid, image, *_places(image))


def upsample(values: Tensor, small: Tensor, large: Tensor) -> Tensor:
    """Enlarge values along the edges of a picture.

    Args:
        values: (C, h, w).
        small: the reduced picture (3, h, w) in 0..1.
        large: the picture (3, H, W) in 0..1.

    Returns:
        (C, H, W).
    """
    return _slice_rest(_fit_rest(small, values), *_places(large))


def _fit_rest(small: Tensor, rest: Tensor) -> Tensor:
    """Fit values (C, h, w) by brightness around every pixel: the guided filter.

    Returns:
        (2C, h, w): for each channel its slope over brightness, then for each channel its offset.
    """
    guide = luma(small)[None]
    _, _, covariance, variance = moments(rest[None], guide[None], _RADIUS)
    slope = mean_around(covariance / (variance + _EDGE_VARIANCE), _RADIUS)[0]
    # The filter's own offset would smooth the difference: this one gives it back exactly at (h, w).
    return torch.cat([slope, rest - slope * guide])


def _places(image: Tensor, top: int = 0, height: int | None = None) -> tuple[Tensor, Tensor]:
    """Grid coordinates of the rows from ``top`` on: brightness (H, W) in 0..1, and x and y (H, W, 2) in -1..1."""
    _, rows, width = image.shape
    y = (torch.arange(top, top + rows, device=image.device) + 0.5) * 2 / (height or rows) - 1
    x = (torch.arange(width, device=image.device) + 0.5) * 2 / width - 1
    return luma(image), torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], -1)


def _slice(grid: Tensor, image: Tensor, brightness: Tensor, places: Tensor) -> Tensor:
    """Apply to every pixel of (3, H, W) the transform at its position and brightness."""
    # grid_sample puts the first and the last level half a level inside -1..1; here they stand for 0 and 1.
    depth = (2 * brightness * (LEVELS - 1) + 1) / LEVELS - 1
    places = torch.cat([places, depth[..., None]], -1)[None, None]
    found = F.grid_sample(grid[None], places, padding_mode="border", align_corners=False)
    weights = found[0, :, 0].unflatten(0, (3, 4))
    result = weights[:, 3].clone()
    for channel in range(3):
        result.addcmul_(weights[:, channel], image[channel])
    return result


def _slice_rest(rest: Tensor, brightness: Tensor, places: Tensor) -> Tensor:
    found = F.grid_sample(rest[None], places[None], padding_mode="border", align_corners=False)[0]
    slope, offset = found.chunk(2)
    return torch.addcmul(offset, slope, brightness)


def _cells(values: Tensor) -> Tensor:
    """(C, h, w) -> (C, rows, CELL, columns, CELL)."""
    return values.unflatten(2, (-1, CELL)).unflatten(1, (-1, CELL))


def _blur(grid: Tensor) -> Tensor:
    """Blur (C, levels, rows, columns) with weights 1 2 1 along each of the last three axes."""
    weights = torch.tensor([0.25, 0.5, 0.25], device=grid.device)
    for shape in ((3, 1, 1), (1, 3, 1), (1, 1, 3)):
        kernel = weights.view(1, 1, *shape)
        grid = F.conv3d(grid[:, None], kernel, padding=tuple(side // 2 for side in shape))[:, 0]
    return grid
