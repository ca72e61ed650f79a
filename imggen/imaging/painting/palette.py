"""Give an image the palette of another: the distribution of its colours.

A palette is described by the quantiles of the colours along several directions in RGB, so that the mean of two
descriptions is a palette between the two. Colours are moved from one palette to another by matching the quantiles along
three orthogonal directions at a time, repeatedly: Pitié et al., 2007, "Automated colour grading using colour
distribution transfer" (https://doi.org/10.1016/j.cviu.2006.11.011), section 4, there with histograms. The movement is
found for a coarse grid of colours and smoothed, so that similar colours stay similar.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

#: Sets of three orthogonal directions.
_TRIPLES = 8
#: Quantiles along each direction.
_QUANTILES = 32
#: Numbers that describe a palette.
PALETTE_SIZE = _TRIPLES * 3 * _QUANTILES
#: The last set in RGB: brightness, red against blue, red and blue against green.
_OPPONENT = ((1.0, 1.0, 1.0), (1.0, 0.0, -1.0), (1.0, -2.0, 1.0))
#: How often all sets are matched.
_ROUNDS = 3
#: About how many pixels along each side are sampled to find quantiles.
_SAMPLED_SIDE = 64
#: Least distance of two quantiles in 0..1: it bounds how far the colours between them are spread.
_LEAST_GAP = 1e-3
#: How far the map is extrapolated beyond the outermost quantiles, as a multiple of the distance of the last two.
_EXTRAPOLATION = 0.5
#: Points of the grid of colours along each of red, green and blue.
_GRID_SIDE = 25


def find_palette(images: Tensor) -> Tensor:
    """Describe the colours of (B, 3, H, W) in 0..1 by (B, PALETTE_SIZE), float32."""
    with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
        projected = _directions(images.device) @ _sampled(images)[:, None]
        return _quantiles(projected).flatten(1)


def match_palette(images: Tensor, palettes: Tensor) -> Tensor:
    """Move the colours of images.

    Args:
        images: (B, 3, H, W) in 0..1.
        palettes: (B, PALETTE_SIZE), the palettes to give them.

    Returns:
        (B, 3, H, W), float32, in about 0..1.
    """
    with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
        directions = _directions(images.device)
        edge = torch.linspace(0, 1, _GRID_SIDE, device=images.device)
        cube = torch.stack(torch.meshgrid(edge, edge, edge, indexing="ij")).flatten(1)
        moved = []
        for sample, palette in zip(_sampled(images), palettes.float(), strict=True):
            wanted = palette.view(_TRIPLES, 3, _QUANTILES)
            colours = torch.cat([sample, cube], 1)  # the grid moves with the sample
            for rotation, target in [*zip(directions, wanted, strict=True)] * _ROUNDS:
                rotated = rotation @ colours
                own = _quantiles(rotated[:, : sample.shape[1]])
                colours = rotation.T @ _match_quantiles(rotated, own, target)
            movement = colours[:, sample.shape[1] :] - cube
            moved.append(_smooth(movement.view(1, 3, _GRID_SIDE, _GRID_SIDE, _GRID_SIDE))[0])
        grid = images.float().movedim(1, -1)[:, None] * 2 - 1
        movement = F.grid_sample(torch.stack(moved), grid.flip(-1), padding_mode="border", align_corners=True)
        return images + movement[:, :, 0]


def _directions(device: torch.device) -> Tensor:
    """Orthogonal matrices (_TRIPLES, 3, 3), spread evenly over all rotations; the rows of each are three directions.

    The last are brightness and two hues: what is matched last fits best.
    """
    rotations = []
    for number in range(_TRIPLES - 1):
        # Axes on a Fibonacci spiral over the sphere, angles by the golden ratio.
        height = 1 - (2 * number + 1) / (_TRIPLES - 1)
        around = number * math.pi * (3 - math.sqrt(5))
        radius = math.sqrt(1 - height * height)
        x, y, z = radius * math.cos(around), radius * math.sin(around), height
        skew = torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]], device=device)
        rotations.append(torch.linalg.matrix_exp(skew * (2 * math.pi * (number * 0.618034 % 1))))
    return torch.stack([*rotations, F.normalize(torch.tensor(_OPPONENT, device=device), dim=1)])


def _sampled(images: Tensor) -> Tensor:
    """Pixels at regular distances, (B, 3, n): n is about ``_SAMPLED_SIDE ** 2``, or less in small images."""
    steps = [max(1, length // _SAMPLED_SIDE) for length in images.shape[2:]]
    return images.float()[:, :, :: steps[0], :: steps[1]].flatten(2)


def _quantiles(values: Tensor) -> Tensor:
    """Quantiles (..., _QUANTILES) of (..., n)."""
    places = (torch.arange(_QUANTILES, device=values.device) + 0.5) / _QUANTILES * (values.shape[-1] - 1)
    return values.sort(-1).values[..., places.round().long()]


def _match_quantiles(values: Tensor, own: Tensor, wanted: Tensor) -> Tensor:
    """Map values (3, n) by linear interpolation between the points (own, wanted), each (3, _QUANTILES)."""
    after = torch.searchsorted(own, values).clamp(1, _QUANTILES - 1)
    low, high = own.gather(1, after - 1), own.gather(1, after)
    share = ((values - low) / (high - low).clamp(min=_LEAST_GAP)).clamp(-_EXTRAPOLATION, 1 + _EXTRAPOLATION)
    return torch.lerp(wanted.gather(1, after - 1), wanted.gather(1, after), share)


def _smooth(movement: Tensor) -> Tensor:
    """Blur (1, 3, D, H, W) by one step of a binomial filter along each axis."""
    kernel = movement.new_tensor([0.25, 0.5, 0.25])
    for axis in range(3):
        shape = [1, 1, 1, 1, 1]
        shape[2 + axis] = 3
        pad = [0] * 6
        pad[4 - 2 * axis] = pad[5 - 2 * axis] = 1
        padded = F.pad(movement, pad, mode="replicate")
        movement = F.conv3d(padded.movedim(1, 0), kernel.view(shape)).movedim(0, 1)
    return movement
