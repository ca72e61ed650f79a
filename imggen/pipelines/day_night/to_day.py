"""Make a day of a photo taken by night: what a network finds in it, put together and finished as a photo of daylight.

The network answers for each place by itself, and where the night shows little, with the mean of what may be there: a
picture without contrast, dark where the night is dark. And it lightens the grain of the night with the rest.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.bilateral_grid import transfer, upsample
from imggen.imaging.colour import luma, ramp
from imggen.imaging.filters import blur, blur_within, mean_around, moments, reach_of
from imggen.imaging.night_photo import develop
from imggen.imaging.sky import find_skyline
from imggen.models.translation.daybreak import Daybreak
from imggen.pipelines.day_night.tuning import DAY


def to_day(photo: Tensor, parts: Daybreak, report: Callable[[float], None] = lambda fraction: None) -> Tensor:
    """Make the day.

    Args:
        photo: taken by night, (3, H, W) in 0..1.
        parts: what the network found in it, or in a smaller copy of it.
        report: gets the fraction done; may raise to stop.

    Returns:
        (3, H, W) in 0..1.
    """
    # What the network tells apart in the dark, the grid must tell apart: both work on the developed night.
    sky, land, shown = (part[0].float() / 2 + 0.5 for part in (parts.sky, parts.land, parts.night))
    same = photo.shape == shown.shape
    developed = shown if same else develop(photo[None])[0]
    where = mean_around(find_skyline(parts.where[0].float(), shown)[None], 1)[0]
    # What the network says of the sky behind land has no meaning: the colours of the sky alone are averaged.
    sky = blur_within(sky, where, DAY.sky)
    report(0.1)
    if not same:
        land = transfer(shown, land, developed, lambda fraction: report(0.1 + 0.5 * fraction))
        where = upsample(where, shown, developed).clamp(0, 1)
        sky = F.interpolate(sky[None], photo.shape[1:], mode="bilinear")[0]
    report(0.6)
    return torch.lerp(finish(land, photo, developed), sky, where)


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
    haze = torch.minimum(DAY.haze * dark, bright * (1 - 1 / DAY.clearest))  # what is bright gets no darker
    return (land - haze) * (DAY.white / (bright - haze).clamp(min=1e-3)).clamp(1, DAY.clearest)


def _lift(land: Tensor, seen: Tensor) -> Tensor:
    """Give dark areas more light, which keeps the contrast within them."""
    known = blur(ramp(blur(luma(seen)[None], DAY.smooth), *DAY.known), DAY.area / 2)
    area = blur(luma(_small(land))[None], DAY.area).clamp(0.02, 1)
    exponent = 1 / (1 + (DAY.lift[0] + (DAY.lift[1] - DAY.lift[0]) * known) * (1 - area) ** 2)
    return land * _large(area**exponent / area, land)


def _fit_in(land: Tensor) -> Tensor:
    """Bring what is brighter than white into 0..1 with its hue: a yellow wall does not become white."""
    land = land.clamp(min=0)
    brightest = land.amax(0)
    most = torch.quantile(_small(land).amax(0).flatten(), 0.995).clamp(min=1)
    fitting = DAY.shoulder + (brightest - DAY.shoulder) * (1 - DAY.shoulder) / (most - DAY.shoulder)
    return (land * torch.where(brightest > DAY.shoulder, fitting / brightest, 1)).clamp(max=1)


def _follow(brightness: Tensor, shown: Tensor, seen: Tensor) -> Tensor:
    """Redraw the brightness of a day (1, H, W) with what the developed night shows, and nothing besides.

    The guided filter of He et al., 2013 (https://doi.org/10.1109/TPAMI.2012.213): around each place a linear function
    of its guide. Here its slope is bounded but at edges, and never falls, so that no wall has the contrast of a relief
    and no roof is outlined; and the darker the night, the more counts as noise.
    """
    reach, seen = reach_of(brightness, DAY.follows), _large(blur(seen, DAY.smooth), brightness)
    noise = DAY.noise[0] * (DAY.noise[1] / DAY.noise[0]) ** ramp(seen, *DAY.grain)
    most = DAY.contrast[0] + (DAY.contrast[1] - DAY.contrast[0]) * ramp(seen, *DAY.lit)
    mean, level, covariance, variance = (x[0] for x in moments(brightness[None], shown[None], reach))
    slope = (covariance / (variance + noise)).clamp(min=0).minimum(most * (1 + variance / DAY.edge))
    slope, offset = mean_around(torch.cat([slope, mean - slope * level])[None], reach)[0].split(1)
    return slope * shown + offset


def _calm(colours: Tensor, small: Tensor, seen: Tensor) -> Tensor:
    """Let neighbours share colours where the night was too dark to tell them, and be pale where it was black.

    Colours are shared, and pale, too where it was dazzling: a lamp that is off has not the colour of its light.
    """
    dazzled, brightness = (
        blur(field, DAY.smooth) for field in (ramp(seen.amax(0)[None], *DAY.dazzled), luma(seen)[None])
    )
    left = DAY.pale * (DAY.guessed + (1 - DAY.guessed) * ramp(brightness, *DAY.shows)) * (1 - (1 - DAY.glare) * dazzled)
    shared = _large(left * blur(small - luma(small), DAY.shared), colours)
    own = mean_around(colours[None], reach_of(colours, DAY.bleed))[0]
    return torch.lerp(shared, own, _large(ramp(brightness, *DAY.colours) * (1 - dazzled), colours))


def _small(image: Tensor) -> Tensor:
    scale = min(1.0, DAY.glance / max(image.shape[1:]))
    return F.interpolate(image[None], [max(1, round(side * scale)) for side in image.shape[1:]], mode="area")[0]


def _large(field: Tensor, image: Tensor) -> Tensor:
    return F.interpolate(field[None], image.shape[1:], mode="bilinear")[0]
