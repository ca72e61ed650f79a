"""Developing photos taken by night: noise and the colour of lamps go, the picture stays."""

from __future__ import annotations

import pytest
import torch
from PIL import Image
from torch import Tensor

from imggen.imaging.night_photo import balance, dark_share, denoise, develop


def steps() -> Tensor:
    """Four even areas, one beside the other, the darkest first."""
    return torch.tensor([0.05, 0.1, 0.2, 0.4]).repeat_interleave(24).expand(1, 3, 64, 96).clone()


def test_noise_goes_and_edges_stay() -> None:
    torch.manual_seed(0)
    noise = 0.02 * torch.randn(1, 3, 64, 96)
    left = denoise(steps() + noise) - steps()
    assert left[..., 4:20].std() < 0.4 * noise.std()  # between two edges
    assert left.abs().max() < 0.1  # half of the highest edge


def test_a_photo_without_noise_stays_as_it_is() -> None:
    torch.testing.assert_close(denoise(steps()), steps(), atol=1e-5, rtol=0)


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
