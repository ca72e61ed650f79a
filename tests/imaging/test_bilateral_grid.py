"""Carrying a change from a small copy to the large picture."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.errors import Cancelled
from imggen.imaging.bilateral_grid import transfer, upsample
from imggen.imaging.tensors import to_tensor
from tests.conftest import picture


def shrink(image: Tensor, height: int, width: int) -> Tensor:
    return F.interpolate(image[None], (height, width), mode="bilinear", antialias=True)[0]


def photo(width: int, height: int) -> Tensor:
    """A picture with fine grain, which a small copy does not show."""
    grain = torch.randn(3, height, width, generator=torch.Generator().manual_seed(0)) * 0.04
    return (to_tensor(picture(width, height))[0] + grain).clamp(0, 1)


def dusk(image: Tensor) -> Tensor:
    """Darker, bluer, and darker towards the top: what can be done to a picture of any size."""
    height = image.shape[1]
    falloff = 0.4 + 0.6 * torch.linspace(0, 1, height)[None, :, None]
    return (image**1.4 * falloff * torch.tensor([0.5, 0.6, 0.9])[:, None, None]).clamp(0, 1)


def edge(side: int) -> Tensor:
    """Bright sky left of the middle, a dark building right of it."""
    image = torch.full((3, side, side), 0.9)
    image[:, :, side // 2 + 3 :] = 0.3
    return image


def test_the_small_path_agrees_with_the_change_at_full_size() -> None:
    large = photo(500, 380)
    small = shrink(large, 96, 128)
    carried, exact = transfer(small, dusk(small), large), dusk(large)
    assert (carried - exact).abs().mean() < 1 / 255
    assert (carried - exact).abs().max() < 0.1
    # The grain is still there, which the small copy has lost.
    blurred = F.interpolate(dusk(small)[None], large.shape[1:], mode="bilinear")[0]
    assert (carried - exact).square().mean() < 0.06 * (blurred - exact).square().mean()


@pytest.mark.parametrize("factor", [3, 6])
def test_an_edge_gets_no_halo(factor: int) -> None:
    large = edge(96 * factor)
    small = shrink(large, 96, 96)

    def night(image: Tensor) -> Tensor:  # the sky turns dark, the building is lit: no gain or gamma does that
        return torch.where(image > 0.6, 0.05, 0.5)

    exact = night(large)
    wrong = ((transfer(small, shrink(exact, 96, 96), large) - exact).abs() > 0.04).any(0)
    assert int(wrong.sum(1).max()) <= 3


def test_a_light_that_the_photo_does_not_show_stays_where_it_is() -> None:
    large = torch.full((3, 256, 384), 0.4)
    small, changed = shrink(large, 64, 96), torch.full((3, 64, 96), 0.1)
    changed[:, 20:26, 40:46] = 0.9
    carried = transfer(small, changed, large)
    assert carried[:, 84:100, 164:180].mean() > 0.85
    assert (carried[:, :70] - 0.1).abs().max() < 0.01
    assert (shrink(carried, 64, 96) - changed).abs().mean() < 0.01


def test_a_constant_picture_stays_constant() -> None:
    large = torch.full((3, 190, 301), 0.37)
    small = torch.full((3, 48, 80), 0.37)
    for value in (0.0, 0.2, 0.37, 1.0):
        carried = transfer(small, torch.full_like(small, value), large)
        assert (carried - value).abs().max() < 1e-4


def test_values_are_upsampled_along_edges() -> None:
    large = edge(384)
    small = shrink(large, 96, 96)
    mask = (large[:1] > 0.6).float()
    found = upsample(shrink(mask, 96, 96), small, large)
    assert found.shape == mask.shape
    assert int(((found - mask).abs() > 0.1).sum(2).max()) <= 3


def test_a_large_transfer_reports_and_can_be_stopped() -> None:
    large = photo(1200, 900)
    small = shrink(large, 48, 64)
    fractions: list[float] = []
    transfer(small, small, large, fractions.append)
    assert fractions == sorted(fractions)
    assert len(fractions) > 2

    def stop(fraction: float) -> None:
        if fraction > 0.2:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        transfer(small, small, large, stop)
