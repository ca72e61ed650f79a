"""Where the sky is in a photo."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.colour import luma, ramp
from imggen.imaging.filters import blur, blur_within, guided, mean_around

# Of find_skyline; lengths without a unit are parts of the longer side.
#: Radius in pixels of the guided filter that fits the sky logits to the edges of the picture.
_GUIDED_RADIUS = 12
#: Variance of luma up to which that filter smooths; more is taken for an edge.
_EDGE_VARIANCE = 1e-3
#: Logits are clamped to this magnitude.
_LARGEST_LOGIT = 4.0
#: Cost, in logits for each row of difference, of ending the sky at another row than in the neighbouring column.
_JUMP_COST = 1.5
#: Radius within which the mean and the variance of the colours of sky and land are measured.
_COLOUR_RADIUS = 0.1
#: Standard deviation of a colour channel that is put down to noise.
_COLOUR_NOISE = 0.04
#: Least and largest logit that the colours can contribute.
_COLOUR_LOGITS = (-6.0, 4.0)
#: How often the skyline is found again with the colours on both sides of the one before.
_COLOUR_ROUNDS = 2

# Of matte.
#: Pixels of the reduced photo on either side of the skyline that are decided by the colours of the full photo.
_BAND = 2
#: Radii over which the colours of sky and land near the skyline are averaged.
_COLOUR_RADII = (0.03, 0.12, 0.5)
#: Weight of each of these means relative to the one before: larger radii only count where smaller ones find nothing.
_RADIUS_WEIGHT = 0.01
#: Squared distance between the colours of sky and land below which a pixel's share of the sky is not told by its
#: colour, and above which it is told by nothing else.
_DISTINCT_COLOURS = (0.005, 0.03)
#: Width of the transition between sky and land where their colours are alike and no edge is seen.
_SOFT_EDGE = 0.03
#: Factor on the contrast of the shares, which undoes the camera's blur of the edge.
_EDGE_CONTRAST = 1.5


def find_sky(day: Tensor) -> Tensor:
    """How much each pixel of a day photo (3, h, w) is sky, (1, h, w) in 0..1, without a network.

    Sky is bright, smooth and not warm, and is connected with the top of the picture.
    """
    red, _, blue = day
    brightness, value = luma(day), day.amax(0)
    mean, square = mean_around(torch.stack([brightness, brightness**2])[None], 2)[0]
    spread = (square - mean**2).clamp(min=0).sqrt()
    like = ramp(value, 0.3, 0.5) * ramp(spread, 0.08, 0.03) * ramp(blue - red, -0.15, -0.03)
    like *= ramp(value / value.cummax(0).values.clamp(min=1e-3), 0.5, 0.7)  # no sky is darker lower down
    # The windows let sky pass wires and masts, and close in again below an obstacle that is wider but ends.
    rows = F.max_pool2d(like[None], 7, 1, 3)[0].unbind(0)
    open_above = [rows[0]]
    for row in rows[1:]:
        open_above.append(torch.minimum(row, F.max_pool1d(open_above[-1][None], 5, 1, 2)[0]))
    return mean_around((like * torch.stack(open_above))[None, None], 1)[0]


def find_skyline(sky: Tensor, picture: Tensor) -> Tensor:
    """Decide at which row of each column the sky ends.

    The first skyline comes from the logits alone. Then colours are added: a pixel that has the colours of the sky
    near it rather than of the land near it is more likely sky, and vice versa. This keeps towers whole. Where sky and
    land have the same colours, the colours change nothing.

    Args:
        sky: logit of being sky, (1, H, W).
        picture: of the same size, (3, H, W) in 0..1; a night is developed.

    Returns:
        (1, H, W): 1 for the sky, 0 below.
    """
    sky = guided(
        sky.clamp(-_LARGEST_LOGIT, _LARGEST_LOGIT)[None], luma(picture)[None, None], _GUIDED_RADIUS, _EDGE_VARIANCE
    )[0]
    found = _above_seam(sky)
    for _ in range(_COLOUR_ROUNDS):
        by_colour = (_surprisal(picture, 1 - found) - _surprisal(picture, found)) / 2
        found = _above_seam(sky + by_colour.clamp(*_COLOUR_LOGITS))
    return found


def matte(found: Tensor, small: Tensor, photo: Tensor) -> Tensor:
    """How much of each pixel of a photo is sky: a matte whose edges follow those of the photo.

    Near the skyline, every pixel is taken for a mixture of the mean colours of the sky and of the land near it, and its
    share of the sky's colour is the result (the compositing equation of Porter and Duff, 1984,
    https://doi.org/10.1145/800031.808606).

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
    alike = blur_within(ramp(_distance(colours), *_DISTINCT_COLOURS[::-1]), seam, _SOFT_EDGE)
    coarse = torch.lerp(mean_around(found[None], 1)[0], blur(found, _SOFT_EDGE), alike)
    band = F.max_pool2d(seam[None], 3, 1, 1)[0]
    fields = F.interpolate(torch.cat([colours, coarse, band])[None], photo.shape[1:], mode="bilinear")[0]
    sky_colour, land_colour, coarse, band = fields.split((3, 3, 1, 1))
    difference = sky_colour - land_colour
    distance = _distance(fields[:6])
    mix = ((photo - land_colour) * difference).sum(0, keepdim=True) / distance.clamp(min=1e-4)
    mix = ((mix - 0.5) * _EDGE_CONTRAST + 0.5).clamp(0, 1)
    return torch.lerp(coarse, mix, ramp(distance, *_DISTINCT_COLOURS) * ramp(band, 0, 0.5))


def _distance(colours: Tensor) -> Tensor:
    """Squared distance (1, h, w) of the colours of sky and land, both in (6, h, w)."""
    sky, land = colours.chunk(2)
    return (sky - land).square().sum(0, keepdim=True)


def _nearby(colours: Tensor, area: Tensor) -> Tensor:
    """Mean colours (3, h, w), at every pixel, of the part of an area (1, h, w) that is nearest to it."""
    sums, weight = torch.zeros_like(colours), torch.full_like(area, 1e-6)
    for place, part in enumerate(_COLOUR_RADII):
        around = blur(torch.cat([colours * area, area]), part) * _RADIUS_WEIGHT**place
        sums, weight = sums + around[:-1], weight + around[-1:]
    return sums / weight


def _surprisal(colours: Tensor, area: Tensor) -> Tensor:
    """Twice the negative log-likelihood (1, H, W) of colours (3, H, W) under the normal distribution that each channel
    has in the part of an area (1, H, W) near each pixel, up to a constant."""
    level, square = blur_within(torch.cat([colours, colours**2]), area, _COLOUR_RADIUS).chunk(2)
    variance = (square - level**2).clamp(min=0) + _COLOUR_NOISE**2
    return ((colours - level) ** 2 / variance + variance.log()).sum(0, keepdim=True)


def _above_seam(logits: Tensor) -> Tensor:
    """Find the skyline, one row for each column, that has the largest sum of logits (1, H, W) above it.

    By dynamic programming, as Lie et al., 2005, "A robust dynamic programming algorithm to extract skyline in images
    for navigation" (https://doi.org/10.1016/j.patrec.2004.08.021). A difference between neighbouring columns costs
    more, the larger it is, so an uncertain skyline becomes flat, as the tops of houses are.

    Returns:
        (1, H, W): 1 above, 0 below.
    """
    sums = logits[0].cpu().cumsum(0)
    height, width = sums.shape
    scores = torch.cat([sums.new_zeros(1, width), sums]).unbind(1)  # of each column, by how many rows are above
    price = _JUMP_COST * torch.arange(height + 1)
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
