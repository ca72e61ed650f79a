"""The light between a day and a night that are both known."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from imggen.imaging.colour import decode
from imggen.pipelines.day_night.between import between

SIZE = (96, 144)


def scene() -> tuple[Tensor, Tensor]:
    """A street: blue sky above grey houses by day; by night all dark but one warm lamp at rows 60-66, columns 70-76."""
    day = torch.full((3, *SIZE), 0.45)
    day[:, :40] = torch.tensor([0.55, 0.7, 0.9])[:, None, None]
    night = day * 0.2
    night[:, 60:66, 70:76] = torch.tensor([0.95, 0.8, 0.5])[:, None, None]
    return day, night


def at(share: float, glow: float = 1.0) -> Tensor:
    return between(*scene(), share, glow)


def test_both_ends_are_the_pictures_themselves() -> None:
    day, night = scene()
    assert torch.equal(at(0), day)
    assert torch.equal(at(1), night)
    assert (at(0.999) - night).abs().max() < 0.02
    assert (at(0.001) - day).abs().max() < 0.02


def test_daylight_fades_by_equal_factors_in_equal_times() -> None:
    street = [float(decode(at(share)[1, 80, 20])) for share in (0, 0.25, 0.5, 0.75, 1)]
    ratios = [later / earlier for earlier, later in itertools.pairwise(street)]
    assert all(0.35 < ratio < 0.65 for ratio in ratios)
    assert max(ratios) < 1.4 * min(ratios)


def test_dusk_is_warm() -> None:
    day, night = scene()

    def warmth(image: Tensor) -> float:
        return float(image[0, 80, 20] / image[2, 80, 20])

    assert warmth(at(0.5)) > 1.05 * max(warmth(day), warmth(night))


def test_lamps_join_at_dusk_and_add_their_light() -> None:
    lamp = [float(at(share)[0, 62, 73] - at(share)[0, 62, 20]) for share in (0.3, 0.55, 0.8, 1)]
    assert lamp == sorted(lamp)
    assert lamp[0] < 0.5 * lamp[-1]


def test_glow_dims_lamps_and_nothing_else() -> None:
    _, night = scene()
    off, dim, painted = (at(1, glow) for glow in (0, 0.5, 1))
    brightness = [float(image[:, 63, 73].mean()) for image in (off, dim, painted)]
    assert brightness == sorted(brightness)
    assert brightness[0] < 0.5 < brightness[-1]
    assert (off[:, :40] - night[:, :40]).abs().max() < 0.01


@pytest.mark.parametrize("glow", [0.0, 2.0])
def test_it_stays_in_range(glow: float) -> None:
    torch.manual_seed(0)
    shown = between(torch.rand(3, 7, 9), torch.rand(3, 7, 9), 0.6, glow)
    assert shown.min() >= 0
    assert shown.max() <= 1
