"""Make a night, at any hour from the photo's own, of a photo taken by day.

All of it happens in linear light, where light adds. Sky and land fade apart, each by its own light of the hour
(:class:`imggen.pipelines.day_night.tuning.Hour`), and meet at the photo's own edge. Windows are lit and throw their
light on what is around them, and the picture is exposed as a camera would. Only to find the sky takes a network.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.colour import decode, encode, luma, ramp, smoothstep
from imggen.imaging.filters import blur, in_bands, mean_around, reduced
from imggen.imaging.sky import matte
from imggen.pipelines.day_night.tuning import LAMPS, NIGHT, SKIES, WINDOWS, Colour, Hour
from imggen.pipelines.day_night.windows import find_windows, light_windows

#: Longer side of the copy on which brightness is told.
_GLANCE = 256
#: Steps in which the exposure is found.
_EXPOSURES = 3
#: Time of day at which nothing is left of the photo's own sky.
_SUNSET = 0.5


def to_night(
    photo: Tensor,
    small: Tensor,
    logits: Tensor,
    time: float,
    glow: float,
    sky: str,
    seed: int,
    report: Callable[[float], None] = lambda fraction: None,
) -> Tensor:
    """Show a photo taken by day as it may look later.

    Args:
        photo: (3, H, W) in 0..1.
        small: the same, reduced to the size at which its sky is known, (3, h, w).
        logits: of being sky, (1, h, w).
        time: 0 for the photo's own, 0.5 for sunset, 0.7 for dusk, 1 for full night.
        glow: brightness of windows, 0 for none.
        sky: key of :data:`imggen.pipelines.day_night.tuning.SKIES`.
        seed: chooses the windows that are lit.
        report: gets the fraction done; may raise to stop.

    Returns:
        (3, H, W) in 0..1: the photo itself at time 0.
    """
    if time == 0:
        return photo
    sky_probability = logits.sigmoid()
    sky_share = matte(sky_probability, small, photo)
    report(0.3)
    lamps = _lamps(photo, sky_share, time, glow, seed, lambda fraction: report(0.3 + 0.3 * fraction))
    report(0.6)
    fields = torch.cat([sky_share, _depth(sky_probability, photo), *lamps])
    report(0.62)
    sky_light = (decode(luma(small))[None] * sky_probability).sum() / sky_probability.sum().clamp(min=1)
    light = _Light(_hour(sky, time), time, float(sky_light))
    gain = _exposure(photo, fields, light)
    report(0.65)
    compose = partial(_compose, light=light, gain=gain)
    return in_bands(compose, photo, fields, report=lambda fraction: report(0.65 + 0.35 * fraction))


class _Light(NamedTuple):
    """The light of a scene.

    Attributes:
        hour: of sky and land.
        time: of day.
        sky_light: mean linear brightness of the photo's sky.
    """

    hour: Hour
    time: float
    sky_light: float


def _compose(photo: Tensor, fields: Tensor, light: _Light, gain: float = 1.0) -> Tensor:
    """Put the light together, for a part of a photo (3, h, w) and its fields (11, h, w) as of :func:`to_night`."""
    sky_share, depth, panes, pools, bloom = fields.split((1, 1, 3, 3, 3))
    day = decode(photo)
    grey = luma(day)[None]
    greyed = torch.lerp(day, grey.expand_as(day), NIGHT.grey_share * light.time)
    zenith, horizon = (_colour(colour, day).log() for colour in (light.hour.zenith, light.hour.horizon))
    clouds = ((grey + NIGHT.black) / (light.sky_light + NIGHT.black)).clamp(*NIGHT.cloud_range) ** NIGHT.clouds
    sky = torch.lerp(zenith, horizon, depth).exp() * clouds
    if light.time < _SUNSET:
        passed = smoothstep(light.time / _SUNSET)
        sky = torch.lerp((day + NIGHT.black).log(), sky.log(), passed).exp()
    night = torch.lerp(greyed * _colour(light.hour.land, day), sky, sky_share)
    return encode(gain * night + (1 - sky_share) * (panes + pools * greyed) + bloom)


def _hour(sky: str, time: float) -> Hour:
    """The light of a time: between two hours of a sky, or before the first, by equal factors in equal times."""
    hours = SKIES[sky]
    later = next(hour for hour in hours if hour >= time)
    earlier = max((hour for hour in hours if hour < time), default=None)
    if earlier is None:
        first = hours[later]
        return first._replace(land=_between((1.0, 1.0, 1.0), first.land, time / later))
    share = (time - earlier) / (later - earlier)
    return Hour(*(_between(start, end, share) for start, end in zip(hours[earlier], hours[later], strict=True)))


def _between(start: Colour, end: Colour, share: float) -> Colour:
    red, green, blue = (first ** (1 - share) * last**share for first, last in zip(start, end, strict=True))
    return red, green, blue


def _depth(sky_probability: Tensor, photo: Tensor) -> Tensor:
    """How low in the sky each pixel of a photo is, (1, H, W): 0 at the top, 1 where the sky of most columns ends."""
    sky_heights = sky_probability.sum(1).flatten() / sky_probability.shape[1]
    horizon = torch.quantile(sky_heights, NIGHT.horizon_quantile).clamp(min=NIGHT.least_sky)
    rows = (torch.arange(photo.shape[1], device=photo.device) + 0.5) / photo.shape[1]
    depth = (rows / horizon).clamp(max=1) ** NIGHT.horizon
    return depth[None, :, None].expand(1, *photo.shape[1:])


def _lamps(
    photo: Tensor, sky_share: Tensor, time: float, glow: float, seed: int, report: Callable[[float], None]
) -> list[Tensor]:
    """Linear light (3, H, W) of panes, of what they light, to be multiplied by its colour, and of bloom."""
    size = photo.shape[1:]
    day, land = (reduced(image, WINDOWS.side) for image in (photo, 1 - sky_share))
    windows = find_windows(day, land, report=report)
    light = glow * light_windows(windows, time, seed)
    pools, bloom = (
        sum((strength * blur(light, part) for part, strength in parts), torch.zeros_like(light))
        for parts in (LAMPS.pools, LAMPS.bloom)
    )
    # Panes get their edges from the photo: light reaches a pixel beyond them here, and frames are too bright for it.
    wider = mean_around(F.max_pool2d(light[None], 3, 1, 1), 1)[0]
    fields = torch.cat([wider, pools, bloom, windows.frame])
    wider, pools, bloom, frame = F.interpolate(fields[None], size, mode="bilinear")[0].split((3, 3, 3, 1))
    panes = LAMPS.pane_light * wider * ramp((frame - luma(photo)) / (frame + 0.08), *LAMPS.pane_contrast)
    return [panes, pools, bloom]


def _exposure(photo: Tensor, fields: Tensor, light: _Light) -> float:
    """Factor on the light of sky and land with which the result is not too dark, at least 1."""
    photo, fields = (reduced(image, _GLANCE) for image in (photo, fields))
    least_median = NIGHT.least_median + NIGHT.median_slope * (1 - light.time)
    wanted = decode(least_median * luma(photo).median())
    gain = 1.0
    for _ in range(_EXPOSURES):  # lamps stay as they are, so that one step may fall short
        made = decode(luma(_compose(photo, fields, light, gain)).median())
        gain = float((gain * wanted / made.clamp(min=1e-6)).clamp(1, NIGHT.largest_gain))
    return gain


def _colour(colour: Colour, like: Tensor) -> Tensor:
    return like.new_tensor(colour)[:, None, None]
