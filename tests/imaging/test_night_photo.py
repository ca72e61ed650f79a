"""Developing photos taken by night: the colour of lamps goes, the picture stays."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from imggen.imaging.darkness import dark_share
from imggen.imaging.night_photo import balance, develop


def test_the_light_of_lamps_turns_grey() -> None:
    orange = 0.4 * torch.tensor([1.0, 0.6, 0.3])[None, :, None, None].expand(1, 3, 32, 32)
    balanced = balance(orange)
    assert balanced.amax() - balanced.amin() < 0.02
    assert 0.12 < balanced.mean() < 0.4


def test_lamps_and_the_dark_do_not_tell_the_colour() -> None:
    grey = torch.full((1, 3, 32, 32), 0.2)
    grey[..., :8] = torch.tensor([0.03, 0.01, 0.0])[None, :, None, None]
    grey[..., 24:] = torch.tensor([1.0, 0.95, 0.6])[None, :, None, None]
    torch.testing.assert_close(balance(grey), grey, atol=1e-4, rtol=0)


@pytest.mark.parametrize("size", [(1, 1), (2, 40), (40, 30)])
def test_a_batch_of_any_size_stays_in_range(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    nights = torch.rand(2, 3, *size)
    nights[1] = 0
    developed = develop(nights)
    assert developed.shape == nights.shape
    assert developed.min() >= 0
    assert developed.max() <= 1
    assert developed[1].max() == 0
    torch.testing.assert_close(develop(nights[:1]), developed[:1])


def test_the_share_that_is_too_dark() -> None:
    night = Image.new("RGB", (800, 400), "#303030")
    night.paste("#100c00", (0, 0, 200, 400))
    assert dark_share(night) == pytest.approx(0.25, abs=0.01)
