"""Folders on a file system that nobody may write to, not even root."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest

from imggen.errors import WeightsUnavailable
from imggen.store.catalogue import from_hub, resolve
from imggen.store.hub import HubFile, fetch
from imggen.ui.shared.parts import png_file, shown_errors
from tests.conftest import picture, save_tiny_span
from tests.hub.server import COMMIT, Hub


class Medium:
    """A folder that can be made read-only: by mounting for root, whom permissions do not stop; else by permissions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.mounted = os.geteuid() == 0
        if self.mounted and subprocess.call(["mount", "-t", "tmpfs", "tmpfs", str(folder)]):
            pytest.skip("mounting is not allowed here")

    def protect(self) -> None:
        if self.mounted:
            subprocess.check_call(["mount", "-o", "remount,ro", str(self.folder)])
        else:
            for path in [self.folder, *self.folder.rglob("*")]:
                path.chmod(0o555)
        with pytest.raises(OSError, match=r"Read-only|denied"):
            (self.folder / "probe").touch()

    def close(self) -> None:
        if self.mounted:
            subprocess.check_call(["umount", "--lazy", str(self.folder)])
        else:
            for path in [self.folder, *self.folder.rglob("*")]:
                path.chmod(0o755)


@pytest.fixture
def cache(client: Path) -> Iterator[Medium]:
    """The Hub client's cache."""
    medium = Medium(client)
    yield medium
    medium.close()


@pytest.fixture
def results(tmp_path: Path) -> Iterator[Medium]:
    """A folder for results."""
    medium = Medium(tmp_path / "results")
    yield medium
    medium.close()


@pytest.mark.parametrize("revision", ["main", COMMIT])
def test_what_is_in_a_read_only_cache_is_used(server: Hub, cache: Medium, revision: str) -> None:
    sha256 = server.add("ann/net", "net.bin", b"weights")
    file = HubFile("ann/net", "net.bin", revision)
    path = fetch(file, sha256=sha256)
    cache.protect()
    requests = len(server.log)
    assert fetch(file, sha256=sha256) == path
    assert path.read_bytes() == b"weights"
    assert len(server.log) == requests


def test_what_is_not_in_it_cannot_be_kept_there(server: Hub, cache: Medium, tmp_path: Path) -> None:
    sha256 = server.add("ann/net", "net.bin", b"weights")
    for file in save_tiny_span(tmp_path / "tiny").iterdir():
        server.add("ann/tiny", file.name, file.read_bytes())
    cache.protect()
    sentence = "The download cache cannot be written, so .* cannot be kept. Set HF_HOME to a folder you can write."
    with pytest.raises(WeightsUnavailable, match=sentence):
        fetch(HubFile("ann/net", "net.bin"), sha256=sha256)
    for ask in (from_hub, lambda name: list(resolve(name))):
        with pytest.raises(WeightsUnavailable, match=sentence):
            ask("ann/tiny")


def test_a_checkpoint_in_a_read_only_cache_is_used(server: Hub, cache: Medium, tmp_path: Path) -> None:
    for file in save_tiny_span(tmp_path / "tiny").iterdir():
        server.add("ann/tiny", file.name, file.read_bytes())
    (before,) = resolve("ann/tiny")
    cache.protect()
    assert list(resolve("ann/tiny")) == [before]
    assert list(resolve("ann/tiny", offline=True)) == [before]


def test_results_that_cannot_be_saved_are_a_sentence(results: Medium) -> None:
    component = gr.Image()
    component.GRADIO_CACHE = str(results.folder)
    results.protect()
    with pytest.raises(gr.Error, match="cannot be written") as caught, shown_errors():
        png_file(component, picture(8, 8), "result.png")
    assert str(results.folder) not in str(caught.value)
