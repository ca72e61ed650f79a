"""Means over neighbours, wide and narrow, and work done part by part."""

from __future__ import annotations

import pytest
import torch

from imggen.imaging.filters import guided, in_bands, mean_around, reduced


@pytest.mark.parametrize("radius", [1, 7, 8, 30])
def test_a_mean_is_over_what_lies_in_the_picture(radius: int) -> None:
    torch.manual_seed(0)
    picture = torch.rand(1, 2, 40, 25)
    means = mean_around(picture, radius)
    for row, column in ((0, 0), (39, 3), (20, 24), (12, 13)):
        rows, columns = (
            slice(max(0, row - radius), row + radius + 1),
            slice(max(0, column - radius), column + radius + 1),
        )
        torch.testing.assert_close(means[0, :, row, column], picture[0, :, rows, columns].mean((1, 2)))


@pytest.mark.parametrize("size", [(900, 3000), (3000, 900)])
def test_work_in_bands_gives_what_the_whole_gives_and_reports(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    values, guide = torch.rand(1, 1, *size), torch.rand(1, 1, *size)
    done: list[float] = []
    whole = guided(values, guide, 9, 0.01)
    parts = in_bands(lambda a, b: guided(a, b, 9, 0.01), values, guide, margin=18, report=done.append)
    torch.testing.assert_close(parts, whole)
    assert len(done) > 3
    assert done == sorted(done)


def test_a_strip_that_is_reduced_keeps_some_height() -> None:
    assert reduced(torch.rand(3, 60, 6000), 256).shape[1] > 10
    assert reduced(torch.rand(3, 300, 400), 256).shape[1:] == (192, 256)
    assert reduced(torch.rand(3, 30, 40), 256).shape[1:] == (30, 40)
