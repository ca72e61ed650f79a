"""Weights are compared with the network they are meant for before memory is taken."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from imggen.errors import CheckpointError
from imggen.models import ARCHITECTURES
from imggen.store import checkpoint
from imggen.store.blueprint import blueprint, check_weights
from imggen.store.catalogue import WEIGHTS_DIR, checkpoint_folders
from imggen.store.config import Config, read_config
from tests.conftest import save_tiny_span


def change_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "sha256": None, **changes}))


def test_every_shipped_model_has_the_weights_of_its_configuration() -> None:
    for folder in checkpoint_folders(WEIGHTS_DIR):
        check_weights(read_config(folder), folder)


@pytest.mark.parametrize("architecture", [name for name in ARCHITECTURES if name != "refined"])
def test_no_memory_is_taken(architecture: str) -> None:
    network = blueprint(Config(task="any", architecture=architecture))
    assert {value.device.type for value in network.state_dict().values()} == {"meta"}
    assert all(value.device.type == "meta" for value in network.buffers())


def test_it_does_not_import_the_compiler() -> None:
    """PyTorch does so for arithmetic on tensors without memory, which takes seconds."""
    code = """import sys
from imggen.models import ARCHITECTURES
from imggen.store.blueprint import blueprint
from imggen.store.config import Config
for name in ARCHITECTURES:
    if name != "refined":
        blueprint(Config(task="any", architecture=name))
sys.exit("torch._dynamo" in sys.modules)"""
    assert subprocess.call([sys.executable, "-c", code], cwd=Path(checkpoint.__file__).parents[2]) == 0


@pytest.mark.parametrize(
    ("architecture", "arguments"),
    [
        ("dcgan", {"channels": 8192, "max_channels": 8192}),
        ("span", {"channels": 8192}),
        ("rrdbnet", {"channels": 8192, "blocks": 128, "growth": 8192}),
        ("stylegan2", {"channels": 8192, "max_channels": 8192, "image_size": 1024}),
        ("vae", {"hidden": 8192, "latent_size": 8192, "channels": 8192, "max_channels": 8192}),
    ],
)
def test_what_is_too_large_is_refused(architecture: str, arguments: dict[str, int]) -> None:
    with pytest.raises(CheckpointError, match="more than 250 million parameters"):
        blueprint(Config(task="any", architecture=architecture, architecture_config=arguments))


def test_too_many_layers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imggen.store.blueprint.MAX_MODULES", 20)
    with pytest.raises(CheckpointError, match="more than 20 layers"):
        blueprint(Config(task="any", architecture="srresnet"))


def test_a_small_file_with_a_large_configuration_takes_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save_tiny_span(tmp_path / "tiny")
    change_config(folder, architecture_config={"channels": 1024, "blocks": 6})
    monkeypatch.setattr(checkpoint, "Checkpoint", lambda **_: pytest.fail("the network was built"))
    with pytest.raises(CheckpointError, match=r"do not fit its configuration: .* instead of "):
        checkpoint.load(folder)


def test_a_tensor_too_many_or_too_few(tmp_path: Path) -> None:
    folder = save_tiny_span(tmp_path / "tiny")
    weights = folder / "model.safetensors"
    tensors = load_file(weights)
    change_config(folder)
    save_file({**tensors, "network.more": torch.zeros(3)}, weights)
    with pytest.raises(CheckpointError, match=r"no place for 'network\.more'"):
        checkpoint.load(folder)
    name = next(iter(tensors))
    save_file({key: value for key, value in tensors.items() if key != name}, weights)
    with pytest.raises(CheckpointError, match=f"'{name}' is missing"):
        checkpoint.load(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1234567",
        struct.pack("<Q", 1 << 60),
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 30_000) + b"[" * 30_000,
        struct.pack("<Q", 20) + b'{"a":{"shape":[-1]}}',
        struct.pack("<Q", 50) + b'{"a":{"dtype":"F64","shape":[1],"data_offsets":[]}}',
    ],
)
def test_damaged_files(tmp_path: Path, content: bytes) -> None:
    folder = save_tiny_span(tmp_path / "tiny")
    change_config(folder)
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"model\.safetensors in 'tiny' is missing or damaged"):
        checkpoint.load(folder)
