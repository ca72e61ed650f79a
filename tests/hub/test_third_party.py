"""Third-party super-resolution files: the true key names and file formats with random weights, from a local Hub."""

from __future__ import annotations

import io
import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from torch import Tensor, nn

from imggen import device
from imggen.engine.loading import load_pipeline
from imggen.errors import CheckpointError
from imggen.store.catalogue import Catalog
from tests.conftest import picture
from tests.hub.server import Hub


def compact_state(features: int = 16, convs: int = 3) -> dict[str, Tensor]:
    """SRVGGNetCompact (realesr-general): convolutions at even and PReLUs at odd places of ``body``."""
    layers: list[nn.Module] = [nn.Conv2d(3, features, 3), nn.PReLU(features)]
    for _ in range(convs):
        layers += [nn.Conv2d(features, features, 3), nn.PReLU(features)]
    layers.append(nn.Conv2d(features, 48, 3))
    return {f"body.{name}": value for name, value in nn.Sequential(*layers).state_dict().items()}


def rrdb_state(features: int = 16, blocks: int = 2, growth: int = 32) -> dict[str, Tensor]:
    """RRDBNet with the key names of the Real-ESRGAN files."""
    state: dict[str, Tensor] = {}

    def conv(name: str, inputs: int, outputs: int) -> None:
        state.update({f"{name}.{key}": value for key, value in nn.Conv2d(inputs, outputs, 3).state_dict().items()})

    conv("conv_first", 3, features)
    for block in range(blocks):
        for dense in (1, 2, 3):
            for index in range(1, 6):
                outputs = growth if index < 5 else features
                conv(f"body.{block}.rdb{dense}.conv{index}", features + (index - 1) * growth, outputs)
    for name in ("conv_body", "conv_up1", "conv_up2", "conv_hr"):
        conv(name, features, features)
    conv("conv_last", features, 3)
    return state


def pth(state: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def offer(server: Hub, folder: Path, filename: str, content: bytes) -> Catalog:
    """Put a file on the server and into a list of Hub models."""
    entry = {
        "id": "theirs",
        "task": "super_resolution",
        "title": "Theirs",
        "repo_id": "ann/upscaler",
        "filename": filename,
        "architecture": "spandrel",
        "license": "bsd-3-clause",
        "sha256": server.add("ann/upscaler", filename, content),
        "size_bytes": len(content),
        "description": "A network of somebody else.",
    }
    (folder / "catalog.json").write_text(json.dumps([entry]))
    return Catalog(shipped=folder / "none", hub_catalog=folder / "catalog.json")


@pytest.mark.parametrize(
    ("filename", "content", "parameters"),
    [
        ("compact.pth", pth({"params": compact_state()}), compact_state()),
        ("x4plus.pth", pth({"params_ema": rrdb_state()}), rrdb_state()),
        ("x4plus.safetensors", save(rrdb_state()), rrdb_state()),
        ("nomos.safetensors", save({name: value.half() for name, value in rrdb_state().items()}), rrdb_state()),
    ],
    ids=["compact-pth", "rrdb-pth", "rrdb-safetensors", "rrdb-half"],
)
def test_every_tensor_is_used(
    server: Hub, tmp_path: Path, filename: str, content: bytes, parameters: dict[str, Tensor]
) -> None:
    catalog = offer(server, tmp_path, filename, content)
    pipeline = load_pipeline("theirs", catalog, device.best("cpu", torch.float32))
    loaded = {id(value) for value in pipeline._network.state_dict().values()}
    assert len(loaded) == len(parameters)
    assert sum(value.numel() for value in pipeline._network.parameters()) == sum(p.numel() for p in parameters.values())
    result = pipeline.upscale(picture(12, 10))
    assert result.size == (48, 40)
    assert result.info["imggen"]["sha256"] == catalog.get("theirs").sha256
    requests = len(server.log)
    load_pipeline("theirs", catalog, device.best("cpu", torch.float32), offline=True)
    assert len(server.log) == requests


class Payload:
    """What a hostile pickle would run."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("this must never run",))


@pytest.mark.parametrize(
    "content",
    [pth({"params": Payload()}), pickle.dumps(Payload()), pth({"weight": torch.zeros(3)}), b"not a file"],
    ids=["code-in-pickle", "bare-pickle", "another-network", "garbage"],
)
def test_code_and_unknown_networks_are_refused(
    server: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    catalog = offer(server, tmp_path, "model.pth", content)
    with pytest.raises(CheckpointError, match="spandrel"):
        load_pipeline("theirs", catalog, device.best("cpu", torch.float32))
    assert "this must never run" not in capsys.readouterr().out
