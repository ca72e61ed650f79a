"""The classifier of real images learns what can be learned, tells what cannot, and is the same every time."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from imggen.metrics.classifier import share_recognised, train_classifier

STEPS = 20


def coloured(count: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Noise with a red, a green or a blue cast; class 0 has four times the images of the others."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.tensor([0, 0, 0, 0, 1, 2]).repeat(count)
    images = torch.randint(0, 160, (len(labels), 3, 16, 16), generator=random)
    images[torch.arange(len(labels)), labels] += 90
    return images.byte(), labels


def test_it_tells_classes_apart_on_images_it_has_not_seen() -> None:
    classifier = train_classifier(*coloured(10), steps=STEPS)
    assert classifier.accuracy > 0.9
    images, labels = coloured(5, seed=1)
    assert share_recognised(classifier.network, images, labels) > 0.9
    assert share_recognised(classifier.network, images, (labels + 1) % 3) < 0.1
    assert not classifier.network.training


def test_accuracy_is_that_of_guessing_where_there_is_nothing_to_learn() -> None:
    images, labels = coloured(10)
    shuffled = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))]
    assert train_classifier(images, shuffled, steps=STEPS).accuracy < 0.8


def test_the_seed_decides_everything_and_the_global_generator_is_left_alone() -> None:
    images, labels = coloured(5)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one = train_classifier(images, labels, seed=1, steps=5)
    drawn = torch.rand(3)
    torch.manual_seed(6)
    other = train_classifier(images, labels, seed=1, steps=5)
    assert torch.equal(expected, drawn)
    for name, value in one.network.state_dict().items():
        assert torch.equal(value, other.network.state_dict()[name]), name


@pytest.mark.parametrize("side", [64, 128])
def test_large_images_are_reduced(side: int) -> None:
    images = torch.randint(0, 256, (6, 3, side, side)).byte()
    classifier = train_classifier(images, torch.tensor([0, 1] * 3), steps=1)
    assert 0 <= share_recognised(classifier.network, images, torch.tensor([0, 1] * 3)) <= 1
