"""Making a photo of the land of a day that a network made of a night."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from imggen.imaging.colour import expose, luma
from imggen.imaging.night_photo import develop
from imggen.pipelines.day_night.to_day import finish


def night(brightness: float = 0.4) -> Tensor:
    return torch.full((3, 120, 180), brightness)


def scene(sky: float, land: float) -> Tensor:
    """Blue sky of a brightness above grey, checkered land of a brightness."""
    picture = sky * torch.tensor([0.7, 0.9, 1.1])[:, None, None].expand(3, 120, 180).clone()
    checks = (torch.arange(60)[:, None] // 4 + torch.arange(180) // 4) % 2
    picture[:, 60:] = land * (0.6 + 0.8 * checks)
    return picture


def shown(day: Tensor, dark: Tensor) -> Tensor:
    return finish(day, dark, develop(dark[None])[0])


def like(day: Tensor) -> Tensor:
    """The day made of a night that shows all of it."""
    return shown(day, 0.1 + 0.3 * day)


def test_haze_becomes_a_clearer_picture() -> None:
    hazy = 0.4 + 0.25 * scene(0.8, 0.3)
    day = shown(hazy, 0.1 + 0.3 * scene(0.8, 0.3))
    assert luma(day).min() / luma(day).max() < 0.9 * luma(hazy).min() / luma(hazy).max()
    assert luma(day).max() > 1.1 * luma(hazy).max()
    assert luma(day)[80:].std() > 1.5 * luma(hazy)[80:].std()


@pytest.mark.parametrize("brightness", [0.5, 0.9])
def test_a_picture_without_contrast_keeps_its_brightness(brightness: float) -> None:
    day = shown(torch.full((3, 8, 8), brightness), torch.full((3, 8, 8), 0.4))
    assert day.std() < 1e-4
    assert day.mean() > 0.95 * min(brightness, 0.85)


def test_dark_land_gets_light() -> None:
    dark = scene(0.8, 0.1)
    day = like(dark)
    assert luma(day)[80:].mean() > 1.5 * luma(dark)[80:].mean()


def test_noise_of_the_dark_goes_and_detail_of_the_light_stays() -> None:
    torch.manual_seed(0)
    grain = torch.randn(1, 120, 180).expand(3, 120, 180)
    left = []
    for brightness in (0.015, 0.3):
        dark = brightness * (1 + 0.2 * grain).clamp(min=0)
        left.append(luma(finish((0.5 + 0.1 * grain).clamp(0, 1), dark, expose(dark))).std())
    assert left[0] < 0.6 * left[1]


def test_what_was_black_gets_less_light_than_what_the_night_shows() -> None:
    dark = scene(0.8, 0.15)
    black, lit = (luma(shown(dark, night(brightness)))[80:].mean() for brightness in (0.0, 0.4))
    assert luma(dark)[80:].mean() < black < 0.8 * lit


def test_what_the_night_does_not_show_is_not_drawn() -> None:
    harsh = torch.full((3, 120, 180), 0.5)
    harsh[:, ::2, ::2] = 0.9
    assert luma(shown(harsh, night())).std() < 0.1 * luma(harsh).std()


def test_a_roof_before_the_sky_gets_no_halo_in_a_large_photo() -> None:
    day = torch.full((3, 900, 1200), 0.85)
    day[:, 450:] = 0.15
    profile = luma(like(day))[:, 600]
    assert profile[440:446].std() < 0.01
    assert profile[454:460].std() < 0.01
    assert profile[445] - profile[455] > 0.4


@pytest.mark.parametrize("size", [(1, 1), (2, 90), (700, 300)])
def test_a_picture_of_any_size_stays_in_range(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    day = shown(torch.rand(3, *size), torch.rand(3, *size) ** 4)
    assert day.shape == (3, *size)
    assert day.min() >= 0
    assert day.max() <= 1
