"""Make a photo of the land of a day that a network made of a night: daylight, on what the night shows.

The network answers for each place by itself, and where the night shows little, with the mean of what may be there: a
picture without contrast, dark where the night is dark. And it lightens the grain of the night with the rest.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.colour import luma, ramp
from imggen.imaging.filters import blur, mean_around, moments, reach_of

#: The brightest of a clear day, the share of the haze that goes, and the largest gain of contrast.
_WHITE, _HAZE, _CLEAREST = 0.92, 0.7, 1.5
#: Brightness of a night that shows nothing, and enough, of an area; how much more light that gets then, as an exponent,
#: if it is dark; and the part of the longer side that is an area. What was black becomes no mist.
_KNOWN, _LIFT, _AREA = (0.01, 0.05), (0.3, 1.6), 0.08
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
#: how much of them is left then.
_COLOURS, _SHARED, _PALE = (0.1, 0.3), 0.02, 0.8
#: Brightness of a night that shows no colour at all, and some, and how much of the network's guess is left.
_SHOWS, _GUESSED = (0.01, 0.05), 0.5
#: Value from which a lamp may dazzle the camera and surely does, and how much of the colours is left there.
_DAZZLED, _GLARE = (0.8, 0.95), 0.4
#: Part that colours are smoothed over everywhere: an edge has none.
_BLEED = 0.004
#: Part of the longer side that what is told on the small copy is smoothed over.
_BLUR = 0.008
#: Longer side of the copy on which areas are told.
_GLANCE = 256


def finish(land: Tensor, night: Tensor, developed: Tensor) -> Tensor:
    """Make a photo of what a network made of a night; what it does to a sky does not matter.

    Args:
        land: the network's picture (3, H, W) in 0..1.
        night: what was photographed, of the same shape.
        developed: the same after :func:`imggen.imaging.night_photo.develop`.

    Returns:
        The same shape and range.
    """
    seen = _small(night)
    land = _fit_in(_lift(_clear(land), seen))
    brightness = luma(land)[None]
    colours = _calm(land - brightness, _small(land), seen)
    return (_follow(brightness, luma(developed)[None], luma(seen)[None]) + colours).clamp(0, 1)


def _clear(land: Tensor) -> Tensor:
    """Take haze away and give the picture more contrast, if it has less than a photo. It may leave 0..1."""
    dark, bright = torch.quantile(luma(_small(land)).flatten(), land.new_tensor([0.01, 0.99]))
    haze = torch.minimum(_HAZE * dark, bright * (1 - 1 / _CLEAREST))  # what is bright gets no darker
    return (land - haze) * (_WHITE / (bright - haze).clamp(min=1e-3)).clamp(1, _CLEAREST)


def _lift(land: Tensor, seen: Tensor) -> Tensor:
    """Give dark areas more light, which keeps the contrast within them."""
    known = blur(ramp(blur(luma(seen)[None], _BLUR), *_KNOWN), _AREA / 2)
    area = blur(luma(_small(land))[None], _AREA).clamp(0.02, 1)
    exponent = 1 / (1 + (_LIFT[0] + (_LIFT[1] - _LIFT[0]) * known) * (1 - area) ** 2)
    return land * _large(area**exponent / area, land)


def _fit_in(land: Tensor) -> Tensor:
    """Bring what is brighter than white into 0..1 with its hue: a yellow wall does not become white."""
    land = land.clamp(min=0)
    brightest = land.amax(0)
    most = torch.quantile(_small(land).amax(0).flatten(), 0.995).clamp(min=1)
    fitting = _SHOULDER + (brightest - _SHOULDER) * (1 - _SHOULDER) / (most - _SHOULDER)
    return (land * torch.where(brightest > _SHOULDER, fitting / brightest, 1)).clamp(max=1)


def _follow(brightness: Tensor, shown: Tensor, seen: Tensor) -> Tensor:
    """Redraw the brightness of a day (1, H, W) with what the developed night shows, and nothing besides.

    The guided filter of He et al., 2013 (https://doi.org/10.1109/TPAMI.2012.213): around each place a linear function
    of its guide. Here its slope is bounded but at edges, and never falls, so that no wall has the contrast of a relief
    and no roof is outlined; and the darker the night, the more counts as noise.
    """
    reach, seen = reach_of(brightness, _FOLLOWS), _large(blur(seen, _BLUR), brightness)
    noise = _NOISE[0] * (_NOISE[1] / _NOISE[0]) ** ramp(seen, *_GRAIN)
    most = _CONTRAST[0] + (_CONTRAST[1] - _CONTRAST[0]) * ramp(seen, *_LIT)
    mean, level, covariance, variance = (x[0] for x in moments(brightness[None], shown[None], reach))
    slope = (covariance / (variance + noise)).clamp(min=0).minimum(most * (1 + variance / _EDGE))
    slope, offset = mean_around(torch.cat([slope, mean - slope * level])[None], reach)[0].split(1)
    return slope * shown + offset


def _calm(colours: Tensor, small: Tensor, seen: Tensor) -> Tensor:
    """Let neighbours share colours where the night was too dark to tell them, and be pale where it was black.

    Colours are shared, and pale, too where it was dazzling: a lamp that is off has not the colour of its light.
    """
    dazzled, brightness = (blur(field, _BLUR) for field in (ramp(seen.amax(0)[None], *_DAZZLED), luma(seen)[None]))
    left = _PALE * (_GUESSED + (1 - _GUESSED) * ramp(brightness, *_SHOWS)) * (1 - (1 - _GLARE) * dazzled)
    shared = _large(left * blur(small - luma(small), _SHARED), colours)
    own = mean_around(colours[None], reach_of(colours, _BLEED))[0]
    return torch.lerp(shared, own, _large(ramp(brightness, *_COLOURS) * (1 - dazzled), colours))


def _small(image: Tensor) -> Tensor:
    scale = min(1.0, _GLANCE / max(image.shape[1:]))
    return F.interpolate(image[None], [max(1, round(side * scale)) for side in image.shape[1:]], mode="area")[0]


def _large(field: Tensor, image: Tensor) -> Tensor:
    return F.interpolate(field[None], image.shape[1:], mode="bilinear")[0]
