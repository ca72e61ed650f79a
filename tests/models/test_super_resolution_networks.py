"""The super-resolution networks: shapes, folding, and receptive fields that tiling relies on."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from imggen.errors import CheckpointError
from imggen.models import UPSCALERS, build
from imggen.models.super_resolution.span import SPAN

SMALL = {
    "span": {"channels": 8, "blocks": 2},
    "srresnet": {"channels": 8, "blocks": 2},
    "rrdbnet": {"channels": 8, "blocks": 1, "growth": 4},
}


@pytest.mark.parametrize("architecture", sorted(UPSCALERS))
def test_output_is_four_times_larger_and_config_rebuilds(architecture: str) -> None:
    network = build(architecture, SMALL[architecture]).eval()
    assert network(torch.rand(2, 3, 9, 7)).shape == (2, 3, 36, 28)
    rebuilt = build(architecture, network.config)
    rebuilt.load_state_dict(network.state_dict())


@pytest.mark.parametrize("architecture", sorted(UPSCALERS))
def test_nothing_beyond_the_receptive_radius_matters(architecture: str) -> None:
    torch.manual_seed(0)
    network = build(architecture, SMALL[architecture]).eval().double()
    for parameter in network.parameters():
        if parameter.ndim == 4:
            nn.init.normal_(parameter, std=0.3)
    radius = network.receptive_radius
    x = torch.rand(1, 3, 5, 2 * radius + 9, dtype=torch.float64, requires_grad=True)
    middle = x.shape[3] // 2
    network(x)[:, :, :, 4 * middle : 4 * middle + 4].sum().backward()
    assert x.grad is not None
    touched = x.grad.abs().sum((0, 1, 2)).nonzero().flatten()
    assert middle - radius <= touched.min()
    assert touched.max() <= middle + radius


def test_folded_span_equals_the_trained_one() -> None:
    torch.manual_seed(0)
    network = SPAN(channels=8, blocks=2, reparameterised=True).double()
    nn.init.normal_(network.to_rgb.weight)
    x = torch.rand(1, 3, 12, 12, dtype=torch.float64)
    assert torch.allclose(network(x), network.fused()(x), atol=1e-9)


def test_untrained_span_is_nearest_neighbour_enlargement() -> None:
    x = torch.rand(1, 3, 4, 4)
    assert torch.equal(SPAN(channels=8, blocks=1)(x), x.repeat_interleave(4, 2).repeat_interleave(4, 3))


def test_build_says_what_does_not_fit() -> None:
    with pytest.raises(CheckpointError, match="span"):
        build("unknown", {})
    with pytest.raises(CheckpointError, match="does not fit"):
        build("span", {"chanels": 3})
