"""The close-up finds the place that changed, and shows the same place of both pictures."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from imggen.imaging.close_up import close_up_pair, most_changed
from tests.conftest import picture


@pytest.mark.parametrize(("x", "y"), [(300, 40), (20, 150), (390, 195)])
def test_the_most_changed_place_is_found(x: int, y: int) -> None:
    small = picture(400, 200)
    large = small.resize((1600, 800), Image.Resampling.BICUBIC)
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    large.paste(Image.fromarray(noise), (4 * x - 32, 4 * y - 32))
    found_x, found_y = most_changed(small, large, 128)
    assert abs(found_x - x) <= 64
    assert abs(found_y - y) <= 64
    before, after = close_up_pair(small, large, found_x, found_y, 128)
    assert before.size == after.size == (512, 512)
    assert np.abs(np.asarray(before).astype(int) - np.asarray(after)).max() > 100


def test_bands_of_rows_leave_no_trace() -> None:
    small = picture(90, 300)
    large = small.resize((360, 1200), Image.Resampling.BICUBIC)
    large.paste("red", (100, 1100, 140, 1140))
    x, y = most_changed(small, large, 20)
    assert (abs(x - 30) <= 10, abs(y - 280) <= 10) == (True, True)


def test_pictures_smaller_than_the_close_up_are_shown_whole() -> None:
    small = picture(30, 7)
    large = small.resize((120, 28), Image.Resampling.BICUBIC)
    assert most_changed(small, large, 128) == (15, 3)
    before, after = close_up_pair(small, large, 0, 0, 128)
    assert before.size == (120, 28)
    assert after.tobytes() == large.tobytes()


@pytest.mark.parametrize("size", [(600, 300), (433, 217), (250, 125)])
def test_results_of_any_size_are_compared_place_for_place(size: tuple[int, int]) -> None:
    small = picture(400, 200)
    large = small.resize(size, Image.Resampling.BICUBIC)
    before, after = close_up_pair(small, large, 210, 90, 128)
    assert before.size == after.size
    assert np.abs(np.asarray(before).astype(int) - np.asarray(after)).mean() < 2
    scale = size[0] / 400
    large.paste("red", [round(value * scale) for value in (300, 40, 340, 80)])
    x, y = most_changed(small, large, 60)
    assert (abs(x - 320) <= 30, abs(y - 60) <= 30) == (True, True)
