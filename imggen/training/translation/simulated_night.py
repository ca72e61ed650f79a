"""Simulated night photos for training night-to-day translation: each is made from a day photo, pixel for pixel.

The daylight is dimmed, most of all in the sky. Street lamps are added, each with the light it casts around it; far
lamps are single points. Some skies glow, some nights are foggy. Then a camera is simulated: exposure, white balance,
noise, stripes, crushed blacks and JPEG compression. Light is linear (:func:`imggen.imaging.colour.decode`), white is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.colour import decode, encode, luma
from imggen.imaging.sky import find_sky
from imggen.training.super_resolution.degradation import jpeg

#: Least and greatest value of a uniform distribution.
Range = tuple[float, float]


@dataclass(frozen=True)
class SceneTuning:
    """How nights are drawn. Ranges, and numbers from 0 to "at most", are drawn uniformly for every night or lamp.

    Stops are factors of 2 of linear light: -1 is half of it. Lengths are shares of the picture's height for rows and of
    its width for columns. Shares of nights, skies and lamps are probabilities in 0..1.

    Attributes:
        daylight_loss: stops by which all daylight is dimmed.
        dark_sky_share: share of nights whose sky is dimmed further.
        sky_loss: stops by which such a sky is dimmed further.
        sky_margin: pixels, at most, by which the dimmed sky is wider than the sky that is found.
        glowing_sky_share: share of nights whose sky glows, as above a town.
        sky_glow: light of that glow at the bottom of the picture, in stops; 0.3 of it at the top.
        lamps: street lamps, at most.
        lamp_row: position of a lamp, 0 at the top; above 1 it is below the picture and only its light shows.
        lamp_column: position of a lamp, 0 at the left; outside of 0..1 only its light shows.
        lamp_reach: distance at which a lamp lights its surroundings about a third as strongly as directly below it.
        lamp_light: light of a lamp on its surroundings, in stops relative to the day's.
        coloured_lamp_share: share of lamps of any colour; the others are white to amber.
        visible_lamp_share: share of lamps that are in the picture themselves.
        bulb_radius: radius of a visible lamp: a larger one looks overexposed.
        bulb_light: light of a visible lamp, in stops relative to the light it casts.
        foggy_share: share of nights with fog, in which every lamp has a halo.
        halo_radius: radius of a halo.
        halo_light: light of a halo at its centre, in stops relative to the light of its lamp.
        points: far lamps, at most; few are more frequent than many.
        highest_point: topmost row of far lamps, 0 at the top of the picture.
        point_light: light of a far lamp, in stops; it is spread over 3 x 3 pixels.
        haze: linear light, at most, that is added everywhere: it lifts the blacks.
    """

    daylight_loss: Range = (3.0, 9.0)
    dark_sky_share: float = 0.8
    sky_loss: Range = (0.0, 6.0)
    sky_margin: int = 4
    glowing_sky_share: float = 0.3
    sky_glow: Range = (-10.0, -4.0)
    lamps: int = 8
    lamp_row: Range = (0.2, 1.1)
    lamp_column: Range = (-0.1, 1.1)
    lamp_reach: Range = (0.03, 0.35)
    lamp_light: Range = (-3.0, 1.0)
    coloured_lamp_share: float = 0.1
    visible_lamp_share: float = 0.5
    bulb_radius: Range = (0.004, 0.015)
    bulb_light: Range = (0.0, 3.0)
    foggy_share: float = 0.15
    halo_radius: Range = (0.1, 0.5)
    halo_light: Range = (-6.0, -1.0)
    points: int = 80
    highest_point: float = 0.25
    point_light: Range = (-3.0, 4.0)
    haze: float = 0.003


@dataclass(frozen=True)
class CameraTuning:
    """How a camera takes a night photo. Stops and shares as of :class:`SceneTuning`.

    Attributes:
        exposing_share: share of cameras that expose longer, until the highlights are bright enough.
        highlights: part of the pixels that counts as highlights, 0..1.
        highlight_light: light that the darkest of the highlights is brought to, in stops.
        longest_exposure: stops, at most, that these cameras brighten.
        overexposure: stops, at most, by which a photo is too bright.
        underexposure: stops, at most, by which a photo is too dark.
        white_balance: red is multiplied by 1 plus this, blue by 1 minus this: above 0 the photo is too warm.
        fine_noise_share: share of cameras with noise of single pixels; of the others it is half as fine, as in small or
            compressed photos.
        noise: standard deviation, at most, of the noise in values of 0..1.
        striped_share: share of cameras whose rows differ in brightness and colour.
        stripes: standard deviation, at most, of these rows in values of 0..1.
        crushed_share: share of cameras that show everything below some value as black.
        black: that value, at most, in 0..1.
        compressed_share: share of photos that are stored as JPEG.
        jpeg_quality: of these, 1 to 100; the last is not included.
    """

    exposing_share: float = 0.5
    highlights: float = 0.05
    highlight_light: Range = (-5.0, 0.0)
    longest_exposure: float = 7.0
    overexposure: float = 1.0
    underexposure: float = 4.0
    white_balance: Range = (-0.25, 0.6)
    fine_noise_share: float = 0.5
    noise: float = 0.03
    striped_share: float = 0.1
    stripes: float = 0.015
    crushed_share: float = 0.5
    black: float = 0.05
    compressed_share: float = 0.5
    jpeg_quality: tuple[int, int] = (30, 95)


_SCENE = SceneTuning()
_CAMERA = CameraTuning()


def simulate_night(day: Tensor, rng: np.random.Generator) -> Tensor:
    """Make a night photo of a day photo.

    Args:
        day: (3, H, W) in 0..1.
        rng: random generator that everything is drawn from.

    Returns:
        (3, H, W) in 0..1, multiples of 1/255.
    """
    height, width = day.shape[1:]
    rows, columns = torch.meshgrid(torch.arange(height) / height, torch.arange(width) / width, indexing="ij")
    light = _colour(rng.uniform(-0.3, 1)) * 2 ** -rng.uniform(*_SCENE.daylight_loss) * torch.ones(1, height, width)
    added = _SCENE.haze * rng.random() * _colour(rng.uniform(-0.3, 1)) + _points(height, width, rng)
    margin = int(rng.integers(_SCENE.sky_margin + 1))
    sky = F.max_pool2d(find_sky(day)[None], 2 * margin + 1, 1, margin)[0]
    foggy = rng.random() < _SCENE.foggy_share
    for _ in range(rng.integers(_SCENE.lamps + 1)):
        row, column = rng.uniform(*_SCENE.lamp_row), rng.uniform(*_SCENE.lamp_column)
        squared_distance = (rows - row) ** 2 + (columns - column) ** 2
        colour = _lamp_colour(rng) * 2 ** rng.uniform(*_SCENE.lamp_light)
        light = light + colour / (1 + squared_distance / rng.uniform(*_SCENE.lamp_reach) ** 2) ** 1.5
        if rng.random() < _SCENE.visible_lamp_share:
            bulb = colour * 2 ** rng.uniform(*_SCENE.bulb_light)
            added = added + bulb / (1 + squared_distance / rng.uniform(*_SCENE.bulb_radius) ** 2) ** 2
        if foggy:
            halo = colour * 2 ** rng.uniform(*_SCENE.halo_light)
            added = added + halo / (1 + squared_distance / rng.uniform(*_SCENE.halo_radius) ** 2)
    if rng.random() < _SCENE.dark_sky_share:
        light = light * 2 ** (-rng.uniform(*_SCENE.sky_loss) * sky)
    if rng.random() < _SCENE.glowing_sky_share:
        added = added + sky * _colour(rng.uniform(-0.3, 1)) * 2 ** rng.uniform(*_SCENE.sky_glow) * (0.3 + 0.7 * rows)
    scene = decode(day) * light + added
    if rng.random() < _CAMERA.exposing_share:
        bright = torch.quantile(luma(scene).flatten(), 1 - _CAMERA.highlights).clamp(min=1e-6)
        scene = scene * (2 ** rng.uniform(*_CAMERA.highlight_light) / bright).clamp(max=2**_CAMERA.longest_exposure)
    return photograph(encode(scene), rng, underexposure=1.0)


def photograph(scene: Tensor, rng: np.random.Generator, underexposure: float = _CAMERA.underexposure) -> Tensor:
    """Photograph a scene as a camera does in the dark.

    Args:
        scene: (3, H, W) in 0..1, sRGB.
        rng: random generator that everything is drawn from.
        underexposure: see :class:`CameraTuning`.

    Returns:
        (3, H, W) in 0..1, multiples of 1/255.
    """
    height, width = scene.shape[1:]
    balance = rng.uniform(*_CAMERA.white_balance) * torch.tensor([1, 0, -1])[:, None, None]
    light = decode(scene) * 2 ** -rng.uniform(-_CAMERA.overexposure, underexposure) * (1 + balance)
    if rng.random() < _CAMERA.fine_noise_share:
        noise = torch.from_numpy(rng.standard_normal((3, height, width), np.float32))
    else:
        coarse = torch.from_numpy(rng.standard_normal((1, 3, -(-height // 2), -(-width // 2)), np.float32))
        # Interpolation averages neighbours; 1.6 restores the standard deviation.
        noise = 1.6 * F.interpolate(coarse, (height, width), mode="bilinear")[0]
    noise = 0.6 * noise + 0.7 * noise.mean(0)  # noise of the three channels is correlated
    picture = encode(light) + rng.uniform(0, _CAMERA.noise) * noise
    if rng.random() < _CAMERA.striped_share:
        stripes = torch.from_numpy(rng.standard_normal((3, height, 1), np.float32))
        picture = picture + rng.uniform(0, _CAMERA.stripes) * stripes
    if rng.random() < _CAMERA.crushed_share:
        black = rng.uniform(0, _CAMERA.black)
        picture = (picture - black) / (1 - black)
    picture = (picture.clamp(0, 1) * 255).round() / 255
    return (
        jpeg(picture, int(rng.integers(*_CAMERA.jpeg_quality))) if rng.random() < _CAMERA.compressed_share else picture
    )


def _points(height: int, width: int, rng: np.random.Generator) -> Tensor:
    """Linear light (3, H, W) of far lamps, each about one pixel."""
    light = torch.zeros(3, height, width)
    for _ in range(int(_SCENE.points * rng.random() ** 2)):
        row, column = int(rng.uniform(_SCENE.highest_point, 1) * height), int(rng.random() * width)
        light[:, row, column] = _colour(rng.uniform(-0.2, 1))[:, 0, 0] * 2 ** rng.uniform(*_SCENE.point_light)
    return F.avg_pool2d(light[None], 3, 1, 1)[0]


def _lamp_colour(rng: np.random.Generator) -> Tensor:
    """Linear colour (3, 1, 1) of a lamp."""
    if rng.random() < _SCENE.coloured_lamp_share:
        return torch.from_numpy(rng.uniform(0.05, 1.5, (3, 1, 1)).astype(np.float32))
    return _colour(rng.uniform(-0.2, 1))


def _colour(warmth: float) -> Tensor:
    """Linear colour (3, 1, 1) of light: white at 0, amber at 1, bluish below 0."""
    return torch.tensor([1 + 0.9 * warmth, 1.0, 1 - 0.75 * warmth])[:, None, None]
