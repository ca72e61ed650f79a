"""The light between a day and a night of one scene, both of which are known."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from imggen.imaging.colour import decode, encode, ramp, smoothstep
from imggen.pipelines.day_night.tuning import DAWN


def between(day: Tensor, night: Tensor, night_share: float, glow: float) -> Tensor:
    """Show a scene at any time from day to night.

    In linear light, where light adds: daylight fades by the same factor in equal times, as it does at dusk, the low sun
    warms it, and lamps join what is left. What is brighter by night than by day is a lamp's.

    Args:
        day: the scene by day (3, H, W) in 0..1.
        night: the same by night.
        night_share: 0 for ``day``, 0.5 for dusk or dawn, 1 for ``night``.
        glow: brightness of the lamps: 0 for none, 1 as in ``night``.

    Returns:
        (3, H, W) in 0..1: ``day`` at 0, and ``night`` at 1 with a glow of 1.
    """
    if night_share == 0:
        return day
    if night_share == 1 and glow == 1:
        return night
    day, night = decode(day), decode(night)
    lamps = (night - day).clamp(min=0)
    ambient = torch.lerp((day + DAWN.black).log(), (night - lamps + DAWN.black).log(), night_share).exp() - DAWN.black
    low_sun = math.sin(math.pi * night_share) * (1 - night_share)
    warm = (low_sun * day.new_tensor(DAWN.warm)).exp()[:, None, None]
    lit = ramp(torch.tensor(night_share), *DAWN.dusk)
    return encode(ambient * warm + glow * smoothstep(lit) * lamps)
