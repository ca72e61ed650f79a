"""Nights of photos taken by day: sky, edges, lamps and exposure."""

from __future__ import annotations

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.errors import Cancelled
from imggen.imaging.colour import decode, luma
from imggen.pipelines.day_night.to_night import to_night
from imggen.pipelines.day_night.tuning import SKIES
from tests.pipelines.day_night.test_windows import facade

HEIGHT, WIDTH = 480, 640
ROOF = 200


def town() -> Tensor:
    """Blue sky above a house with windows."""
    day = torch.cat([facade(0.6)[:, :ROOF] * 0, facade(0.6)[:, : HEIGHT - ROOF]], 1)
    day[:, :ROOF] = torch.tensor([0.5, 0.7, 0.95])[:, None, None]
    return day


def night(day: Tensor, time: float = 1.0, glow: float = 1.0, sky: str = "blue hour", seed: int = 0) -> Tensor:
    """With a network that sees that the sky is blue."""
    small = F.interpolate(day[None], [day.shape[1] // 4, day.shape[2] // 4], mode="area")[0]
    logits = 40 * (small[2:] - small[:1] - 0.2)
    return to_night(day, small, logits.clamp(-4, 4), time, glow, sky, seed)


def test_at_the_photos_own_time_it_is_the_photo() -> None:
    assert torch.equal(night(town(), time=0), town())
    assert (night(town(), time=0.02) - town()).abs().mean() < 0.03


@pytest.mark.parametrize("sky", SKIES)
def test_it_gets_darker_all_the_time(sky: str) -> None:
    shown = [night(town(), time=time, sky=sky) for time in (0, 0.2, 0.5, 0.7, 0.85, 1)]
    for part in (slice(0, ROOF // 2), slice(ROOF + 10, ROOF + 40)):
        brightness = [float(image[:, part].mean()) for image in shown]
        assert brightness == sorted(brightness, reverse=True)
        assert all(earlier - later < 0.45 for earlier, later in itertools.pairwise(brightness))


def test_a_clear_sky_is_deep_blue_at_dusk_and_dark_blue_at_night() -> None:
    dusk, dark = (night(town(), time=time)[:, 10].mean(1) for time in (0.7, 1))
    for red, green, blue in (dusk, dark):
        assert blue > 1.5 * red
        assert blue > 1.2 * green
    assert dusk[2] > 0.35 > dark[2] > 0.1


def test_a_town_lights_its_sky_warm_and_most_at_the_horizon() -> None:
    sky = night(town(), sky="city glow")[:, : ROOF - 5].mean(2)
    assert (sky[0] > sky[2]).all()
    assert sky[0, -1] > 1.3 * sky[0, 0]


def test_sky_and_roof_meet_without_a_halo_in_two_megapixels() -> None:
    """Along a roof against the sky the change of brightness is done within 4 pixels."""
    height, width = 1224, 1632
    columns = torch.arange(width)
    roof = 500 + (columns - width // 2).abs() // 3  # a gable
    land = torch.arange(height)[:, None] >= roof
    day = torch.tensor([0.55, 0.72, 0.93])[:, None, None].expand(3, height, width).clone()
    day[:, land] = torch.tensor([0.35, 0.22, 0.18])[:, None]
    for time in (0.5, 0.7, 1.0):
        shown = luma(night(day, time=time))
        for column in range(20, width, 97):
            edge = int(roof[column])
            above, below = shown[edge - 60 : edge - 2, column], shown[edge + 2 : edge + 60, column]
            step = abs(float(above[-20:].mean() - below[:20].mean()))
            assert above.max() - above.min() < max(0.25 * step, 0.02)
            assert below.max() - below.min() < max(0.25 * step, 0.02)


def test_a_full_night_keeps_a_fifth_of_the_brightness() -> None:
    for day in (town(), 0.5 * town(), town() ** 2):
        for sky in SKIES:
            assert luma(night(day, sky=sky)).median() >= 0.2 * luma(day).median()


def test_windows_light_up_and_shine_on_the_wall_by_the_glow() -> None:
    off, dim, lit, bright = (night(town(), glow=glow) for glow in (0, 0.5, 1, 2))
    panes = (luma(lit - off) > 0.1) & (town()[0] < 0.2)
    assert 0.01 < panes.float().mean() < 0.2
    assert luma(lit)[panes].mean() > luma(lit)[town()[0] > 0.5].mean() + 0.2
    shares = [float(decode(image)[0][panes].mean()) for image in (off, dim, lit, bright)]
    assert shares == sorted(shares)
    walls = (town()[0] > 0.5) & (torch.arange(HEIGHT)[:, None] > ROOF)
    assert (lit - off)[0][walls].mean() > 0.02
    assert (lit - off)[0][walls].mean() > 2 * (lit - off)[2][walls].mean()  # warm


def test_a_seed_makes_the_same_night_again() -> None:
    assert torch.equal(night(town(), seed=3), night(town(), seed=3))
    assert not torch.equal(night(town(), seed=3), night(town(), seed=4))


def test_clouds_stay() -> None:
    day = town()
    day[:, 40:80, 100:300] = 0.95
    cloud, sky = (luma(night(day, time=0.7))[60, column] for column in (200, 400))
    assert cloud > 1.1 * sky


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3), (33, 21)])
def test_any_size_stays_in_range(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    day = torch.rand(3, *size)
    for found in (-3.0, 3.0):
        shown = to_night(day, day, torch.full((1, *size), found), 0.8, 2.0, "city glow", 0)
        assert shown.shape == day.shape
        assert shown.min() >= 0
        assert shown.max() <= 1


def test_it_reports_and_can_stop() -> None:
    fractions: list[float] = []

    def stop(fraction: float) -> None:
        fractions.append(fraction)
        if fraction > 0.5:
            raise Cancelled("Stopped.")

    small = F.interpolate(town()[None], (120, 160), mode="area")[0]
    with pytest.raises(Cancelled):
        to_night(town(), small, torch.zeros(1, 120, 160), 1.0, 1.0, "blue hour", 0, stop)
    assert fractions == sorted(fractions)
