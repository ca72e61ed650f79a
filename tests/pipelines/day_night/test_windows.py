"""Windows of a photo taken by day: which there are, and which are lit."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.pipelines.day_night.windows import Windows, find_windows, light_windows

SIZE = (480, 640)
EVERYWHERE = torch.ones(1, *SIZE)


def facade(wall: float = 0.7) -> Tensor:
    """A wall with 5 x 8 dark windows, each with a cross of bars."""
    day = torch.full((3, *SIZE), wall)
    for top in range(60, 460, 80):
        for left in range(40, 600, 72):
            day[:, top : top + 36, left : left + 24] = 0.15
            day[:, top + 17 : top + 19, left : left + 24] = 0.6
            day[:, top : top + 36, left + 11 : left + 13] = 0.6
    return day


def leaves() -> Tensor:
    torch.manual_seed(0)
    return F.interpolate(torch.rand(1, 3, 120, 160), SIZE, mode="bicubic")[0].clamp(0, 1)


def count(day: Tensor, land: Tensor = EVERYWHERE) -> int:
    return find_windows(day, land).number


def test_the_windows_of_a_facade_are_found_each_as_one() -> None:
    windows = find_windows(facade(), EVERYWHERE)
    assert windows.number == 40
    inside = facade()[0].numpy() < 0.2
    assert (windows.labels[inside] > 0).mean() > 0.95
    assert (windows.labels[~inside] > 0).mean() < 0.02


def test_what_is_dark_but_no_window_is_none() -> None:
    boards = torch.full((3, *SIZE), 0.7)
    boards[:, ::40] = 0.1
    alone = torch.full((3, *SIZE), 0.7)
    alone[:, 200:260, 300:320] = 0.1  # a person
    waves = torch.full((3, *SIZE), 0.5)
    for row in range(20, 460, 30):
        waves[:, row : row + 6, (row * 7) % 50 :: 60] = 0.1
    bricks = torch.full((3, *SIZE), 0.7)
    scattered = bricks.clone()
    for number, left in enumerate(range(40, 600, 72)):
        scattered[:, 40 + 45 * number : 76 + 45 * number, left : left + 24] = 0.15  # none in a row or column
        for top in range(60, 460, 80):
            bricks[:, top : top + 36, left : left + 24] = torch.tensor([0.4, 0.1, 0.05])[:, None, None]
    assert count(scattered) == 0
    assert count(bricks) == 0
    assert count(boards) == 0
    assert count(alone) == 0
    assert count(waves) == 0
    assert count(leaves()) <= 3
    assert count(facade(), 0 * EVERYWHERE) == 0  # nothing lights up in the sky


def test_a_seed_chooses_the_windows_that_are_lit() -> None:
    windows = find_windows(facade(), EVERYWHERE)
    one, again, other = (light_windows(windows, 1.0, seed) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    share = len(lit(windows, one)) / windows.number
    assert 0.3 < share < 0.8


def test_windows_are_lit_one_by_one_at_dusk_and_stay_lit() -> None:
    windows = find_windows(facade(), EVERYWHERE)
    by_time = [lit(windows, light_windows(windows, time, 0)) for time in (0.3, 0.5, 0.6, 1.0)]
    assert not by_time[0]
    assert by_time[0] < by_time[1] < by_time[3]
    assert by_time[1] <= by_time[2] <= by_time[3]


def test_lamps_are_warm_and_differ() -> None:
    windows = find_windows(facade(), EVERYWHERE)
    light = light_windows(windows, 1.0, 0)
    red, green, blue = light[:, light.amax(0) > 0]
    assert (red > green).all()
    assert (green > blue).all()
    assert (blue / red).std() > 0.03
    assert red.std() > 0.1


def lit(windows: Windows, light: Tensor) -> set[int]:
    return set(windows.labels[light.amax(0).numpy() > 0.01].tolist())


def test_pictures_of_any_size() -> None:
    for size in ((1, 1), (2, 300), (300, 2), (5, 7)):
        torch.manual_seed(0)
        windows = find_windows(torch.rand(3, *size), torch.ones(1, *size))
        assert light_windows(windows, 1.0, 0).shape == (3, *size)
