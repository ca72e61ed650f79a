"""The architectures of the super-resolution networks in the catalogue, small and with random weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from spandrel.architectures.ATD import ATD
from spandrel.architectures.DAT import DAT
from spandrel.architectures.HAT import HAT
from spandrel.architectures.PLKSR import RealPLKSR
from torch import nn

from imggen import device
from imggen.engine.loading import load_pipeline
from tests.conftest import picture
from tests.hub.conftest import client, server  # noqa: F401  fixtures
from tests.hub.server import Hub
from tests.hub.test_third_party import offer, pth

ARCHITECTURES: dict[str, Callable[[], nn.Module]] = {
    "RealPLKSR": lambda: RealPLKSR(dim=16, n_blocks=2, upscaling_factor=4),
    "DAT2": lambda: DAT(upscale=4, embed_dim=36, depth=[2], num_heads=[6], split_size=[8, 32], expansion_factor=2),
    "ATD": lambda: ATD(
        upscale=4,
        embed_dim=30,
        depths=[2],
        num_heads=[6],
        window_size=16,
        num_tokens=16,
        reducted_dim=4,
        img_size=64,
        upsampler="pixelshuffle",
    ),
    "HAT-S": lambda: HAT(
        upscale=4, embed_dim=36, depths=[2], num_heads=[6], window_size=16, compress_ratio=12, squeeze_factor=12
    ),
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_it_is_recognised_and_upscales_photos_of_any_size(server: Hub, tmp_path: Path, name: str) -> None:  # noqa: F811
    torch.manual_seed(0)
    theirs = ARCHITECTURES[name]().eval()
    state = {key: value.contiguous() for key, value in theirs.state_dict().items()}
    if name == "HAT-S":  # its file holds the weights twice
        filename, content = "net.pth", pth({"params": {k: v + 1 for k, v in state.items()}, "params_ema": state})
    else:
        filename, content = "net.safetensors", save(state)
    catalog = offer(server, tmp_path, filename, content)
    pipeline = load_pipeline("theirs", catalog, device.best("cpu", torch.float32))
    x = torch.rand(1, 3, 20, 37)
    with torch.inference_mode():
        torch.testing.assert_close(pipeline._network(x), theirs(x).clamp(0, 1))
    for size in ((150, 21), (3, 2)):  # two tiles of a transformer, and less than a window of it
        assert pipeline.upscale(picture(*size)).size == (4 * size[0], 4 * size[1])
