"""Making a photo of the day that a network made of a night."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from imggen.linear_light import luma
from imggen.pipelines.daylight import finish


def night(brightness: float = 0.4) -> Tensor:
    return torch.full((3, 120, 180), brightness)


def scene(sky: float, land: float) -> Tensor:
    """Blue sky of a brightness above grey, checkered land of a brightness."""
    picture = sky * torch.tensor([0.7, 0.9, 1.1])[:, None, None].expand(3, 120, 180).clone()
    checks = (torch.arange(60)[:, None] // 4 + torch.arange(180) // 4) % 2
    picture[:, 60:] = land * (0.6 + 0.8 * checks)
    return picture


def test_haze_becomes_a_clearer_picture() -> None:
    hazy = 0.4 + 0.25 * scene(0.8, 0.3)
    day = finish(hazy, night())
    assert luma(day).min() / luma(day).max() < 0.9 * luma(hazy).min() / luma(hazy).max()
    assert luma(day).max() > 1.1 * luma(hazy).max()
    assert luma(day)[80:].std() > 1.5 * luma(hazy)[80:].std()


@pytest.mark.parametrize("brightness", [0.5, 0.9])
def test_a_picture_without_contrast_keeps_its_brightness(brightness: float) -> None:
    day = finish(torch.full((3, 8, 8), brightness), torch.full((3, 8, 8), 0.4))
    assert day.std() < 1e-4
    assert day.mean() > 0.95 * min(brightness, 0.85)


def test_dark_land_gets_light_and_the_sky_keeps_its_own() -> None:
    dark = scene(0.8, 0.1)
    day = finish(dark, night())
    assert luma(day)[80:].mean() > 1.5 * luma(dark)[80:].mean()
    assert luma(day)[:20].mean() == pytest.approx(float(luma(dark)[:20].mean()), abs=0.1)


def test_what_is_brighter_than_white_keeps_its_hue() -> None:
    day = finish(0.3 + 0.5 * scene(1.0, 0.2), night())
    red, green, blue = day[:, :40].mean((1, 2)).tolist()
    assert day.max() <= 1
    assert blue - green > 0.05
    assert green - red > 0.05


def test_noise_of_the_dark_goes_and_that_of_the_light_stays() -> None:
    torch.manual_seed(0)
    grainy = (scene(0.8, 0.3) + 0.1 * torch.randn(3, 120, 180)).clamp(0, 1)
    left = [finish(grainy, night(brightness))[:, 10:50] for brightness in (0.04, 0.4)]
    dark, lit = (area.std((1, 2)) for area in left)
    assert (dark < 0.6 * lit).all()


def test_sky_and_land_fill_what_was_black_and_nothing_else() -> None:
    edge = night()
    edge[..., :120] = 0
    day, without = finish(scene(0.8, 0.3), edge), finish(scene(0.8, 0.3), night())
    torch.testing.assert_close(day[..., 150:], without[..., 150:], atol=0.01, rtol=0)
    filled = day[..., :90]
    red, _, blue = filled[:, :10].mean((1, 2))
    assert blue - red > 0.3
    assert luma(filled)[30:40].min() > luma(filled)[90:].max() + 0.2
    assert (filled[2] - filled[0])[:40].mean(1).diff().max() < 0  # the sky pales to mist
    assert filled[:, 90:].std((1, 2)).max() < 0.02


def test_what_floats_in_black_goes() -> None:
    dark = torch.zeros(3, 120, 180)
    dark[:, 60:110, 100:160] = 0.4
    alone = finish(scene(0.8, 0.3), dark)
    dark[:, 80:84, 30:34] = 0.4
    day = finish(scene(0.8, 0.3), dark)
    torch.testing.assert_close(day[:, 70:95, 20:44], alone[:, 70:95, 20:44], atol=0.02, rtol=0)
    assert (day[:, 80:90, 120:140].std((1, 2)) > 0.05).all()


def test_a_patch_of_sky_too_dark_to_have_a_shape_goes_too() -> None:
    dark = torch.zeros(3, 120, 180)
    dark[:, 60:, 100:160] = 0.4
    black = finish(scene(0.8, 0.3), dark)
    patches = {}
    for brightness in (0.03, 0.3):
        dark[:, :40, 40:80] = brightness
        patches[brightness] = float((finish(scene(0.8, 0.3), dark) - black)[:, 10:30, 50:70].abs().mean())
    assert patches[0.03] < 0.3 * patches[0.3]


def test_black_under_a_visible_sky_is_a_silhouette() -> None:
    dusk = night()
    dusk[:, 60:] = 0
    silhouettes = scene(0.8, 0.1)
    torch.testing.assert_close(finish(silhouettes, dusk)[:, :50], finish(silhouettes, night())[:, :50])
    assert luma(finish(silhouettes, dusk))[60:].mean() < 0.3


def test_walls_keep_the_contrast_of_a_photo() -> None:
    harsh = torch.full((3, 120, 180), 0.5)
    harsh[:, ::2, ::2] = 0.9
    day = finish(harsh, night())
    assert 0.05 < luma(day).std() < 0.7 * luma(harsh).std()


def test_a_roof_before_the_sky_gets_no_halo_in_a_large_photo() -> None:
    day = torch.full((3, 900, 1200), 0.85)
    day[:, 450:] = 0.15
    profile = luma(finish(day, torch.full((3, 900, 1200), 0.4)))[:, 600]
    assert profile[440:446].std() < 0.01
    assert profile[454:460].std() < 0.01
    assert profile[445] - profile[455] > 0.4


def test_a_lamp_that_is_off_has_not_the_colour_of_its_light() -> None:
    day, lit = torch.full((3, 120, 180), 0.5), night()
    day[:, 50:70, 80:100] = torch.tensor([0.8, 0.5, 0.2])[:, None, None]
    lit[:, 50:70, 80:100] = 0.6
    red, _, blue = finish(day, lit)[:, 60, 90]
    lit[:, 50:70, 80:100] = 1.0
    paler_red, _, paler_blue = finish(day, lit)[:, 60, 90]
    assert paler_red - paler_blue < 0.5 * (red - blue)


def test_a_day_is_not_blue_all_over() -> None:
    torch.manual_seed(0)
    blue = torch.tensor([0.1, 0.3, 0.6])[:, None, None] * (0.5 + 0.5 * torch.rand(1, 120, 180))
    red, _, rest = finish(blue, night()).mean((1, 2)).tolist()
    assert 0 < rest - red < 0.25


@pytest.mark.parametrize("size", [(1, 1), (2, 90), (700, 300)])
def test_a_picture_of_any_size_stays_in_range(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    day = finish(torch.rand(3, *size), torch.rand(3, *size) ** 4)
    assert day.shape == (3, *size)
    assert day.min() >= 0
    assert day.max() <= 1
