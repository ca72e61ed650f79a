"""A checkpoint folder is a Hub repository: what is written can be read, and damage is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from imggen.errors import CheckpointError
from imggen.store.checkpoint import Checkpoint, load, sha256_of
from tests.conftest import TINY_SPAN, save_tiny_span


def test_round_trip_stores_half_precision_and_its_hash(tmp_path: Path) -> None:
    folder = save_tiny_span(tmp_path / "model")
    stored = load_file(folder / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    config = json.loads((folder / "config.json").read_text())
    assert config["architecture_config"] == TINY_SPAN
    assert config["sha256"] == sha256_of(folder / "model.safetensors")
    network = load(folder).network
    for name, parameter in network.named_parameters():
        assert torch.equal(parameter, stored[f"network.{name}"].float())
    assert (folder / "README.md").read_text().endswith("# Tiny\n")


def test_the_hub_mixin_reads_it_too(tmp_path: Path) -> None:
    folder = save_tiny_span(tmp_path / "model")
    theirs = Checkpoint.from_pretrained(folder, strict=True).state_dict()
    for name, value in load(folder).state_dict().items():
        assert torch.equal(value, theirs[name].float())


def damage_weights(folder: Path) -> None:
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(data)


def change_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (damage_weights, "sha256 differs"),
        (lambda folder: (folder / "model.safetensors").unlink(), "incomplete or damaged"),
        (lambda folder: (folder / "config.json").write_text("{"), r"config\.json in 'model' is damaged"),
        (lambda folder: change_config(folder, architecture="mystery"), "not 'mystery'"),
        (lambda folder: change_config(folder, architecture_config={"channels": 4, "blocks": 2}), "do not fit"),
        (lambda folder: change_config(folder, architecture_config=[1]), "architecture_config: input should be"),
    ],
    ids=["flipped-bit", "no-weights", "broken-config", "unknown", "wrong-shape", "wrong-type"],
)
def test_damage_is_named(tmp_path: Path, damage: object, sentence: str) -> None:
    folder = save_tiny_span(tmp_path / "model")
    damage(folder)  # type: ignore[operator]
    with pytest.raises(CheckpointError, match=sentence):
        load(folder)
