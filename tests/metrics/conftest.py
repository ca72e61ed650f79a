"""A VGG-16 feature file of the true layout with random weights, and timing that takes no time."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from imggen.metrics import super_resolution
from imggen.metrics.latency import latency
from imggen.models.vgg16 import VGG16Features


@pytest.fixture(autouse=True)
def one_timed_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time one run instead of many: the tests do not look at the seconds."""
    monkeypatch.setattr(super_resolution, "latency", lambda job: latency(job, runs=1, warm_up=0))


@pytest.fixture(scope="session")
def vgg16_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Features with convolutions that keep the size of the signal, in float16."""
    torch.manual_seed(0)
    network = VGG16Features(["relu5_3"])
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
            nn.init.uniform_(module.bias, -0.1, 0.1)
    path = tmp_path_factory.mktemp("vgg16") / "vgg16.safetensors"
    save_file({key: value.half() for key, value in network.state_dict().items()}, path, {"source": "random weights"})
    return path
