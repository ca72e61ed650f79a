"""The light between day and night."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from imggen.imaging.colour import decode, encode
from imggen.pipelines.day_night.light import between, deepen, even_sky, expose_longer, find_lamps

SIZE = (96, 144)


def scene() -> tuple[Tensor, Tensor]:
    """A street: blue sky above grey houses by day; by night all dark but one warm lamp at rows 60-66, columns 70-76."""
    day = torch.full((3, *SIZE), 0.45)
    day[:, :40] = torch.tensor([0.55, 0.7, 0.9])[:, None, None]
    night = day * 0.2
    night[:, 60:66, 70:76] = torch.tensor([0.95, 0.8, 0.5])[:, None, None]
    return day, night


def at(share: float, glow: float = 1.0) -> Tensor:
    day, night = scene()
    return between(day, night, day, SIZE, share, glow)


def test_both_ends_are_the_pictures_themselves() -> None:
    day, night = scene()
    assert torch.equal(at(0), day)
    assert torch.equal(at(1), night)
    assert (at(0.999) - night).abs().max() < 0.02
    assert (at(0.001) - day).abs().max() < 0.02


def test_linear_light_and_back_is_the_same() -> None:
    values = torch.linspace(0, 1, 256)
    assert (encode(decode(values)) - values).abs().max() < 1e-5
    assert decode(torch.tensor(0.5)) == pytest.approx(0.2140, abs=1e-4)


def test_daylight_fades_by_equal_factors_in_equal_times() -> None:
    street = [float(decode(at(share)[1, 80, 20])) for share in (0, 0.25, 0.5, 0.75, 1)]
    ratios = [later / earlier for earlier, later in itertools.pairwise(street)]
    assert all(0.35 < ratio < 0.65 for ratio in ratios)
    assert max(ratios) < 1.4 * min(ratios)


def test_dusk_is_warm_low_in_the_sky_which_stays_bright_longest() -> None:
    day, night = scene()
    dusk = at(0.5)

    def warmth(image: Tensor, row: int) -> float:
        return float(image[0, row, 20] / image[2, row, 20])

    assert warmth(dusk, 80) > 1.05 * max(warmth(day, 80), warmth(night, 80))
    assert warmth(dusk, 34) > 1.2 * warmth(dusk, 4)
    kept_sky, kept_street = (float(decode(dusk[1, row, 20]) / decode(day[1, row, 20])) for row in (34, 80))
    assert kept_sky > kept_street


def test_lamps_join_at_dusk_and_add_their_light() -> None:
    lamp = [float(at(share)[0, 62, 73] - at(share)[0, 62, 20]) for share in (0.3, 0.55, 0.8, 1)]
    assert lamp == sorted(lamp)
    assert lamp[0] < 0.5 * lamp[-1]


def test_glow_dims_lamps_and_spreads_their_light() -> None:
    _, night = scene()
    off, dim, painted, strong = (at(1, glow) for glow in (0, 0.5, 1, 2))
    brightness = [float(image[:, 63, 73].mean()) for image in (off, dim, painted)]
    assert brightness == sorted(brightness)
    assert brightness[0] < 0.4
    assert strong[:, 56, 73].mean() > painted[:, 56, 73].mean() + 0.03
    for image in (off, strong):  # far from the lamp nothing changes
        assert (image[:, 5:20, 5:20] - night[:, 5:20, 5:20]).abs().max() < 0.02


def test_only_lamps_are_lamps() -> None:
    day, night = scene()
    lamps = find_lamps(day, night)
    assert lamps[:, 63, 73].amin() > 0.05
    assert lamps[:, :40].max() < 0.02
    assert lamps[:, 80:].max() < 0.02
    assert find_lamps(day, day * 0.3).max() < 0.02


def test_a_night_as_bright_as_the_day_is_darkened_and_least_where_it_is_lit() -> None:
    day = torch.full((3, 32, 32), 0.6)
    night = day.clone()
    night[:, 10:14, 10:14] = 1.0
    dark = deepen(night, day)
    assert (dark[:, 0, 0] < 0.3).all()
    kept = decode(dark) / decode(night)
    assert (kept[:, 11, 11] > 2 * kept[:, 0, 0]).all()
    black = day * 0.15
    torch.testing.assert_close(deepen(black, day), black, atol=1e-4, rtol=0)


def test_a_bright_or_patchy_sky_gets_dark_and_even_and_the_land_stays() -> None:
    day, night = scene()
    night[:, :40] = 0.25
    night[:, :40, 100:] = 0.1
    evened = even_sky(night, day, SIZE)
    sky = decode(evened[:, 5:35]).mean((0, 1))
    assert decode(night[:, 5:35]).mean() > 0.03
    assert sky.max() < 0.025
    assert sky[120] > 0.5 * sky[20]
    torch.testing.assert_close(evened[:, 50:], night[:, 50:], atol=0.01, rtol=0)


def test_an_even_dark_sky_and_a_scene_without_one_stay() -> None:
    day, night = scene()
    night[:, :40] = 0.08
    torch.testing.assert_close(even_sky(night, day, SIZE)[:, 2:38], night[:, 2:38], atol=0.01, rtol=0)
    indoors = torch.full((3, *SIZE), 0.2)
    torch.testing.assert_close(even_sky(night, indoors, SIZE), night, atol=0.01, rtol=0)


def test_a_night_without_lights_is_exposed_longer_and_one_with_them_is_not() -> None:
    fog = 0.05 + 0.05 * torch.rand(3, 64, 96, generator=torch.Generator().manual_seed(0))
    brighter = expose_longer(fog, (64, 96))
    torch.testing.assert_close(decode(brighter), 2 * decode(fog), atol=1e-3, rtol=0)
    lit = fog.clone()
    lit[:, 10:14, 20:40] = 0.9
    torch.testing.assert_close(expose_longer(lit, (64, 96)), lit, atol=1e-4, rtol=0)
