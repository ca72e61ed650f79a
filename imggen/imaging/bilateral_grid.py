"""Carry a change that was made on a small copy of a picture over to the picture itself.

What a network does to a reduced photo is described by a bilateral grid: cells over position and brightness, each with
the affine colour transform that fits the change best there. Sliced at every pixel of the large photo, it changes
colours as the network did and leaves the detail: Chen et al., 2016, "Bilateral Guided Upsampling"
(https://doi.org/10.1145/2980179.2982423), section 3; Gharbi et al., 2017, "Deep Bilateral Learning for Real-Time Image
Enhancement" (https://arxiv.org/abs/1707.02880), section 3.2. What no affine transform explains, such as a window that
lights up, is added as a difference, upsampled along the edges of the large photo by a guided filter: He and Sun, 2015,
"Fast Guided Filter" (https://arxiv.org/abs/1505.00996).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.colour import luma
from imggen.imaging.filters import mean_around, moments

#: Side of a cell of the grid in pixels of the small picture, and its levels of brightness.
CELL, LEVELS = 16, 8
#: How many pixels the whole picture counts for in every cell: decides where a cell has seen next to nothing.
_SHARED = 1.0
#: What one pixel costs for leaving the plain gain by 1: decides where colours hardly vary.
_RIDGE = 1e-4
#: Reach of the guided filter in pixels of the small picture, and the variance of brightness that counts as an edge.
_REACH, _EDGE = 2, 1e-3
#: Pixels of the large photo worked on at a time: bounds memory, and lets a job stop.
_BAND = 1 << 18


def transfer(
    small: Tensor, changed: Tensor, large: Tensor, report: Callable[[float], None] = lambda fraction: None
) -> Tensor:
    """Change a large picture as its small copy was changed.

    Args:
        small: the reduced picture (3, h, w) in 0..1, sides multiples of :data:`CELL`.
        changed: what was made of it, of the same shape.
        large: the picture (3, H, W) in 0..1.
        report: gets the fraction done; may raise to stop.

    Returns:
        (3, H, W) in 0..1; reduced to (h, w), about ``changed``.
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
    # A pixel counts for the two nearest levels of brightness, in linear shares.
    levels = torch.arange(LEVELS, device=x.device)[:, None, None]
    shares = (1 - (luma(small) * (LEVELS - 1) - levels).abs()).clamp(min=0)
    moments = _blur(torch.einsum("lrycx,mrycx->mlrc", _cells(shares), _cells(products)))
    moments += _SHARED * products.mean((1, 2))[:, None, None, None]
    by_cell = moments.permute(1, 2, 3, 0)
    xx, yx = by_cell[..., :16].unflatten(-1, (4, 4)), by_cell[..., 16:].unflatten(-1, (3, 4))
    # Where colours hardly vary many transforms fit; the ridge takes the one closest to a plain gain.
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
    _, _, covariance, variance = moments(rest[None], guide[None], _REACH)
    slope = mean_around(covariance / (variance + _EDGE), _REACH)[0]
    # The filter's own offset would smooth the difference: this one gives it back exactly at (h, w).
    return torch.cat([slope, rest - slope * guide])


def _places(image: Tensor, top: int = 0, height: int | None = None) -> tuple[Tensor, Tensor]:
    """Where the pixels of rows from ``top`` on lie in a picture: brightness (H, W) in 0..1, and (H, W, 2) in -1..1."""
    _, rows, width = image.shape
    y = (torch.arange(top, top + rows, device=image.device) + 0.5) * 2 / (height or rows) - 1
    x = (torch.arange(width, device=image.device) + 0.5) * 2 / width - 1
    return luma(image), torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], -1)


def _slice(grid: Tensor, image: Tensor, brightness: Tensor, places: Tensor) -> Tensor:
    """Give every pixel of (3, H, W) the transform of its place and brightness."""
    # The first and last level lie at 0 and 1, but half a level inside the range of the sampling.
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
    """Let every cell of (C, levels, rows, columns) see its neighbours, with weights 1 2 1 along each axis."""
    weights = torch.tensor([0.25, 0.5, 0.25], device=grid.device)
    for shape in ((3, 1, 1), (1, 3, 1), (1, 1, 3)):
        kernel = weights.view(1, 1, *shape)
        grid = F.conv3d(grid[:, None], kernel, padding=tuple(side // 2 for side in shape))[:, 0]
    return grid
