"""Where the sky is in a photo."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.colour import luma, ramp
from imggen.imaging.filters import blur, blur_within, guided, mean_around

#: Pixels to each side over which logits of sky follow the edges of the picture.
_REACH = 12
#: Variance of the luma that is noise there.
_NOISE = 1e-3
#: The largest logit that counts.
_SURE = 4.0
#: Logit per row that it costs to end the sky of a column higher or lower than that of its neighbour.
_JUMP = 1.5
#: Part of the longer side over which sky and land have colours of their own.
_AROUND = 0.1
#: Standard deviation of a colour that is noise.
_GRAIN = 0.04
#: The most that a colour takes from the logit, and adds to it.
_LOOKS = (-6.0, 4.0)
#: How often colours are looked at.
_ROUNDS = 2
#: Pixels of the small picture on both sides of that edge that are decided by the colours of the large one.
_BAND = 2
#: Parts of the longer side over which the colours of sky and land are averaged there, the near ones first.
_NEARBY = (0.03, 0.12, 0.5)
#: How much each counts beside the one before.
_FARTHER = 0.01
#: Squared distance of the colours of sky and land from which the mix of both is told by colour, and surely is.
_DIFFERENT = (0.005, 0.03)
#: Part of the longer side over which sky and land meet where their colours are alike: no edge is seen there.
_SOFT = 0.03
#: How many times steeper than the mix of colours the edge is: the camera's own blur is taken out of it.
_STEEPER = 1.5


def find_sky(day: Tensor) -> Tensor:
    """How much each pixel is sky, (1, h, w) in 0..1: bright, smooth, not warm, and open to the top of the picture."""
    red, _, blue = day
    brightness, value = luma(day), day.amax(0)
    mean, square = mean_around(torch.stack([brightness, brightness**2])[None], 2)[0]
    spread = (square - mean**2).clamp(min=0).sqrt()
    like = ramp(value, 0.3, 0.5) * ramp(spread, 0.08, 0.03) * ramp(blue - red, -0.15, -0.03)
    like *= ramp(value / value.cummax(0).values.clamp(min=1e-3), 0.5, 0.7)  # no sky is darker lower down
    # Wires and masts are thinner than this window, and sky closes again below what is wider but ends.
    rows = F.max_pool2d(like[None], 7, 1, 3)[0].unbind(0)
    open_above = [rows[0]]
    for row in rows[1:]:
        open_above.append(torch.minimum(row, F.max_pool1d(open_above[-1][None], 5, 1, 2)[0]))
    return mean_around((like * torch.stack(open_above))[None, None], 1)[0]


def find_skyline(sky: Tensor, picture: Tensor) -> Tensor:
    """Decide where the sky ends: at one row of each column.

    First by logits alone. Then by colours too, which keeps a tower whole: what looks like the sky around it and not
    like the land around it is sky, and the other way round. Where both look alike, that tells nothing.

    Args:
        sky: logit of being sky, (1, H, W).
        picture: of the same size, (3, H, W) in 0..1; a night is developed.

    Returns:
        (1, H, W): 1 for the sky, 0 below.
    """
    sky = guided(sky.clamp(-_SURE, _SURE)[None], luma(picture)[None, None], _REACH, _NOISE)[0]
    found = _above_seam(sky)
    for _ in range(_ROUNDS):
        looks = (_unlike(picture, 1 - found) - _unlike(picture, found)) / 2
        found = _above_seam(sky + looks.clamp(*_LOOKS))
    return found


def matte(found: Tensor, small: Tensor, photo: Tensor) -> Tensor:
    """How much of each pixel of a photo is sky, so that its edges are those of the photo.

    Where sky and land meet, every pixel is taken for a mix of the colours that both have nearby; its share of the sky's
    is the answer (the compositing equation of Porter and Duff, 1984, https://doi.org/10.1145/800031.808606).

    Args:
        found: how much each pixel of the reduced photo is sky, (1, h, w) in 0..1.
        small: the reduced photo, (3, h, w) in 0..1.
        photo: (3, H, W) in 0..1.

    Returns:
        (1, H, W) in 0..1.
    """
    sky, land = (-F.max_pool2d(-side[None], 2 * _BAND + 1, 1, _BAND)[0] for side in (found, 1 - found))
    colours = torch.cat([_nearby(small, sky), _nearby(small, land)])
    seam = 1 - sky - land
    alike = blur_within(ramp(_distance(colours), *_DIFFERENT[::-1]), seam, _SOFT)
    coarse = torch.lerp(mean_around(found[None], 1)[0], blur(found, _SOFT), alike)
    band = F.max_pool2d(seam[None], 3, 1, 1)[0]
    fields = F.interpolate(torch.cat([colours, coarse, band])[None], photo.shape[1:], mode="bilinear")[0]
    sky_colour, land_colour, coarse, band = fields.split((3, 3, 1, 1))
    difference = sky_colour - land_colour
    distance = _distance(fields[:6])
    mix = ((photo - land_colour) * difference).sum(0, keepdim=True) / distance.clamp(min=1e-4)
    mix = ((mix - 0.5) * _STEEPER + 0.5).clamp(0, 1)
    return torch.lerp(coarse, mix, ramp(distance, *_DIFFERENT) * ramp(band, 0, 0.5))


def _distance(colours: Tensor) -> Tensor:
    """Squared distance (1, h, w) of the colours of sky and land, both in (6, h, w)."""
    sky, land = colours.chunk(2)
    return (sky - land).square().sum(0, keepdim=True)


def _nearby(colours: Tensor, area: Tensor) -> Tensor:
    """Mean colours (3, h, w) of the nearest pixels of an area (1, h, w)."""
    sums, weight = torch.zeros_like(colours), torch.full_like(area, 1e-6)
    for place, part in enumerate(_NEARBY):
        around = blur(torch.cat([colours * area, area]), part) * _FARTHER**place
        sums, weight = sums + around[:-1], weight + around[-1:]
    return sums / weight


def _unlike(colours: Tensor, area: Tensor) -> Tensor:
    """Twice the negative logarithm of how likely the colours (3, H, W) are in an area (1, H, W), (1, H, W): as if each
    channel had a normal distribution there."""
    level, square = blur_within(torch.cat([colours, colours**2]), area, _AROUND).chunk(2)
    variance = (square - level**2).clamp(min=0) + _GRAIN**2
    return ((colours - level) ** 2 / variance + variance.log()).sum(0, keepdim=True)


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
