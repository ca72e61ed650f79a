"""Where the sky ends in a photo taken by night, of which a network only tells how likely each place is sky."""

from __future__ import annotations

import torch
from torch import Tensor

from imggen.imaging.colour import luma
from imggen.imaging.filters import blur_within, guided, mean_around

#: Pixels to each side over which logits of sky follow the night's edges, the variance there that is noise, and the
#: largest logit that counts.
_REACH, _NOISE, _SURE = 12, 1e-3, 4.0
#: What it costs to end a column's sky one row above or below its neighbour's.
_JUMP = 1.5
#: Part of the longer side over which sky and land have one brightness, the deviation that is noise in any, the most
#: that brightness takes from the logit or adds to it, and how often it is looked at.
_AROUND, _GRAIN, _LOOKS, _ROUNDS = 0.1, 0.04, (-6.0, 4.0), 2


def find_skyline(sky: Tensor, shown: Tensor) -> Tensor:
    """Decide where the sky ends: at one row of each column.

    First as the network says. Then by brightness too, which keeps a tower whole: what looks like the sky around it and
    not like the land around it is sky, and the other way round. Where both are black, that tells nothing.

    Args:
        sky: logit of being sky, (1, H, W).
        shown: the developed night (3, H, W) in 0..1.

    Returns:
        (1, H, W) in 0..1: 1 for the sky, 0 below, between at the edge.
    """
    brightness = luma(shown)[None]
    sky = guided(sky.clamp(-_SURE, _SURE)[None], brightness[None], _REACH, _NOISE)[0]
    found = _above_seam(sky)
    for _ in range(_ROUNDS):
        looks = (_unlike(brightness, 1 - found) - _unlike(brightness, found)) / 2
        found = _above_seam(sky + looks.clamp(*_LOOKS))
    return mean_around(found[None], 1)[0]


def _unlike(brightness: Tensor, area: Tensor) -> Tensor:
    """Twice the negative logarithm of how likely a brightness (1, H, W) is in an area (1, H, W) around, if normal."""
    level, square = blur_within(torch.cat([brightness, brightness**2]), area, _AROUND).split(1)
    variance = (square - level**2).clamp(min=0) + _GRAIN**2
    return (brightness - level) ** 2 / variance + variance.log()


def _above_seam(logits: Tensor) -> Tensor:
    """Split (1, H, W) from side to side where the sum above is largest, at a row near those of the neighbours.

    By dynamic programming, as Lie et al., 2005, "A robust dynamic programming algorithm to extract skyline in images
    for navigation" (https://doi.org/10.1016/j.patrec.2004.08.021). The price of a jump grows with its height, so that
    what is unsure gets flat tops, as houses have.

    Returns:
        (1, H, W): 1 above, 0 below.
    """
    sums = logits[0].cpu().cumsum(0)
    height, width = sums.shape
    scores = torch.cat([sums.new_zeros(1, width), sums]).unbind(1)  # of each column, by how many rows are above
    price = _JUMP * torch.arange(height + 1)
    best, origins = scores[0], []
    for score in scores[1:]:
        lower, higher = (best + price).cummax(0), (best - price).flip(0).cummax(0)
        falling, rising = lower.values - price, higher.values.flip(0) + price
        origins.append(torch.where(falling >= rising, lower.indices, height - higher.indices.flip(0)))
        best = torch.maximum(falling, rising) + score
    ends = [int(best.argmax())]
    for origin in reversed(origins):
        ends.append(int(origin[ends[-1]]))
    rows = torch.arange(height, device=logits.device)[:, None]
    return (rows < torch.tensor(ends[::-1], device=logits.device)).to(logits)[None]
