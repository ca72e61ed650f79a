"""Give an image the palette of another: the colours, and how much there is of each.

An image's palette is described by the quantiles of its colours along some directions in the colour cube, so that mixing
descriptions mixes palettes. Colours are moved from one palette to another by matching the quantiles along three
directions at a time, again and again: Pitié et al., 2007, "Automated colour grading using colour distribution transfer"
(https://doi.org/10.1016/j.cviu.2006.11.011), section 4, there with histograms. The movement is found for a coarse cube
of colours and smoothed, so that what was alike stays alike.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

#: Triples of directions, and quantiles along each.
_TRIPLES, _QUANTILES = 8, 32
#: Length of a description.
PALETTE_SIZE = _TRIPLES * 3 * _QUANTILES
#: Brightness and two hues.
_OPPONENT = ((1.0, 1.0, 1.0), (1.0, 0.0, -1.0), (1.0, -2.0, 1.0))
#: How often all triples are gone through.
_ROUNDS = 3
#: About so many pixels along a side are looked at.
_SIDE = 64
#: Least distance of two quantiles: nearer ones do not stretch what lies between them any further.
_NEAREST = 1e-3
#: How far beyond the outermost quantiles colours move on, in distances of the last two.
_BEYOND = 0.5
#: Colours along an edge of the cube.
_CUBE = 25


def find_palette(images: Tensor) -> Tensor:
    """Describe the colours of (B, 3, H, W) in 0..1 by (B, PALETTE_SIZE), float32."""
    with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
        turned = _triples(images.device) @ _some(images)[:, None]
        return _quantiles(turned).flatten(1)


def match_palette(images: Tensor, palettes: Tensor) -> Tensor:
    """Move the colours of images.

    Args:
        images: (B, 3, H, W) in 0..1.
        palettes: (B, PALETTE_SIZE), those they shall have.

    Returns:
        (B, 3, H, W), float32; it may leave 0..1 a little.
    """
    with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
        triples = _triples(images.device)
        edge = torch.linspace(0, 1, _CUBE, device=images.device)
        cube = torch.stack(torch.meshgrid(edge, edge, edge, indexing="ij")).flatten(1)
        moved = []
        for some, palette in zip(_some(images), palettes.float(), strict=True):
            wanted = palette.view(_TRIPLES, 3, _QUANTILES)
            colours = torch.cat([some, cube], 1)  # the cube is carried along
            for turn, target in [*zip(triples, wanted, strict=True)] * _ROUNDS:
                turned = turn @ colours
                own = _quantiles(turned[:, : some.shape[1]])
                colours = turn.T @ _between_quantiles(turned, own, target)
            movement = colours[:, some.shape[1] :] - cube
            moved.append(_smooth(movement.view(1, 3, _CUBE, _CUBE, _CUBE))[0])
        grid = images.float().movedim(1, -1)[:, None] * 2 - 1
        movement = F.grid_sample(torch.stack(moved), grid.flip(-1), padding_mode="border", align_corners=True)
        return images + movement[:, :, 0]


def _triples(device: torch.device) -> Tensor:
    """Right angles of three directions (_TRIPLES, 3, 3), spread over all ways to turn the cube; the last are brightness
    and two hues, so that these end up right."""
    turns = []
    for number in range(_TRIPLES - 1):
        # Axes on a spiral over the sphere, angles by the golden ratio.
        height = 1 - (2 * number + 1) / (_TRIPLES - 1)
        around = number * math.pi * (3 - math.sqrt(5))
        radius = math.sqrt(1 - height * height)
        x, y, z = radius * math.cos(around), radius * math.sin(around), height
        skew = torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]], device=device)
        turns.append(torch.linalg.matrix_exp(skew * (2 * math.pi * (number * 0.618034 % 1))))
    return torch.stack([*turns, F.normalize(torch.tensor(_OPPONENT, device=device), dim=1)])


def _some(images: Tensor) -> Tensor:
    """A regular part of the pixels, (B, 3, n): at most about _SIDE x _SIDE."""
    steps = [max(1, length // _SIDE) for length in images.shape[2:]]
    return images.float()[:, :, :: steps[0], :: steps[1]].flatten(2)


def _quantiles(values: Tensor) -> Tensor:
    """Quantiles (..., _QUANTILES) of (..., n)."""
    places = (torch.arange(_QUANTILES, device=values.device) + 0.5) / _QUANTILES * (values.shape[-1] - 1)
    return values.sort(-1).values[..., places.round().long()]


def _between_quantiles(values: Tensor, own: Tensor, wanted: Tensor) -> Tensor:
    """Map values (3, n) by the polygons through the points (own, wanted), each (3, _QUANTILES)."""
    after = torch.searchsorted(own, values).clamp(1, _QUANTILES - 1)
    low, high = own.gather(1, after - 1), own.gather(1, after)
    share = ((values - low) / (high - low).clamp(min=_NEAREST)).clamp(-_BEYOND, 1 + _BEYOND)
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
