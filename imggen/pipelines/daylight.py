"""Make a photo of the day that a network made of a night: the light of one, on what the night shows.

The network answers for each place by itself, and where the night shows little, with the mean of what may be there: a
picture without contrast, dark where the night is dark, and brown where it is black. Where the night shows something,
it draws each edge, like a pencil.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.box_filter import mean_around
from imggen.linear_light import luma, ramp
from imggen.sky import find_sky

#: The brightest of a clear day, the share of the haze that goes, and the largest gain of contrast.
_WHITE, _HAZE, _CLEAREST = 0.92, 0.7, 1.5
#: How much more light the darkest areas get, as an exponent, and the part of the longer side that is an area.
_LIFT, _AREA = 1.2, 0.08
#: Brightness from which room is made for what would be brighter than white.
_SHOULDER = 0.8
#: Part of the longer side in which brightness follows the night's.
_FOLLOWS = 0.009
#: Brightness of a night below which grain is noise and from which it is true, and the variance that is noise in each.
_GRAIN, _NOISE = (0.02, 0.12), (1e-2, 5e-4)
#: Brightness of a night from which contrast grows, and up to which, and how much of the developed night's there is.
_LIT, _CONTRAST = (0.1, 0.4), (0.8, 2.5)
#: Variance in a night that doubles this: from there on it is an edge, which must stay sharp.
_EDGE = 6e-3
#: Brightness of a night below which colours are noise and from which they are true, the part they are shared over, and
#: how much of them is left then, but in the sky.
_COLOURS, _SHARED, _PALE = (0.1, 0.3), 0.02, 0.8
#: Brightness of a night that shows no colour at all, and some, and how much of the network's guess is left.
_SHOWS, _GUESSED = (0.01, 0.05), 0.5
#: Value from which a lamp may dazzle the camera and surely does, and how much of the colours is left there.
_DAZZLED, _GLARE = (0.8, 0.95), 0.4
#: Part that colours are smoothed over everywhere: an edge has none.
_BLEED = 0.004
#: How far the mean colour of a day may be from grey: as far as that of the most colourful in a hundred photos.
_CAST = 0.11
#: Part of the longer side that what is told on the small copy is smoothed over.
_BLUR = 0.008
#: Longer side of the copy on which areas are told.
_GLANCE = 256


def finish(day: Tensor, night: Tensor, developed: Tensor) -> Tensor:
    """Make a photo of what a network made of a night.

    Args:
        day: the network's picture (3, H, W) in 0..1.
        night: what was photographed, of the same shape.
        developed: the same after :func:`imggen.night_photo.develop`.

    Returns:
        The same shape and range.
    """
    seen = _small(night)
    day = _fit_in(_lift(_clear(day)))
    brightness = luma(day)[None]
    colours = _calm(day - brightness, _small(day), seen)
    return _level(_follow(brightness, luma(developed)[None], luma(seen)[None]) + colours).clamp(0, 1)


def _clear(day: Tensor) -> Tensor:
    """Take haze away and give the picture more contrast, if it has less than a photo. It may leave 0..1."""
    dark, bright = torch.quantile(luma(_small(day)).flatten(), day.new_tensor([0.01, 0.99]))
    haze = torch.minimum(_HAZE * dark, bright * (1 - 1 / _CLEAREST))  # what is bright gets no darker
    return (day - haze) * (_WHITE / (bright - haze).clamp(min=1e-3)).clamp(1, _CLEAREST)


def _lift(day: Tensor) -> Tensor:
    """Give dark areas more light, which keeps the contrast within them."""
    area = _mean(luma(_small(day))[None], _AREA).clamp(0.02, 1)
    return day * _large(area ** (1 / (1 + _LIFT * (1 - area) ** 2)) / area, day)


def _fit_in(day: Tensor) -> Tensor:
    """Bring what is brighter than white into 0..1 with its hue: a blue sky does not become cyan."""
    day = day.clamp(min=0)
    brightest = day.amax(0)
    most = torch.quantile(_small(day).amax(0).flatten(), 0.995).clamp(min=1)
    fitting = _SHOULDER + (brightest - _SHOULDER) * (1 - _SHOULDER) / (most - _SHOULDER)
    return (day * torch.where(brightest > _SHOULDER, fitting / brightest, 1)).clamp(max=1)


def _follow(brightness: Tensor, shown: Tensor, seen: Tensor) -> Tensor:
    """Redraw the brightness of a day (1, H, W) with what the developed night shows, and nothing besides.

    The guided filter of He et al., 2013 (https://doi.org/10.1109/TPAMI.2012.213): around each place a linear function
    of its guide. Here its slope is bounded but at edges, and never falls, so that no wall has the contrast of a relief
    and no roof is outlined; and the darker the night, the more counts as noise.
    """
    reach, seen = _reach(brightness, _FOLLOWS), _large(_mean(seen, _BLUR), brightness)
    noise = _NOISE[0] * (_NOISE[1] / _NOISE[0]) ** ramp(seen, *_GRAIN)
    most = _CONTRAST[0] + (_CONTRAST[1] - _CONTRAST[0]) * ramp(seen, *_LIT)
    pair = torch.cat([brightness, shown])
    mean, level, product, square = mean_around(torch.cat([pair, shown * pair])[None], reach)[0].split(1)
    variance = square - level * level
    slope = ((product - mean * level) / (variance + noise)).clamp(min=0).minimum(most * (1 + variance / _EDGE))
    slope, offset = mean_around(torch.cat([slope, mean - slope * level])[None], reach)[0].split(1)
    return slope * shown + offset


def _calm(colours: Tensor, small: Tensor, seen: Tensor) -> Tensor:
    """Let neighbours share colours where the night was too dark to tell them, and be pale where it was black.

    Colours are shared, and pale, too where it was dazzling: a lamp that is off has not the colour of its light.
    """
    dazzled = _mean(ramp(seen.amax(0)[None], *_DAZZLED), _BLUR)
    brightness, sky = (_mean(field, _BLUR) for field in (luma(seen)[None], find_sky(small)))
    left = _PALE * (_GUESSED + (1 - _GUESSED) * ramp(brightness, *_SHOWS))
    left = torch.lerp(left, torch.ones_like(sky), sky) * (1 - (1 - _GLARE) * dazzled)
    shared = _large(left * _mean(small - luma(small), _SHARED), colours)
    own = mean_around(colours[None], _reach(colours, _BLEED))[0]
    return torch.lerp(shared, own, _large(ramp(brightness, *_COLOURS) * (1 - dazzled), colours))


def _level(day: Tensor) -> Tensor:
    """Take away what no day is tinted by: a night that the network takes for sky all over is no blue picture."""
    small = _small(day)
    cast = (small - luma(small)).mean((1, 2), keepdim=True)
    return day - cast * (1 - _CAST / cast.abs().amax().clamp(min=_CAST))


def _small(image: Tensor) -> Tensor:
    scale = min(1.0, _GLANCE / max(image.shape[1:]))
    return F.interpolate(image[None], [max(1, round(side * scale)) for side in image.shape[1:]], mode="area")[0]


def _large(field: Tensor, image: Tensor) -> Tensor:
    return F.interpolate(field[None], image.shape[1:], mode="bilinear")[0]


def _mean(field: Tensor, part: float) -> Tensor:
    """Average (C, h, w) over that part of the longer side, three times, which is about a Gaussian."""
    for _ in range(3):
        field = mean_around(field[None], _reach(field, part))[0]
    return field


def _reach(image: Tensor, part: float) -> int:
    return max(1, round(part * max(image.shape[1:])))
