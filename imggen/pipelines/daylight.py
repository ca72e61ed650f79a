"""Make a photo of the day that a network made of a night: the light of one, and mist over what was black.

The network answers for each place by itself, and where the night shows little, with the mean of what may be there: a
picture without contrast, dark where the night is dark, and brown where it is black.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.box_filter import mean_around
from imggen.linear_light import luma, ramp
from imggen.night_photo import hidden
from imggen.sky import find_sky

#: The darkest and the brightest of a clear day, the largest gain of contrast, and the share of it that colours get.
_BLACK_LEVEL, _WHITE, _CLEAREST, _COLOUR = 0.05, 0.95, 2.2, 0.7
#: How much more light the darkest areas get, as an exponent, and the part of the longer side that is an area.
_LIFT, _AREA = 1.5, 0.08
#: Brightness from which room is made for what would be brighter than white.
_SHOULDER = 0.8
#: Brightness of a night below which colours are noise and from which they are true, the part they are shared over, and
#: how much of them is left then, but in the sky.
_COLOURS, _SHARED, _PALE = (0.1, 0.3), 0.02, 0.5
#: The same brightness for grain, and the part that is smoothed.
_GRAIN, _SMOOTH = (0.02, 0.15), 0.003
#: How far the mean colour of a day may be from grey: as far as that of the most colourful in a hundred photos.
_CAST = 0.11
#: Part of the longer side over which mist comes in, and the share of black in it that mist covers.
_EDGE, _RIM = 0.008, 0.7
#: Part in which what shows may be an island, and the shares of black from which it is thin and gone.
_ISLAND, _FLOATING = 0.03, (0.4, 0.8)
#: Most mist over all, and the shares of black from which there is some and that much.
_HAZE, _MUCH = 0.5, (0.4, 0.8)
#: Colours of what is over black: sky at the top of the picture, and mist from this part of its height down.
_SKY, _MIST, _HORIZON = (0.52, 0.70, 0.89), (0.72, 0.76, 0.79), 0.45
#: Longer side of the copy on which areas are told.
_GLANCE = 256


def finish(day: Tensor, night: Tensor) -> Tensor:
    """Make a photo of what a network made of a night.

    Args:
        day: the network's picture (3, H, W) in 0..1.
        night: what was photographed, of the same shape.

    Returns:
        The same shape and range.
    """
    seen = _small(night)
    day = _fit_in(_lift(_clear(day)))
    return _veil(_level(_calm(day, seen)), seen)


def _clear(day: Tensor) -> Tensor:
    """Give the picture the contrast of a photo, if it has less. It may leave 0..1."""
    brightness = luma(day)
    dark, bright = torch.quantile(luma(_small(day)).flatten(), day.new_tensor([0.01, 0.99]))
    gain = ((_WHITE - _BLACK_LEVEL) / (bright - dark).clamp(min=1e-3)).clamp(1, _CLEAREST)
    cleared = (brightness - dark) * gain + dark.clamp(max=_BLACK_LEVEL)
    colour = torch.lerp(torch.ones_like(gain), gain, _COLOUR)
    return cleared + colour * (day - brightness)


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


def _calm(day: Tensor, seen: Tensor) -> Tensor:
    """Let neighbours share colours, and nearer ones brightness, where the night was too dark to tell either."""
    brightness, small = luma(day)[None], _small(day)
    seen = _mean(luma(seen)[None], _EDGE)
    sky = _mean(find_sky(small), _EDGE)
    shared = _mean(small - luma(small), _SHARED) * torch.lerp(torch.full_like(sky, _PALE), torch.ones_like(sky), sky)
    colours = torch.lerp(_large(shared, day), day - brightness, _large(ramp(seen, *_COLOURS), day))
    smooth = mean_around(brightness[None], _reach(day, _SMOOTH))[0]
    return torch.lerp(smooth, brightness, _large(ramp(seen, *_GRAIN), day)) + colours


def _level(day: Tensor) -> Tensor:
    """Take away what no day is tinted by: a night that the network takes for sky all over is no blue picture."""
    small = _small(day)
    cast = (small - luma(small)).mean((1, 2), keepdim=True)
    return (day - cast * (1 - _CAST / cast.abs().amax().clamp(min=_CAST))).clamp(0, 1)


def _veil(day: Tensor, seen: Tensor) -> Tensor:
    """Lay sky and mist over what was black, for nobody can tell what is there, and a little over all beside much of it.

    What shows in the midst of black goes too: it would float.
    """
    sky, mist = (day.new_tensor(colour)[:, None, None] for colour in (_SKY, _MIST))
    down = torch.linspace(0, 1, seen.shape[1], device=day.device)[None, :, None] / _HORIZON
    veil = torch.lerp(sky, mist, down.clamp(max=1)).expand_as(seen)
    black = hidden(seen)
    here, around = ramp(_mean(black, _EDGE), 0, _RIM), ramp(_mean(black, _ISLAND), *_FLOATING)
    thick = torch.maximum(torch.maximum(here, around), _HAZE * ramp(black.mean(), *_MUCH))
    return torch.lerp(day, _large(veil, day), _large(thick, day))


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
