"""Make a photo of the day that a network made of a night: the light of one, and sky and shade where it was black.

The network answers for each place by itself, and where the night shows little, with the mean of what may be there: a
picture without contrast, dark where the night is dark, and brown where it is black.
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
#: Brightness of a night below which colours are noise and from which they are true, the part they are shared over, and
#: how much of them is left then, but in the sky.
_COLOURS, _SHARED, _PALE = (0.1, 0.3), 0.02, 0.8
#: Value from which a lamp may dazzle the camera and surely does, and how much of the colours is left there.
_DAZZLED, _GLARE = (0.8, 0.95), 0.4
#: Brightness of a night below which grain is noise and from which it is true, and the part that is smoothed.
_GRAIN, _SMOOTH = (0.02, 0.15), 0.0018
#: How far the mean colour of a day may be from grey: as far as that of the most colourful in a hundred photos.
_CAST = 0.11
#: Pixels around in which contrast is local, and how far brightness may be from the mean there. In pixels, so that a
#: roof before the sky gets no halo in a large photo.
_NEAR, _HARSH = 3, 0.1
#: Brightness from which a night shows something, and shows it well: softer than what :mod:`imggen.night_photo` counts.
_SHOWS = (0.012, 0.05)
#: Part of the longer side over which the edge of what shows is soft, and the share of it that must show for a place to
#: be kept whole.
_EDGE, _WHOLE = 0.003, 0.6
#: Part in which what shows may be an island, and the shares of it that are too little and enough.
_ISLAND, _FLOATING = 0.04, (0.1, 0.3)
#: Brightness of a night sky that is too dark to show clouds, and that shows them.
_DIM = (0.04, 0.12)
#: Part of the longer side that what is told on the small copy is smoothed over.
_BLUR = 0.008
#: Upper part of a picture that is sky where there is one, and the shares of it that show nothing and enough.
_TOP, _OPEN = 0.2, (0.35, 0.7)
#: Colours of what is over black: sky at the top, mist at the horizon, land in the shade below it, and the parts of the
#: height where the horizon is and from where the land is near enough to be free of mist.
_SKY, _MIST, _LAND = (0.47, 0.65, 0.87), (0.72, 0.77, 0.81), (0.33, 0.355, 0.335)
_HORIZON, _GROUND = 0.33, 0.85
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
    return _fill(_soften(_level(_calm(day, seen))), night, seen)


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


def _calm(day: Tensor, seen: Tensor) -> Tensor:
    """Let neighbours share colours, and nearer ones brightness, where the night was too dark to tell either.

    Colours are shared, and pale, too where it was dazzling: a lamp that is off has not the colour of its light.
    """
    brightness, small = luma(day)[None], _small(day)
    dazzled = _mean(ramp(seen.amax(0)[None], *_DAZZLED), _BLUR)
    seen, sky = (_mean(field, _BLUR) for field in (luma(seen)[None], find_sky(small)))
    left = torch.lerp(torch.full_like(sky, _PALE), torch.ones_like(sky), sky) * (1 - (1 - _GLARE) * dazzled)
    shared = _large(left * _mean(small - luma(small), _SHARED), day)
    colours = torch.lerp(shared, day - brightness, _large(ramp(seen, *_COLOURS) * (1 - dazzled), day))
    smooth = mean_around(brightness[None], _reach(day, _SMOOTH))[0]
    return torch.lerp(smooth, brightness, _large(ramp(seen, *_GRAIN), day)) + colours


def _level(day: Tensor) -> Tensor:
    """Take away what no day is tinted by: a night that the network takes for sky all over is no blue picture."""
    small = _small(day)
    cast = (small - luma(small)).mean((1, 2), keepdim=True)
    return day - cast * (1 - _CAST / cast.abs().amax().clamp(min=_CAST))


def _soften(day: Tensor) -> Tensor:
    """Limit the contrast of neighbours: developed like a night, a wall has the contrast of a pencil drawing."""
    brightness = luma(day)[None]
    contrast = brightness - mean_around(brightness[None], _NEAR)[0]
    return (day - contrast + _HARSH * (contrast / _HARSH).tanh()).clamp(0, 1)


def _fill(day: Tensor, night: Tensor, seen: Tensor) -> Tensor:
    """Put sky, mist and land over what was black, for nobody can tell what is there.

    What shows in the midst of black goes too: it would float. So does what shows of a sky too dark to have a shape.
    Where the top of the night shows something, all stays: what is black under a sky are silhouettes.
    """
    shows = ramp(luma(night)[None], *_SHOWS)
    glance, small = _small(shows), _small(day)
    no_island = ramp(_mean(glance, _ISLAND), *_FLOATING)
    dim_sky = _mean(find_sky(small), _BLUR) * (1 - ramp(_mean(luma(seen)[None], _BLUR), *_DIM))
    picture = ramp(_mean(shows, _EDGE), 0, _WHOLE) * _large(no_island * (1 - dim_sky), day)
    top = glance[:, : max(1, round(_TOP * glance.shape[1]))]
    return torch.lerp(_large(_landscape(small), day), day, torch.maximum(picture, ramp(top.mean(), *_OPEN)))


def _landscape(like: Tensor) -> Tensor:
    """A misty landscape in the shade under a clear sky, of the shape (3, h, w)."""
    sky, mist, land = (like.new_tensor(colour)[:, None, None] for colour in (_SKY, _MIST, _LAND))
    height = torch.linspace(0, 1, like.shape[1], device=like.device)[None, :, None]
    above = torch.lerp(sky, mist, ramp(height, 0, _HORIZON))
    below = ramp(height, _HORIZON, _GROUND)
    return torch.lerp(above, land, below * below * (3 - 2 * below)).expand_as(like)


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
