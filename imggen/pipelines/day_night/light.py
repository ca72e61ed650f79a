"""The light between day and night, for one scene that is known at both.

All of it happens in linear light, where light adds: daylight fades by the same factor in equal times, as it does at
dusk, the low sun warms it, the sky stays bright longest at the horizon, and lamps join what is left.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.bilateral_grid import fit, predict, upsample
from imggen.imaging.colour import decode, encode, luma, ramp
from imggen.imaging.sky import find_sky

#: Linear light that counts as black: keeps the fading of a black pixel slow enough to see.
_BLACK = 4e-3
#: Linear light above dimmed daylight that is no lamp yet.
_LAMP = 0.015
#: Part of the way into the night where lamps start to show, and where all are lit.
_DUSK, _DARK = 0.35, 0.75
#: Share of the lamps' light that one full step of glow spreads, and the reach of its two halos over the longer side.
_BLOOM, _HALOS = 0.8, (0.01, 0.04)
#: Logarithms of the gains on red, green and blue in the warmest light.
_WARM = (0.28, 0.02, -0.35)
#: Share of the day's light that a night may have before it is darkened, the least that is left of what is dim, and the
#: linear light from which a place counts as lit, ever more so.
_NIGHT, _LEAST, _LIT = 0.04, 0.05, (0.35, 0.8)
#: Linear light that a camera makes of the brightest of a night, the part of the picture that is that bright, and by how
#: much it exposes longer at most.
_BRIGHT, _BRIGHTEST, _LONGER = 0.08, 0.005, 2.0
#: Linear light of the brightest night sky, and the gain at most in making it even.
_SKY, _EVENED = 0.015, 6.0
#: What is smaller in the sky stays: over the longer side, and over the height.
_PATCH, _BAND = 0.08, 0.12
#: Rows of pixels averaged at a time; bounds memory.
_BAND_ROWS = 256


def between(
    day: Tensor,
    night: Tensor,
    photo: Tensor,
    size: tuple[int, int],
    night_share: float,
    glow: float,
    sky: Tensor | None = None,
) -> Tensor:
    """Show a scene at any time from day to night, with its lamps as bright as wanted.

    Args:
        day: the scene by day (3, H, W) in 0..1.
        night: the same by night.
        photo: the one of the two that was photographed: it has the true edges.
        size: (h, w) to look for lamps and sky in, multiples of :data:`imggen.imaging.bilateral_grid.CELL`.
        night_share: 0 for ``day``, 0.5 for dusk, 1 for ``night``.
        glow: brightness of the lamps: 0 for none, 1 as in ``night``, above 1 with a halo.
        sky: how much each place is sky, (1, any, any) in 0..1, where that is known; else it is looked for in ``day``.

    Returns:
        (3, H, W) in 0..1: ``day`` at 0, and ``night`` at 1 with a glow of 1.
    """
    if night_share == 0:
        return day
    if night_share == 1 and glow == 1:
        return night
    small_day, small_night, guide = (
        F.interpolate(image[None], size, mode="bilinear", antialias=True)[0].clamp(0, 1)
        for image in (day, night, photo)
    )
    lamps = find_lamps(small_day, small_night)
    sky = find_sky(small_day) if sky is None else F.interpolate(sky[None], size, mode="bilinear")[0]
    fields = torch.cat([lamps, _halos(lamps), sky, sky * _depth_of(sky)])
    result = torch.empty_like(day)
    fields = upsample(fields, guide, photo).clamp_(min=0)
    for top in range(0, day.shape[1], _BAND_ROWS):
        rows = slice(top, top + _BAND_ROWS)
        result[:, rows] = _light(day[:, rows], night[:, rows], fields[:, rows], night_share, glow)
    return result


def deepen(night: Tensor, day: Tensor) -> Tensor:
    """Darken a night that has kept too much of the day's light, least where it is lit.

    Args:
        night: what a network made of the scene (3, H, W) in 0..1.
        day: the scene by day, of the same shape.

    Returns:
        (3, H, W) in 0..1: ``night`` itself where it is dark enough.
    """
    light = decode(night)
    kept = light.mean() / decode(day).mean().clamp(min=1e-6)
    left = (_NIGHT / kept.clamp(min=1e-6)).clamp(_LEAST, 1)
    return encode(light * torch.lerp(left, torch.ones_like(left), ramp(light.amax(0), *_LIT)))


def expose_longer(night: Tensor, size: tuple[int, int]) -> Tensor:
    """Expose a night in which nothing is bright, such as one in fog, as long as a camera would.

    Args:
        night: picture (3, H, W) in 0..1.
        size: (h, w) of the copy on which its brightness is told.

    Returns:
        The same shape and range: ``night`` itself where something is bright.
    """
    light = decode(F.interpolate(night[None], size, mode="area")[0]).amax(0)
    brightest = torch.quantile(light.flatten(), 1 - _BRIGHTEST)
    return encode(decode(night) * (_BRIGHT / brightest.clamp(min=1e-6)).clamp(1, _LONGER))


def even_sky(night: Tensor, day: Tensor, size: tuple[int, int]) -> Tensor:
    """Darken what is left of a bright sky, and spread its light evenly from side to side.

    A network that has seen little fog makes patches of it, and cannot darken what is white.

    Args:
        night: what a network made of the scene (3, H, W) in 0..1.
        day: the scene by day, of the same shape.
        size: (h, w) to look for the sky in, multiples of :data:`imggen.imaging.bilateral_grid.CELL`.

    Returns:
        (3, H, W) in 0..1.
    """
    small_day, small_night = (F.interpolate(image[None], size, mode="area")[0] for image in (day, night))
    reach, sky, brightness = _PATCH * max(size), find_sky(small_day), luma(small_day)[None]
    level = _gaussian_within(sky, brightness, reach)
    # Up to the skyline too, beside which nothing is smooth.
    sky = F.max_pool2d(sky, 7, 1, 3) * ramp(brightness / level.clamp(min=1e-3), 0.6, 0.85)
    light = decode(small_night) + _BLACK
    around = _gaussian_within(sky, light, reach)
    rows, covered = (_gaussian(x.sum(2, keepdim=True), _BAND * size[0]) for x in (light * sky, sky))
    row = rows / (covered + 1e-3)
    wanted = row * (_SKY / luma(row).clamp(min=1e-6)).clamp(max=1)
    gain = (wanted / around.clamp(min=1e-4)).clamp(1 / _EVENED, _EVENED)
    return encode(decode(night) * upsample(sky * gain.log(), small_day, day).exp())


def find_lamps(day: Tensor, night: Tensor) -> Tensor:
    """Linear light (3, h, w) that the night has and no dimming of the day explains: lamps, lit windows, their pools.

    Args:
        day: picture (3, h, w) in 0..1, sides as for :func:`imggen.imaging.bilateral_grid.fit`.
        night: the same scene by night.
    """
    dimmed = predict(fit(day, night), day).clamp(0, 1)
    return (decode(night) - decode(dimmed) - _LAMP).clamp(min=0)


def _light(day: Tensor, night: Tensor, fields: Tensor, night_share: float, glow: float) -> Tensor:
    lamps, halos, sky, low_sky = fields.split((3, 3, 1, 1))
    sky, low_sky = sky.clamp(max=1), low_sky.clamp(max=1)
    day, night = decode(day), decode(night)
    lamps = torch.minimum(lamps, night)
    # Equal factors in equal times; the sky holds its light longer than the land, most of all at the horizon.
    passed = night_share ** (1 + 0.4 * sky + 0.5 * low_sky)
    ambient = torch.exp(torch.lerp((day + _BLACK).log(), (night - lamps + _BLACK).log(), passed)) - _BLACK
    sun = math.sin(math.pi * night_share)
    warmth = sun * ((1 - sky) * 2 * (0.7 - night_share) + 2.2 * low_sky - 0.7 * (sky - low_sky))
    tint = torch.exp(warmth * torch.tensor(_WARM, device=day.device)[:, None, None])
    lit = min(max((night_share - _DUSK) / (_DARK - _DUSK), 0.0), 1.0)
    lit = lit * lit * (3 - 2 * lit)
    return encode(ambient * tint + lit * (glow * lamps + max(glow - 1, 0) * _BLOOM * halos))


def _depth_of(sky: Tensor) -> Tensor:
    """How low in the sky each row is, (1, h, 1): 0 at the top of the picture, 1 where the sky ends."""
    rows = torch.arange(sky.shape[1], device=sky.device)[None, :, None]
    horizon = torch.where(sky.amax(2, keepdim=True) > 0.5, rows, 0).amax().clamp(min=1)
    return (rows / horizon).clamp(max=1) ** 2


def _halos(lamps: Tensor) -> Tensor:
    """Light scattered around lamps, (3, h, w)."""
    longer = max(lamps.shape[1:])
    return sum((_gaussian(lamps, max(0.5, reach * longer)) for reach in _HALOS), torch.zeros_like(lamps))


def _gaussian_within(area: Tensor, values: Tensor, sigma: float) -> Tensor:
    """Smooth values (C, h, w) as if there were none outside an area (1, h, w)."""
    return _gaussian(values * area, sigma) / (_gaussian(area, sigma) + 1e-3)


def _gaussian(image: Tensor, sigma: float) -> Tensor:
    offsets = torch.arange(-math.ceil(3 * sigma), math.ceil(3 * sigma) + 1, device=image.device)
    weights = torch.exp(-(offsets**2) / (2 * sigma**2))
    weights = weights / weights.sum()
    reach = len(offsets) // 2
    image = F.conv2d(image[:, None], weights.view(1, 1, -1, 1), padding=(reach, 0))
    return F.conv2d(image, weights.view(1, 1, 1, -1), padding=(0, reach))[:, 0]
