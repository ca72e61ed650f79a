"""Penalties on functions whose gradients are known."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from imggen.training.gan.regularisers import one_centred, orthogonal, zero_centred
from imggen.training.gan.step import between


def test_gradient_penalties_of_a_linear_function() -> None:
    direction = torch.zeros(3, 2, 2)
    direction[0, 0, 0], direction[2, 1, 1] = 3.0, 4.0  # norm 5
    x = torch.randn(6, 3, 2, 2, requires_grad=True)
    assert zero_centred((x * direction).sum((1, 2, 3)), x).item() == pytest.approx(25 / 2)
    assert one_centred((x * direction).sum((1, 2, 3)), x).item() == pytest.approx(16)


def test_gradient_penalty_reaches_the_weights() -> None:
    weight = torch.tensor(3.0, requires_grad=True)
    x = torch.ones(2, 1, 1, 2, requires_grad=True)
    zero_centred((weight * x.square() / 2).sum((1, 2, 3)), x).backward()  # each gradient is (w, w): 2 w^2 / 2
    assert weight.grad is not None
    assert weight.grad.item() == pytest.approx(6)


def test_orthogonal_counts_only_products_of_different_filters() -> None:
    layer = nn.Linear(2, 2, bias=False)
    layer.weight.data = torch.tensor([[5.0, 0.0], [0.0, 7.0]])
    assert orthogonal(layer).item() == 0
    layer.weight.data = torch.tensor([[1.0, 2.0], [3.0, 1.0]])
    assert orthogonal(layer).item() == pytest.approx(2 * 25)
    assert orthogonal(nn.Sequential(nn.Embedding(3, 2), nn.BatchNorm2d(3))).item() == 0


def test_between_lies_on_the_line() -> None:
    real, fake = torch.zeros(3, 1, 1, 1), torch.ones(3, 1, 1, 1)
    assert between(real, fake, torch.tensor([0.0, 0.25, 1.0])).flatten().tolist() == [0.0, 0.25, 1.0]
