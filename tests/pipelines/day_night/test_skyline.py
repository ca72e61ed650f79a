"""Deciding where the sky of a night ends."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from imggen.pipelines.day_night.skyline import find_skyline

SIZE = (96, 144)
BLACK = torch.zeros(3, *SIZE)


def logits(sky_rows: int, sure: float = 2.0) -> Tensor:
    """Sky down to a row, land below, as sure as that."""
    found = torch.full((1, *SIZE), -sure)
    found[:, :sky_rows] = sure
    return found


def ends(sky: Tensor) -> Tensor:
    """Rows of sky in each column."""
    return (sky[0] > 0.5).sum(0)


def test_a_black_night_has_the_sky_that_the_network_says() -> None:
    sky = find_skyline(logits(40), BLACK)
    assert sky.shape == (1, *SIZE)
    assert ((ends(sky) - 40).abs() <= 1).all()
    assert sky[:, :38].min() == 1
    assert sky[:, 42:].max() == 0


def test_what_is_unsure_is_decided_at_one_row_a_column() -> None:
    torch.manual_seed(0)
    ramp = torch.linspace(1, -1, SIZE[0])[None, :, None].expand(1, *SIZE)
    sky = find_skyline(ramp + torch.randn(1, *SIZE), BLACK)
    assert ((sky[0, 1:] - sky[0, :-1]) <= 1e-6).all()  # none begins again below land
    assert (sky.sum(1) - ends(sky)).abs().max() < 1.5  # no mist between the two
    assert (ends(sky).diff().abs() > 3).float().mean() < 0.05


def test_no_sky_is_found_where_there_is_none() -> None:
    assert find_skyline(torch.full((1, *SIZE), -2.0), BLACK).max() == 0
    assert find_skyline(torch.full((1, *SIZE), 2.0), BLACK).min() == 1


def test_a_lit_tower_in_the_dark_is_no_sky_though_the_network_is_unsure() -> None:
    night = torch.full((3, *SIZE), 0.1)
    night[:, 60:] = 0.6
    night[:, 20:60, 64:76] = 0.6
    found = logits(60)
    found[:, 20:60, 60:80] = 0.3  # about the tower, and too wide
    rows = ends(find_skyline(found, night))
    assert ((rows[65:75] - 20).abs() <= 2).all()
    assert ((rows[:60] - 60).abs() <= 2).all()
    assert ((rows[82:] - 60).abs() <= 2).all()


def test_dark_sky_that_the_network_takes_for_a_hill_is_sky_beside_lit_houses() -> None:
    night = torch.full((3, *SIZE), 0.1)
    night[:, 60:] = 0.7
    found = logits(60)
    found[:, 45:60, 50:90] = -0.5
    assert ((ends(find_skyline(found, night)) - 60).abs() <= 2).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (7, 90)])
def test_any_size_stays_in_range(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    sky = find_skyline(5 * torch.randn(1, *size), torch.rand(3, *size))
    assert sky.shape == (1, *size)
    assert sky.min() >= 0
    assert sky.max() <= 1
