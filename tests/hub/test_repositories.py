"""Checkpoints of this project in repositories, by name: what is found, which commit, and what is damaged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from imggen.device import best
from imggen.engine.engine import Engine
from imggen.errors import CheckpointError, ImggenError
from imggen.store import checkpoint, hub
from imggen.store.catalogue import Catalog, resolve
from tests.conftest import picture, save_tiny_span
from tests.hub.conftest import fails, point_client_at
from tests.hub.server import COMMIT, Hub, closed_port

pytestmark = pytest.mark.usefixtures("no_pauses", "alarm")


@pytest.fixture
def published(server: Hub, tmp_path: Path) -> Path:
    """A checkpoint folder, and the same as the repository ann/tiny."""
    folder = save_tiny_span(tmp_path / "tiny", seed=1)
    publish(server, folder)
    return folder


def publish(server: Hub, folder: Path, commit: str = COMMIT) -> None:
    for path in folder.iterdir():
        server.add("ann/tiny", path.name, path.read_bytes(), commit)


def test_a_repository_by_name(server: Hub, published: Path) -> None:
    (info,) = resolve("ann/tiny")
    assert (info.id, info.task, info.architecture) == ("ann/tiny", "super_resolution", "span")
    assert isinstance(info.source, Path)
    assert info.source.name == COMMIT
    assert info.sha256 == checkpoint.sha256_of(published / checkpoint.WEIGHTS_NAME)
    with hub.weights(info) as folder:
        ours, theirs = checkpoint.load(published).state_dict(), checkpoint.load(folder, info.sha256).state_dict()
    assert all(ours[name].equal(theirs[name]) for name in ours)
    assert all(COMMIT in line for line in server.log if "/resolve/" in line)


def test_a_repository_named_at_the_start_is_offered_and_runs(server: Hub, published: Path, tmp_path: Path) -> None:
    engine = Engine(Catalog(["ann/tiny"], tmp_path / "none", tmp_path / "none.json"), best("cpu"))
    image = engine.run("ann/tiny", lambda pipeline, report: pipeline.upscale(picture(8, 6)))
    assert image.size == (32, 24)
    assert (image.info["imggen"]["model"], image.info["imggen"]["revision"]) == ("ann/tiny", COMMIT)


def test_the_newest_commit_is_used_and_the_last_seen_one_offline(
    server: Hub, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = resolve("ann/tiny")
    publish(server, save_tiny_span(published, seed=2), "f" * 40)
    (second,) = resolve("ann/tiny")
    assert second.sha256 != first.sha256
    server.log.clear()
    assert list(resolve("ann/tiny", offline=True)) == [second]
    assert server.log == []
    server.status = (500, None)
    assert list(resolve("ann/tiny")) == [second]
    point_client_at(closed_port(), monkeypatch)
    assert list(resolve("ann/tiny")) == [second]


def test_a_repository_of_another_kind(server: Hub) -> None:
    server.add("ann/net", "net.safetensors", b"weights")
    with fails("no file config.json", "right kind of repository"):
        list(resolve("ann/net"))


def test_a_damaged_repository(server: Hub, published: Path) -> None:
    server.add("ann/tiny", checkpoint.CONFIG_NAME, b"{")
    with pytest.raises(CheckpointError, match=r"config\.json"):
        list(resolve("ann/tiny"))


def test_a_folder_wins_over_a_repository(
    server: Hub, published: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(published, tmp_path / "ann" / "tiny")
    (info,) = resolve("ann/tiny")
    assert info.id == "tiny"
    assert server.log == []


# Repositories of strangers


def sizes(server: Hub, name: str, content: bytes, words: str) -> None:
    """A file of that content is refused in these words, and not downloaded."""
    server.add("ann/tiny", name, content)
    server.log.clear()
    with pytest.raises(ImggenError, match=words):
        list(resolve("ann/tiny"))
    assert not any(line.endswith(name) for line in server.downloads())


@pytest.mark.parametrize(
    ("name", "size"), [("config.json", 65_000), ("README.md", 250_000), ("styles/a.webp", 250_000)]
)
def test_a_file_that_is_too_large_is_not_downloaded(server: Hub, published: Path, name: str, size: int) -> None:
    sizes(server, name, b" " * size, f"{name} of ann/tiny is larger than the .* MB that such a file may have")


def test_weights_of_another_size_than_described_are_not_downloaded(server: Hub, published: Path) -> None:
    sizes(
        server, "model.safetensors", bytes(10_000_000), "its weights have 10.0 MB, and its config.json describes others"
    )


def test_a_store_that_sends_more_than_announced(server: Hub, published: Path, client: Path) -> None:
    server.surplus = 1_000_000
    with fails("broke off"):
        list(resolve("ann/tiny"))
    assert not list(client.glob("**/model.safetensors"))


def test_a_configuration_that_is_too_large_is_refused_before_the_download(server: Hub, published: Path) -> None:
    config = {"task": "super_resolution", "architecture": "span", "architecture_config": {"channels": 8192}}
    server.add("ann/tiny", "config.json", json.dumps(config).encode())
    with pytest.raises(CheckpointError, match="more than 250 million parameters"):
        list(resolve("ann/tiny"))
    assert not any("GET store" in line for line in server.downloads())
