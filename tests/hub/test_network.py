"""Downloads where the network or the disk fails."""

from __future__ import annotations

import errno
import io
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from imggen.store import download, hub
from imggen.store.catalogue import resolve
from imggen.store.download import REQUEST_TIMEOUT
from imggen.store.hub import fetch
from tests.hub.conftest import fails, point_client_at
from tests.hub.downloads import FILE, NAME, REPO, leftovers
from tests.hub.server import Hub, black_hole, closed_port

pytestmark = pytest.mark.usefixtures("no_pauses", "alarm")


# The network


@pytest.mark.parametrize("endpoint", [closed_port(), "http://hub.invalid", "no address"])
def test_no_network(client: Path, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    point_client_at(endpoint, monkeypatch)
    with fails("Check the network"):
        fetch(FILE)
    with fails("Check the network"):
        list(resolve(REPO))


def test_a_black_hole(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert REQUEST_TIMEOUT < hub.PROBE_LIMIT < 5
    with black_hole() as url:
        point_client_at(url, monkeypatch)
        with fails("did not answer in time"):
            fetch(FILE)
        monkeypatch.setattr(hub, "PROBE_LIMIT", 0.3)
        with fails("did not answer in time"):
            list(resolve(REPO))


@pytest.mark.parametrize("store", [closed_port(), "http://store.invalid"])
def test_a_store_that_cannot_be_reached(server: Hub, sha256: str, store: str) -> None:
    server.store_url = store
    with fails("cannot be reached", "Check the network"):
        fetch(FILE, sha256=sha256)


def test_a_store_that_does_not_answer(server: Hub, sha256: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "PROBE_LIMIT", 0.5)
    with black_hole() as server.store_url, fails("did not answer in time"):
        fetch(FILE, sha256=sha256)


def test_a_store_that_stops_in_mid_file(
    server: Hub, sha256: str, client: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "STALL_LIMIT", 0.5)
    with server.held():
        with fails("did not answer in time"):
            fetch(FILE, sha256=sha256)
        assert leftovers(client) == []


def test_a_name_server_that_never_answers(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: over.wait(30) and [])
    monkeypatch.setattr(hub, "PROBE_LIMIT", 0.3)
    point_client_at("http://hub.example", monkeypatch)
    with fails("did not answer in time"):
        fetch(FILE)
    over.set()


def test_offline(server: Hub, sha256: str) -> None:
    with fails(NAME, "offline mode"):
        fetch(FILE, sha256=sha256, offline=True)
    with fails("ann/net", "offline mode"):
        list(resolve(REPO, offline=True))
    assert server.log == []


# The disk


def test_a_full_disk(server: Hub, sha256: str, client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.FileIO):
        def write(self, data: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device", self.name)

    original = Path.open

    def opened(self: Path, *args: Any, **kwargs: Any) -> Any:
        return Full(self, "wb") if self.suffix == ".incomplete" else original(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", opened)
    with fails("disk is full"):
        fetch(FILE, sha256=sha256)
    assert leftovers(client) == []


def test_a_cache_that_cannot_be_written(server: Hub, sha256: str, client: Path) -> None:
    client.write_text("a file where the folder should be")
    with fails("cannot be written", "HF_HOME"):
        fetch(FILE, sha256=sha256)
