"""config.json comes from strangers: what is accepted, and what is refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imggen.errors import CheckpointError
from imggen.store.catalogue import WEIGHTS_DIR, checkpoint_folders
from imggen.store.config import read_config

GOOD: dict[str, Any] = {"task": "sampling", "architecture": "dcgan", "architecture_config": {"channels": 8}}
REFINED = {"generator": {"architecture": "dcgan", "config": {}}, "upscaler": {"architecture": "span", "config": {}}}


def write(folder: Path, content: str | bytes) -> Path:
    (folder / "config.json").write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def test_every_shipped_configuration_is_accepted() -> None:
    for folder in checkpoint_folders(WEIGHTS_DIR):
        assert read_config(folder).architecture_config


def test_fields_of_later_versions_are_left_out(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, json.dumps({**GOOD, "mood": {"blue": [1, 2]}})))
    assert config.architecture_config == {"channels": 8}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"task": 1}, "task: input should be a valid string"),
        ({"task": "../x"}, "task"),
        ({"architecture": None}, "architecture"),
        ({"architecture_config": []}, "architecture_config"),
        ({"architecture_config": {"channels": "8"}}, "channels: input should be a valid integer"),
        ({"architecture_config": {"channels": 8.5}}, "channels"),
        ({"architecture_config": {"channels": True}}, "channels"),
        ({"architecture_config": {"channels": 10**400}}, "channels"),
        ({"architecture_config": {"channels": 0}}, "channels: input should be greater than or equal to 1"),
        ({"architecture_config": {"image_size": 4096}}, "image_size: input should be less than or equal to 1024"),
        ({"architecture_config": {"evil": 1}}, "evil"),
        ({"title": "a" * 201}, "title"),
        ({"title": "a\u202eb"}, "title: it has characters that cannot be printed"),
        ({"title": {"html": "b"}}, "title"),
        ({"license": "<b>mit</b>"}, "license"),
        ({"base_model": ""}, "base_model"),
        ({"image_size": -1}, "image_size"),
        ({"latent_size": 10**20}, "latent_size"),
        ({"value_range": [0, 1, 2]}, "value_range"),
        ({"class_names": ["a", "a"]}, "two classes have the same name"),
        ({"class_names": ["a", ""]}, "class_names"),
        ({"class_names": ["a", 1]}, "class_names"),
        ({"class_names": "abc"}, "class_names"),
        ({"directions": ["a"] * 9}, "directions"),
        ({"directions": ["a" * 41]}, "directions"),
        ({"directions": [None]}, "directions"),
        ({"training": [1]}, "training"),
        ({"sha256": "12"}, "sha256"),
        ({"architecture": "cyclegan", "architecture_config": {"domains": "ab"}}, "domains"),
        ({"architecture": "cyclegan", "architecture_config": {"heads": ["day", "noon"]}}, "heads"),
        ({"architecture": "refined", "architecture_config": {"generator": 1, "upscaler": 2}}, "generator"),
        (
            {
                "architecture": "refined",
                "architecture_config": {
                    **REFINED,
                    "upscaler": {"architecture": "span", "config": {"blocks": 10**6}},
                },
            },
            "upscaler.config: blocks",
        ),
    ],
)
def test_a_field_that_is_wrong_is_named(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    with pytest.raises(CheckpointError, match=r"config\.json") as caught:
        read_config(write(tmp_path, json.dumps({**GOOD, **change})))
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 30_000,
        b'{"task": NaN}',
        b" " * 64_001,
        b'{"value_range": [NaN, 1]}',
    ],
)
def test_what_is_no_configuration(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CheckpointError, match=r"config\.json"):
        read_config(write(tmp_path, content))
