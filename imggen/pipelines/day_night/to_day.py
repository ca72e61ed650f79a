"""Make a day of a photo taken by night: what a network finds in it, put together and finished as a photo of daylight.

The network answers for each place by itself, and where the night shows little, with the mean of what may be there: a
picture without contrast, dark where the night is dark. And it lightens the grain of the night with the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.bilateral_grid import transfer, upsample
from imggen.imaging.colour import luma, ramp
from imggen.imaging.filters import blur, guided, in_bands, mean_around, reach_of, reduced
from imggen.imaging.night_photo import develop
from imggen.imaging.sky import find_skyline
from imggen.models.translation.day_generator import DayParts
from imggen.pipelines.day_night.tuning import DAY


def to_day(photo: Tensor, parts: DayParts, report: Callable[[float], None] = lambda fraction: None) -> Tensor:
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
    developed = shown if same else develop(photo[None], lambda fraction: report(0.3 * fraction))[0]
    where = mean_around(find_skyline(parts.where[0].float(), shown)[None], 1)[0]
    report(0.3)
    if not same:
        land = transfer(shown, land, developed, lambda fraction: report(0.3 + 0.3 * fraction))
        where = upsample(where, shown, developed).clamp(0, 1)
        sky = F.interpolate(sky[None], photo.shape[1:], mode="bilinear")[0]
    report(0.6)
    finished = finish(land, photo, developed, lambda fraction: report(0.6 + 0.4 * fraction))
    return torch.lerp(finished, sky, where)


def finish(
    land: Tensor, night: Tensor, developed: Tensor, report: Callable[[float], None] = lambda fraction: None
) -> Tensor:
    """Make a photo of what a network made of a night; what it does to a sky does not matter.

    Args:
        land: the network's picture (3, H, W) in 0..1.
        night: what was photographed, of the same shape.
        developed: the same after :func:`imggen.imaging.night_photo.develop`.
        report: gets the fraction done; may raise to stop.

    Returns:
        The same shape and range.
    """
    land = _lift(_clear(land), reduced(night, DAY.small_side)).clamp(0, 1)
    edge_radius, colour_radius = reach_of(land, DAY.edge_length), reach_of(land, DAY.colour_length)
    redraw = partial(_redraw, edge_radius=edge_radius, colour_radius=colour_radius)
    return in_bands(redraw, land, developed, margin=max(2 * edge_radius, colour_radius), report=report)


def _redraw(land: Tensor, developed: Tensor, edge_radius: int, colour_radius: int) -> Tensor:
    """Take edges from the developed night; colours have no sharp ones, and grain is in them too."""
    brightness = luma(land)[None]
    colour = mean_around((land - brightness)[None], colour_radius)[0]
    return (guided(brightness[None], luma(developed)[None, None], edge_radius, DAY.noise)[0] + colour).clamp(0, 1)


def _clear(land: Tensor) -> Tensor:
    """Take haze away and give the picture more contrast, if it has less than a photo. It may leave 0..1."""
    dark, bright = torch.quantile(luma(reduced(land, DAY.small_side)).flatten(), land.new_tensor([0.01, 0.99]))
    haze = torch.minimum(DAY.haze * dark, bright * (1 - 1 / DAY.largest_gain))  # what is bright gets no darker
    return (land - haze) * (DAY.white / (bright - haze).clamp(min=1e-3)).clamp(1, DAY.largest_gain)


def _lift(land: Tensor, night: Tensor) -> Tensor:
    """Give dark areas more light, which keeps the contrast within them."""
    visible = blur(ramp(luma(night)[None], *DAY.visible), DAY.area_length / 2)
    area = blur(luma(reduced(land, DAY.small_side))[None], DAY.area_length).clamp(0.02, 1)
    lift = DAY.lift[0] + (DAY.lift[1] - DAY.lift[0]) * visible
    exponent = 1 / (1 + lift * (1 - area) ** 2)
    return land * F.interpolate((area**exponent / area)[None], land.shape[1:], mode="bilinear")[0]
