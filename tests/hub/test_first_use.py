"""Files whose checksum nobody has published: the first copy is trusted, and another one later is noticed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from imggen.errors import WeightsUnavailable
from imggen.store import first_use as first_copies
from imggen.store import hub
from imggen.store.model_info import HubFile, ModelInfo
from imggen.ui.shared.parts import about
from tests.hub.conftest import COMMIT, Hub

FILE = HubFile("ann/net", "folder/net.bin", COMMIT)
INFO = ModelInfo("net", "sampling", "Net", FILE, "huggan-fastgan", "mit", size_bytes=12_300_000, description="A net.")


def notes(cache: Path) -> Path:
    return cache.with_name(first_copies.FOLDER_NAME)


def test_another_copy_is_refused_even_after_the_cache_was_emptied(server: Hub, client: Path) -> None:
    server.add("ann/net", "folder/net.bin", b"first")
    assert hub.find(INFO).read_bytes() == b"first"
    shutil.rmtree(client)
    server.add("ann/net", "folder/net.bin", b"changed")
    with pytest.raises(WeightsUnavailable, match=r"is not the file any more that was trusted.* imggen-first-copies"):
        hub.find(INFO)
    assert server.count("GET") == 1

    (note,) = notes(client).rglob("*.sha256")
    note.unlink()
    assert hub.find(INFO).read_bytes() == b"changed"


def test_the_same_copy_is_fetched_again(server: Hub, client: Path) -> None:
    server.add("ann/net", "folder/net.bin", b"first")
    hub.find(INFO)
    shutil.rmtree(client)
    assert hub.find(INFO).read_bytes() == b"first"


def test_a_copy_that_was_changed_in_the_cache_is_noticed(server: Hub) -> None:
    server.add("ann/net", "folder/net.bin", b"first")
    hub.find(INFO).write_bytes(b"other")
    with pytest.raises(WeightsUnavailable, match="damaged in the local cache"):
        hub.find(INFO, offline=True)
    assert hub.find(INFO).read_bytes() == b"first"


def test_what_cannot_be_noted_is_not_trusted(server: Hub, client: Path) -> None:
    server.add("ann/net", "folder/net.bin", b"first")
    notes(client).write_text("a file where the folder should be")
    for _ in range(2):
        with pytest.raises(WeightsUnavailable, match=r"cannot be written.*HF_HOME"):
            hub.find(INFO)


def test_what_was_here_before_is_used_where_nothing_can_be_noted(server: Hub, client: Path) -> None:
    server.add("ann/net", "folder/net.bin", b"first")
    path = hub.fetch(FILE)
    notes(client).write_text("a file where the folder should be")
    assert hub.find(INFO) == path


def test_people_are_told_before_they_download() -> None:
    said = about(INFO)
    assert said.startswith("A net. From `ann/net` on the Hugging Face Hub: 12 MB, downloaded once, licence mit.")
    assert said.endswith("the first copy that arrives is trusted, and a later one must equal it.")
