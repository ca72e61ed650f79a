"""Differentiable augmentation: what it changes, what it leaves alone, and how its strength moves."""

from __future__ import annotations

import pytest
import torch
from accelerate import Accelerator

from imggen.training.common.augment import CHANGES, DICE, Strength, augment, colour, cutout, translation


def test_strength_zero_is_the_identity() -> None:
    x, dice = torch.randn(4, 3, 16, 16), torch.rand(4, DICE)
    assert augment(x, dice, list(CHANGES), 0.0) is x
    assert augment(x, dice, [], 1.0) is x


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_each_change_lets_gradients_through(name: str) -> None:
    torch.manual_seed(0)
    x = torch.randn(4, 3, 16, 16, requires_grad=True)
    y = augment(x, torch.rand(4, DICE), [name], 1.0)
    assert y.shape == x.shape
    assert not torch.equal(y, x)
    y.square().sum().backward()
    assert x.grad is not None
    assert (x.grad.abs().sum((1, 2, 3)) > 0).all()


def test_the_middle_of_the_dice_leaves_colour_and_place() -> None:
    x, middle = torch.randn(2, 3, 16, 16), torch.full((2, 3), 0.5)
    assert torch.allclose(colour(x, middle), x, atol=1e-6)
    assert torch.equal(translation(x, middle), x)


def test_translation_moves_by_an_eighth_and_fills_with_zeros() -> None:
    x = torch.rand(1, 3, 16, 16) + 1
    y = translation(x, torch.tensor([[0.0, 1.0, 0.0]]))  # two up, two right
    assert torch.equal(y[:, :, :-2, 2:], x[:, :, 2:, :-2])
    assert y[:, :, -2:].abs().max() == 0
    assert y[:, :, :, :2].abs().max() == 0


def test_cutout_clears_a_square_of_half_the_side() -> None:
    x = torch.ones(2, 3, 16, 16)
    y = cutout(x, torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.0, 0.0]]))
    assert (y[0, 0] == 0).sum() == 64
    assert y[0, :, 4:12, 4:12].abs().max() == 0
    assert (y[1, 0] == 0).sum() == 16  # cut off by the corner


def test_the_probability_decides_image_by_image() -> None:
    x, dice = torch.randn(2, 3, 16, 16), torch.rand(2, DICE)
    dice[0, 3], dice[1, 3] = 0.2, 0.4
    y = augment(x, dice, ["colour"], 0.3)
    assert torch.equal(y[1], x[1])
    assert not torch.equal(y[0], x[0])


def test_strength_follows_the_lead_of_real_scores() -> None:
    strength = Strength(Accelerator(cpu=True), 0.5, target=0.6, speed=100)
    apart, mixed = torch.tensor([2.0, 3.0]), torch.tensor([3.0, -3.0])
    strength.follow(apart, -apart)  # every real score is above the middle
    assert strength.value == pytest.approx(0.52)
    strength.follow(mixed, mixed)
    assert strength.value == pytest.approx(0.5)
    fixed = Strength(Accelerator(cpu=True), 0.5, target=0.0, speed=100)
    fixed.follow(apart, -apart)
    assert fixed.value == 0.5
    fixed.load_state_dict(strength.state_dict())
    assert fixed.value == pytest.approx(0.5)
