"""Nights made of photos taken by day, to learn the way back from: each is its day, pixel for pixel.

The light of the day is taken away, most of it from the sky, and a few street lamps are put in, each of which lights
what is around it, and many far ones, which are mere points. Some skies glow, and some nights are foggy. Then a camera
takes the picture: it has too little light or makes up for that, mixes up colours, adds noise, loses what is nearly
black, and compresses. Lengths are shares of a side of the picture, light is linear.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.colour import decode, encode, luma
from imggen.imaging.sky import find_sky
from imggen.training.super_resolution.degradation import jpeg

#: Least and most factors of 2 by which daylight fades, and by which the sky fades beyond that.
_FADES, _SKY_FADES = (3.0, 9.0), (0.0, 6.0)
#: Share of nights whose sky fades more than the land, and how many pixels its edge may reach beyond what is found.
_DARK_SKIES, _REACH = 0.8, 4
#: Share of nights whose sky glows, and its light in factors of 2.
_GLOWING, _GLOW = 0.3, (-10.0, -4.0)
#: At most so many lamps; how far they reach, their light in factors of 2, and the share that is seen itself.
_LAMPS, _RADIUS, _LIGHT, _SEEN = 8, (0.03, 0.35), (-3.0, 1.0), 0.5
#: Share of lamps that have any colour.
_COLOURED = 0.1
#: Radius of a lamp that is seen, and its brightness in factors of 2.
_BULB, _GLARE = (0.004, 0.015), (0.0, 3.0)
#: At most so many far lamps, where the highest may be, and their brightness in factors of 2.
_POINTS, _HIGHEST, _POINT = 80, 0.25, (-3.0, 4.0)
#: Most light that haze adds everywhere.
_HAZE = 0.003
#: Share of nights in fog, how far it carries the light of lamps, and how much of it, in factors of 2.
_FOGGY, _CARRIED, _VEIL = 0.15, (0.1, 0.5), (-6.0, -1.0)
#: Share of cameras that expose a picture until its brightest part is so bright, in factors of 2; how large that part
#: is, and how much longer they can expose, in factors of 2.
_EXPOSED, _BRIGHT, _PART, _LONGEST = 0.5, (-5.0, 0.0), 0.05, 7.0
#: Of a camera: factors of 2 that a picture is too dark by, at most, and the deviation of its noise.
_DIM, _NOISE = 4.0, 0.03
#: By how much a camera may see red too strong and blue too weak.
_BALANCE = (-0.25, 0.6)
#: Share of cameras with stripes, and the deviation of these; share of those that lose what is dark, and up to where.
_STRIPED, _STRIPES, _CRUSHED, _BLACK = 0.1, 0.015, 0.5, 0.05
#: Share of pictures that are compressed, and the JPEG quality.
_COMPRESSED, _QUALITY = 0.5, (30, 95)


def simulate_night(day: Tensor, rng: np.random.Generator) -> Tensor:
    """Show a day as it may look by night.

    Args:
        day: (3, H, W) in 0..1.
        rng: source of all that is drawn.

    Returns:
        (3, H, W) in 0..1, of 256 levels.
    """
    height, width = day.shape[1:]
    rows, columns = torch.meshgrid(torch.arange(height) / height, torch.arange(width) / width, indexing="ij")
    light = _colour(rng.uniform(-0.3, 1)) * 2 ** -rng.uniform(*_FADES) * torch.ones(1, height, width)
    added = _HAZE * rng.random() * _colour(rng.uniform(-0.3, 1)) + _points(height, width, rng)
    reach = int(rng.integers(_REACH + 1))
    sky = F.max_pool2d(find_sky(day)[None], 2 * reach + 1, 1, reach)[0]
    foggy = rng.random() < _FOGGY
    for _ in range(rng.integers(_LAMPS + 1)):
        distance = (rows - rng.uniform(0.2, 1.1)) ** 2 + (columns - rng.uniform(-0.1, 1.1)) ** 2
        colour = _lamp_colour(rng) * 2 ** rng.uniform(*_LIGHT)
        light = light + colour / (1 + distance / rng.uniform(*_RADIUS) ** 2) ** 1.5
        if rng.random() < _SEEN:
            added = added + colour * 2 ** rng.uniform(*_GLARE) / (1 + distance / rng.uniform(*_BULB) ** 2) ** 2
        if foggy:
            added = added + colour * 2 ** rng.uniform(*_VEIL) / (1 + distance / rng.uniform(*_CARRIED) ** 2)
    if rng.random() < _DARK_SKIES:
        light = light * 2 ** (-rng.uniform(*_SKY_FADES) * sky)
    if rng.random() < _GLOWING:
        added = added + sky * _colour(rng.uniform(-0.3, 1)) * 2 ** rng.uniform(*_GLOW) * (0.3 + 0.7 * rows)
    seen = decode(day) * light + added
    if rng.random() < _EXPOSED:
        bright = torch.quantile(luma(seen).flatten(), 1 - _PART).clamp(min=1e-6)
        seen = seen * (2 ** rng.uniform(*_BRIGHT) / bright).clamp(max=2**_LONGEST)
    return photograph(encode(seen), rng, darkest=1.0)


def photograph(scene: Tensor, rng: np.random.Generator, darkest: float = _DIM) -> Tensor:
    """Take a picture with too little light.

    Args:
        scene: (3, H, W) in 0..1.
        rng: source of all that is drawn.
        darkest: factors of 2 that the picture is too dark by, at most.

    Returns:
        (3, H, W) in 0..1, of 256 levels.
    """
    height, width = scene.shape[1:]
    balance = rng.uniform(*_BALANCE) * torch.tensor([1, 0, -1])[:, None, None]
    light = decode(scene) * 2 ** -rng.uniform(-1.0, darkest) * (1 + balance)
    if rng.random() < 0.5:
        grain = torch.from_numpy(rng.standard_normal((3, height, width), np.float32))
    else:  # as the noise of small or compressed pictures, which is coarse
        coarse = torch.from_numpy(rng.standard_normal((1, 3, -(-height // 2), -(-width // 2)), np.float32))
        grain = 1.6 * F.interpolate(coarse, (height, width), mode="bilinear")[0]
    grain = 0.6 * grain + 0.7 * grain.mean(0)
    picture = encode(light) + rng.uniform(0, _NOISE) * grain
    if rng.random() < _STRIPED:
        stripes = torch.from_numpy(rng.standard_normal((3, height, 1), np.float32))
        picture = picture + rng.uniform(0, _STRIPES) * stripes
    if rng.random() < _CRUSHED:
        black = rng.uniform(0, _BLACK)
        picture = (picture - black) / (1 - black)
    picture = (picture.clamp(0, 1) * 255).round() / 255
    return jpeg(picture, int(rng.integers(*_QUALITY))) if rng.random() < _COMPRESSED else picture


def _points(height: int, width: int, rng: np.random.Generator) -> Tensor:
    """Linear light (3, H, W) of far lamps."""
    light = torch.zeros(3, height, width)
    for _ in range(int(_POINTS * rng.random() ** 2)):
        row, column = int(rng.uniform(_HIGHEST, 1) * height), int(rng.random() * width)
        light[:, row, column] = _colour(rng.uniform(-0.2, 1))[:, 0, 0] * 2 ** rng.uniform(*_POINT)
    return F.avg_pool2d(light[None], 3, 1, 1)[0]


def _lamp_colour(rng: np.random.Generator) -> Tensor:
    """Light (3, 1, 1) of a lamp: most are white to amber, some have any colour."""
    if rng.random() < _COLOURED:
        return torch.from_numpy(rng.uniform(0.05, 1.5, (3, 1, 1)).astype(np.float32))
    return _colour(rng.uniform(-0.2, 1))


def _colour(warmth: float) -> Tensor:
    """Light (3, 1, 1): white at 0, amber at 1, bluish below."""
    return torch.tensor([1 + 0.9 * warmth, 1.0, 1 - 0.75 * warmth])[:, None, None]
