"""Progress and Stop inside one large network."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from imggen.errors import Cancelled
from imggen.pipelines import layers
from imggen.pipelines.layers import reported_layers


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> nn.Sequential:
    monkeypatch.setattr(layers, "_INTERVAL", -1.0)
    return nn.Sequential(*(nn.Sequential(nn.Linear(2, 2), nn.ReLU()) for _ in range(5)))


def test_every_layer_is_a_step(network: nn.Sequential) -> None:
    reports: list[float] = []
    with reported_layers(network, reports.append):
        network(torch.zeros(1, 2))
    assert reports == pytest.approx([step / 10 for step in range(1, 11)])
    network(torch.zeros(1, 2))
    assert len(reports) == 10


def test_it_stops_between_two_layers(network: nn.Sequential) -> None:
    def stop(part: float) -> None:
        raise Cancelled("Stopped.")

    ran = []
    network[0][1].register_forward_hook(lambda *_: ran.append(True))
    with pytest.raises(Cancelled), reported_layers(network, stop):
        network(torch.zeros(1, 2))
    assert ran == []
