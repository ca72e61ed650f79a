"""The discriminator on projected features: what is fixed, what is trained, and what the class changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from imggen.models.gan.fastgan import FastGANGenerator
from imggen.models.gan.projected import LAYERS, ProjectedDiscriminator, Projector
from imggen.store.vgg16 import load_vgg16


def projector(vgg16_file: Path, seed: int = 0) -> Projector:
    return Projector(load_vgg16(vgg16_file, [name for name, _, _ in LAYERS]), channels=4, seed=seed)


def test_the_projection_is_fixed_and_follows_its_seed(vgg16_file: Path) -> None:
    x = torch.rand(2, 3, 32, 32) * 2 - 1
    one, same, other = (projector(vgg16_file, seed)(x) for seed in (1, 1, 2))
    assert [tuple(part.shape) for part in one] == [(2, 4, 32, 32), (2, 8, 16, 16), (2, 16, 8, 8), (2, 32, 4, 4)]
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not torch.equal(one[0], other[0])
    assert not [name for name, value in projector(vgg16_file).named_parameters() if value.requires_grad]


def test_fine_features_know_the_whole_image_and_give_gradients(vgg16_file: Path) -> None:
    """A place of the finest features depends on far corners only by way of the coarse ones."""
    x = torch.rand(1, 3, 64, 64).requires_grad_(True)
    (gradient,) = torch.autograd.grad(projector(vgg16_file)(x)[0][0, :, 4, 4].sum(), x)
    assert gradient[0, :, :8, :8].abs().sum() > 0
    assert gradient[0, :, 40:, 40:].abs().sum() > 0


@pytest.mark.parametrize(("side", "places"), [(64, 25 + 25 + 25 + 25), (32, 25 + 25 + 25 + 1), (16, 25 + 25 + 1 + 1)])
def test_every_resolution_scores(side: int, places: int, vgg16_file: Path) -> None:
    network = ProjectedDiscriminator(side, channels=4)
    scores = network(projector(vgg16_file)(torch.rand(2, 3, side, side)))
    assert scores.shape == (2, places)
    scores.sum().backward()
    assert not [name for name, parameter in network.named_parameters() if parameter.grad is None]


def test_scores_depend_on_the_class_and_linearly_on_mixtures(vgg16_file: Path) -> None:
    network = ProjectedDiscriminator(16, channels=4, classes=3).eval()
    features = projector(vgg16_file)(torch.rand(1, 3, 16, 16).expand(3, -1, -1, -1))
    one, other, _ = network(features, torch.eye(3))
    mixed = network(features, torch.tensor([[0.5, 0.5, 0.0]]).expand(3, -1))[0]
    assert not torch.allclose(one, other)
    assert torch.allclose(mixed, (one + other) / 2, atol=1e-5)


def test_a_fastgan_with_classes_draws_each_differently() -> None:
    network = FastGANGenerator(16, 4, latent_size=8, classes=3).eval()
    images = network(torch.randn(1, 8).expand(3, -1), torch.eye(3))
    assert images.shape == (3, 3, 16, 16)
    assert not torch.equal(images[0], images[1])
    assert not torch.equal(images[1], images[2])
