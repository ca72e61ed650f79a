"""Where the sky is."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from imggen.imaging.sky import find_sky, find_skyline, matte

SIZE = (96, 144)
BLACK = torch.zeros(3, *SIZE)


def test_only_sky_is_sky() -> None:
    day = torch.full((3, 96, 144), 0.45)
    day[:, :40] = torch.tensor([0.55, 0.7, 0.9])[:, None, None]
    sky = find_sky(day)
    assert sky[:, 5:34].min() > 0.9
    assert sky[:, 50:].max() < 0.1


def test_sky_closes_again_below_a_wire_that_crosses_it() -> None:
    day = torch.tensor([0.4, 0.6, 0.9])[:, None, None].expand(3, 64, 64).clone()
    day[:, 4:14, 20:30] = 0.05
    sky = find_sky(day)
    assert sky[0, 50, 25] > 0.9
    assert sky[0, 8, 25] < 0.1


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
    assert (ends(sky) == 40).all()


def test_what_is_unsure_is_decided_at_one_row_a_column() -> None:
    torch.manual_seed(0)
    ramp = torch.linspace(1, -1, SIZE[0])[None, :, None].expand(1, *SIZE)
    sky = find_skyline(ramp + torch.randn(1, *SIZE), BLACK)
    assert (sky[0, 1:] <= sky[0, :-1]).all()  # none begins again below land
    assert set(sky.unique().tolist()) == {0, 1}
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


def test_sky_that_the_network_takes_for_a_hill_is_sky_beside_houses_of_another_colour() -> None:
    picture = torch.tensor([0.2, 0.35, 0.6])[:, None, None].expand(3, *SIZE).clone()
    picture[:, 60:] = torch.tensor([0.6, 0.3, 0.1])[:, None, None]
    found = logits(60)
    found[:, 45:60, 50:90] = -0.5
    assert ((ends(find_skyline(found, picture)) - 60).abs() <= 2).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (7, 90)])
def test_any_size_stays_in_range(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    small = torch.rand(3, *size)
    sky = find_skyline(5 * torch.randn(1, *size), small)
    assert sky.shape == (1, *size)
    share = matte(sky, small, torch.rand(3, 2 * size[0] + 1, 3 * size[1]))
    assert share.min() >= 0
    assert share.max() <= 1


def test_the_edge_of_the_sky_is_that_of_the_large_photo() -> None:
    """A mast and a roof's edge that the small picture cannot show are cut out to the pixel."""
    photo = torch.tensor([0.6, 0.75, 0.95])[:, None, None].expand(3, 480, 640).clone()
    edge = 240 + torch.arange(640) // 7 % 11  # a roof with tiles
    land = torch.arange(480)[:, None] >= edge
    photo[:, land] = 0.25
    small = torch.nn.functional.interpolate(photo[None], (96, 128), mode="area")[0]
    found = torch.zeros(1, 96, 128)
    found[:, :49] = 1
    share = matte(found, small, photo)[0]
    assert (share[~land] > 0.9).all()
    assert (share[land] < 0.1).all()


def test_a_seam_within_clouds_of_one_colour_is_soft_and_one_along_a_roof_is_not() -> None:
    """The network took a cloud for land: its edge must not show as a straight line."""
    small = torch.full((3, 96, 128), 0.7)
    small[:, 60:] = 0.2
    found = torch.zeros(1, 96, 128)
    found[:, :60] = 1
    found[:, 20:, 80:] = 0
    photo = torch.nn.functional.interpolate(small[None], (480, 640), mode="nearest")[0]
    share = matte(found, small, photo)[0]
    assert share.diff(dim=1)[120:200].abs().max() < 0.05
    assert (share[:298, :300] > 0.9).all()
    assert (share[302:, :300] < 0.1).all()
