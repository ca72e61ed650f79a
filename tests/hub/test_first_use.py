"""Files whose checksum nobody has published: the first copy is trusted, and another one later is noticed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from imggen.errors import CheckpointError, WeightsUnavailable
from imggen.store import first_use, hub
from imggen.store.model_info import HubFile, ModelInfo
from imggen.ui.shared.parts import about
from tests.hub.server import COMMIT, Hub

FILE = HubFile("ann/net", "folder/net.bin", COMMIT)
INFO = ModelInfo("net", "sampling", "Net", FILE, "huggan-fastgan", "mit", size_bytes=12_300_000, description="A net.")


def notes(cache: Path) -> Path:
    return cache.with_name(first_use.FOLDER_NAME)


def load(info: ModelInfo = INFO, offline: bool = False) -> bytes:
    """Load the file, which here succeeds when it is not empty."""
    with hub.weights(info, offline=offline) as path:
        content = path.read_bytes()
        if content == b"garbage":
            raise CheckpointError("This is no network.")
    return content


def test_another_copy_is_refused_even_after_the_cache_was_emptied(server: Hub, client: Path) -> None:
    server.add("ann/net", "folder/net.bin", b"first")
    assert load() == b"first"
    shutil.rmtree(client)
    server.add("ann/net", "folder/net.bin", b"changed")
    with pytest.raises(WeightsUnavailable, match=r"is not the file any more that was trusted.* imggen-first-copies"):
        load()
    assert len(server.downloads()) == 1

    (note,) = notes(client).rglob("*.sha256")
    note.unlink()
    assert load() == b"changed"


def test_what_does_not_load_is_not_trusted(server: Hub, client: Path) -> None:
    server.add("ann/net", "folder/net.bin", b"garbage")
    with pytest.raises(CheckpointError):
        load()
    assert not list(notes(client).rglob("*.sha256"))
    shutil.rmtree(client)
    server.add("ann/net", "folder/net.bin", b"right")
    assert load() == b"right"


def test_the_same_copy_is_fetched_again(server: Hub, client: Path) -> None:
    server.add("ann/net", "folder/net.bin", b"first")
    load()
    shutil.rmtree(client)
    assert load() == b"first"


def test_a_copy_that_was_changed_in_the_cache_is_noticed(server: Hub) -> None:
    server.add("ann/net", "folder/net.bin", b"first")
    with hub.weights(INFO) as path:
        pass
    path.write_bytes(b"other")
    with pytest.raises(WeightsUnavailable, match="damaged in the local cache"):
        load(offline=True)
    assert load() == b"first"


def test_where_nothing_can_be_noted_the_model_is_used_and_the_log_says_so(
    server: Hub, client: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.add("ann/net", "folder/net.bin", b"first")
    notes(client).write_text("a file where the folder should be")
    assert load() == b"first"
    assert "cannot be noted" in caplog.text


def test_people_are_told_before_they_download() -> None:
    said = about(INFO)
    assert said.startswith("A net. From `ann/net` on the Hugging Face Hub: 12 MB, downloaded once, licence mit.")
    assert said.endswith("the first copy that loads is trusted, and a later one must equal it.")
