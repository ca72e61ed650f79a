"""Losses against values worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from imggen.store.vgg16 import load_vgg16
from imggen.training.common.losses import GAN_LOSSES, checkerboard, fft_l1, perceptual


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def test_fft_loss_is_zero_at_equality_and_sees_a_constant_once() -> None:
    target = torch.rand(2, 3, 8, 8)
    assert fft_l1(target, target) == 0
    # A constant difference c is one coefficient, c * sqrt(64), in the real part; there are 8 x 5 x 2 numbers.
    assert fft_l1(target + 0.5, target).item() == pytest.approx(0.5 * 8 / 80, rel=1e-4)


def test_a_grid_of_dots_weighs_more_as_checkerboard_than_noise_or_a_wrong_brightness() -> None:
    generator = torch.Generator().manual_seed(0)
    target = torch.rand(2, 3, 96, 96, generator=generator)
    noise = torch.randn(target.shape, generator=generator) * 0.05
    dots = torch.zeros(4, 4)
    dots[1, 2] = 0.05 * 4  # as strong as the noise
    grid = target + dots.repeat(24, 24)
    assert checkerboard(target, target) == 0
    assert checkerboard(target + 0.1, target).item() == pytest.approx(0, abs=1e-6)
    assert checkerboard(grid, target) > 4 * checkerboard(target + noise, target)
    assert checkerboard(grid[..., :8, :12], target[..., :8, :12]) > 0  # a patch smaller than the neighbourhood


def test_fft_loss_has_a_finite_gradient_at_equality() -> None:
    output = torch.rand(1, 3, 8, 8, requires_grad=True)
    fft_l1(output, output.detach()).backward()
    assert output.grad is not None
    assert torch.isfinite(output.grad).all()


def test_nonsaturating_values() -> None:
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([-2.0, 0.5])
    loss = GAN_LOSSES["nonsaturating"]
    wanted = (softplus(-1) + softplus(-3)) / 2 + (softplus(-2) + softplus(0.5)) / 2
    assert loss.discriminator(real, fake).item() == pytest.approx(wanted, rel=1e-6)
    assert loss.generator(real, fake).item() == pytest.approx((softplus(2) + softplus(-0.5)) / 2, rel=1e-6)


def test_relativistic_values() -> None:
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([-2.0, 0.5])  # means 2 and -0.75
    loss = GAN_LOSSES["relativistic"]
    discriminator = (softplus(-1.75) + softplus(-3.75)) / 2 + (softplus(-4) + softplus(-1.5)) / 2
    generator = (softplus(1.75) + softplus(3.75)) / 2 + (softplus(4) + softplus(1.5)) / 2
    assert loss.discriminator(real, fake).item() == pytest.approx(discriminator / 2, rel=1e-6)
    assert loss.generator(real, fake).item() == pytest.approx(generator / 2, rel=1e-6)


def test_paired_values() -> None:
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([-2.0, 0.5])
    loss = GAN_LOSSES["relativistic_pairing"]
    assert loss.discriminator(real, fake).item() == pytest.approx((softplus(-3) + softplus(-2.5)) / 2, rel=1e-6)
    assert loss.generator(real, fake).item() == pytest.approx((softplus(3) + softplus(2.5)) / 2, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "discriminator", "generator"),
    [
        ("least_squares", (0 + 4) / 2 / 2 + (4 + 0.25) / 2 / 2, (9 + 0.25) / 2 / 2),
        ("hinge", 0 + (0 + 1.5) / 2, 0.75),
        ("wasserstein", -0.75 - 2, 0.75),
    ],
)
def test_values_without_logarithms(name: str, discriminator: float, generator: float) -> None:
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([-2.0, 0.5])
    assert GAN_LOSSES[name].discriminator(real, fake).item() == pytest.approx(discriminator, rel=1e-6)
    assert GAN_LOSSES[name].generator(real, fake).item() == pytest.approx(generator, rel=1e-6)


@pytest.mark.parametrize("name", sorted(GAN_LOSSES))
def test_the_two_sides_pull_apart(name: str) -> None:
    real, fake = torch.zeros(4, requires_grad=True), torch.full((4,), 0.5, requires_grad=True)
    real_pull, fake_pull = torch.autograd.grad(GAN_LOSSES[name].discriminator(real, fake), [real, fake])
    assert (real_pull < 0).all()  # descent raises the scores of real
    assert (fake_pull > 0).all()
    (fake_pull,) = torch.autograd.grad(GAN_LOSSES[name].generator(real, fake), [fake])
    assert (fake_pull < 0).all()


def test_perceptual_loss_weighs_layers_and_reaches_only_the_output(vgg_file: Path) -> None:
    layers = ["relu1_1", "relu1_2"]
    features = load_vgg16(vgg_file, layers, before_relu=True)
    output, target = torch.rand(1, 3, 16, 16, requires_grad=True), torch.rand(1, 3, 16, 16, requires_grad=True)

    def loss(distance: str, **weights: float) -> Tensor:
        return perceptual(features, weights, distance, output, target)

    first, second = loss("l1", relu1_1=1.0), loss("l1", relu1_2=1.0)
    assert loss("l1", relu1_1=2.0, relu1_2=0.5).item() == pytest.approx(
        2 * first.item() + 0.5 * second.item(), rel=1e-5
    )
    wanted = (features(output)["relu1_1"] - features(target)["relu1_1"]).square().mean()
    assert loss("mse", relu1_1=1.0).item() == pytest.approx(wanted.item(), rel=1e-5)
    assert perceptual(features, {"relu1_1": 1.0}, "l1", target, target).item() == 0
    first.backward()
    assert output.grad is not None
    assert target.grad is None
    assert all(parameter.grad is None for parameter in features.parameters())
