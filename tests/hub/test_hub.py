"""The real Hub client against a server on this machine: what works, and every way it can fail."""

from __future__ import annotations

import errno
import io
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imggen.errors import Cancelled
from imggen.store import checkpoint, hub
from imggen.store.catalogue import ModelInfo, resolve
from imggen.store.hub import HubFile, fetch
from tests.conftest import save_tiny_span
from tests.hub.conftest import COMMIT, Hub, closed_port, fails, point_client_at

pytestmark = pytest.mark.usefixtures("no_pauses", "alarm")

REPO = "ann/net"
NAME = "net.safetensors"
CONTENT = bytes(range(256)) * 1024
FILE = HubFile(REPO, NAME)
PINNED = HubFile(REPO, NAME, COMMIT)
FETCH = f"from imggen.store.hub import HubFile, fetch; print(fetch(HubFile({REPO!r}, {NAME!r})))"


@pytest.fixture
def sha256(server: Hub) -> str:
    """The server holds one file; this is its hash."""
    return server.add(REPO, NAME, CONTENT)


def blob(cache: Path) -> Path:
    (path,) = (cache / "models--ann--net" / "blobs").iterdir()
    return path


def leftovers(cache: Path) -> list[Path]:
    return list(cache.glob("**/*.incomplete"))


def eventually(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.02)


# What works


@pytest.mark.parametrize("file", [FILE, PINNED])
def test_a_second_call_asks_nobody(server: Hub, sha256: str, file: HubFile) -> None:
    reports: list[tuple[int, int | None]] = []
    path = fetch(file, sha256=sha256, report=lambda *numbers: reports.append(numbers))
    assert path.read_bytes() == CONTENT
    assert reports[-1] == (len(CONTENT), len(CONTENT))
    server.log.clear()
    for again in (fetch(file, sha256=sha256), fetch(file), fetch(file, sha256=sha256, offline=True)):
        assert again == path
    assert server.log == []


def test_find(server: Hub, sha256: str, tmp_path: Path) -> None:
    info = ModelInfo("net", "super_resolution", "Net", FILE, "spandrel", sha256=sha256)
    assert hub.find(info).read_bytes() == CONTENT
    folder = save_tiny_span(tmp_path / "tiny")
    info = ModelInfo("tiny", "super_resolution", "Tiny", folder, "span")
    assert hub.find(info) == folder
    (folder / checkpoint.WEIGHTS_NAME).unlink()
    with fails("tiny", "Put the file back"):
        hub.find(info)


def test_a_cut_transfer_is_resumed(server: Hub, sha256: str, client: Path) -> None:
    server.cuts = [100_000]
    assert fetch(FILE, sha256=sha256).read_bytes() == CONTENT
    assert server.count("GET") == 2
    assert "bytes=98304-" in server.log[-1]


def test_a_server_that_hangs_up_is_asked_again(server: Hub, sha256: str) -> None:
    server.hang_ups = 2
    with fails("broke off"):
        fetch(FILE, sha256=sha256)
    server.hang_ups = 1
    assert fetch(FILE, sha256=sha256).read_bytes() == CONTENT


def test_a_busy_moment_is_waited_out(server: Hub, sha256: str) -> None:
    server.get_status = [429]
    assert fetch(FILE, sha256=sha256).read_bytes() == CONTENT


def test_a_download_damaged_once_is_repeated(server: Hub, sha256: str) -> None:
    server.flips = 1
    assert fetch(FILE, sha256=sha256).read_bytes() == CONTENT
    assert server.count("GET") == 2


@pytest.mark.parametrize("known", [True, False])
def test_a_truncated_cache_is_noticed_and_mended(server: Hub, sha256: str, client: Path, known: bool) -> None:
    expected = sha256 if known else None
    fetch(PINNED, sha256=expected)
    os.truncate(blob(client), 1000)
    with fails("damaged in the local cache", "offline"):
        fetch(PINNED, sha256=expected, offline=True)
    assert fetch(PINNED, sha256=expected).read_bytes() == CONTENT
    assert server.count("GET") == 2


# What the Hub answers


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (HubFile("ann/other", NAME), ["ann/other", "not on the Hub or is private"]),
        (HubFile(REPO, NAME, "v9"), [REPO, "no revision v9"]),
        (HubFile(REPO, "other.pth"), [REPO, "no file other.pth"]),
        (HubFile("a/b/c", NAME), ["not a name the Hub allows"]),
    ],
)
def test_what_does_not_exist(server: Hub, sha256: str, file: HubFile, words: list[str]) -> None:
    with fails(*words):
        fetch(file)
    assert server.count("GET") == 0


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, "RepoNotFound", ["private", "hf auth login"]),
        (401, None, ["private", "hf auth login"]),
        (403, "GatedRepo", ["Ask for access", "hf auth login"]),
        (403, None, ["Ask for access", "hf auth login"]),
        (404, None, ["not on the Hub"]),
        (429, None, ["Wait a few minutes"]),
        (500, None, ["error 500"]),
        (503, None, ["error 503"]),
    ],
)
def test_an_answer_that_refuses(server: Hub, sha256: str, status: int, code: str | None, words: list[str]) -> None:
    server.status = (status, code)
    with fails(REPO, *words):
        fetch(FILE, sha256=sha256)
    assert len(server.log) == 1
    with fails(REPO, *words[:1] if status < 500 else []):
        list(resolve(REPO))


def test_a_file_the_server_cannot_send(server: Hub, sha256: str, client: Path) -> None:
    server.get_status = [500]
    with fails("error 500"):
        fetch(FILE, sha256=sha256)
    server.get_status = [429] * 6
    with fails("Wait a few minutes"):
        fetch(FILE, sha256=sha256)
    assert leftovers(client) == []


def test_a_transfer_that_always_breaks_off(server: Hub, sha256: str, client: Path) -> None:
    server.cuts = [10] * 20
    with fails("broke off"):
        fetch(FILE, sha256=sha256)
    assert leftovers(client) == []


def test_a_download_damaged_twice_is_refused(server: Hub, sha256: str) -> None:
    server.flips = 2
    with fails("damaged twice"):
        fetch(FILE, sha256=sha256)
    assert fetch(FILE, sha256=sha256).read_bytes() == CONTENT


def test_another_file_than_the_catalogue_describes(server: Hub, sha256: str) -> None:
    with fails("not the file the catalogue describes"):
        fetch(FILE, sha256="0" * 64)
    assert server.count("GET") == 0


def test_a_login_page_in_between(server: Hub, sha256: str) -> None:
    server.plain = True
    with fails("Something else than the Hugging Face Hub"):
        fetch(FILE)


# The network


@pytest.mark.parametrize("endpoint", [closed_port(), "http://hub.invalid", "no address"])
def test_no_network(client: Path, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    point_client_at(endpoint, monkeypatch)
    with fails("Check the network"):
        fetch(FILE)
    with fails("Check the network"):
        list(resolve(REPO))


def test_a_black_hole(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hub.REQUEST_TIMEOUT < hub.PROBE_LIMIT < 5
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        point_client_at(f"http://127.0.0.1:{listener.getsockname()[1]}", monkeypatch)
        with fails("did not answer in time"):
            fetch(FILE)
        monkeypatch.setattr(hub, "PROBE_LIMIT", 0.3)
        with fails("did not answer in time"):
            list(resolve(REPO))


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


# Cancelling


def test_cancel(server: Hub, sha256: str, client: Path) -> None:
    server.chunk, server.pause = 1 << 14, 0.1

    def cancel(done: int, total: int | None) -> None:
        if done:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled, match="Stopped"):
        fetch(FILE, sha256=sha256, report=cancel)
    eventually(lambda: leftovers(client) == [])
    server.pause = 0
    assert fetch(FILE, sha256=sha256).read_bytes() == CONTENT


def test_cancel_while_nothing_arrives(server: Hub, sha256: str, client: Path) -> None:
    server.chunk, server.pause = 1 << 13, 2.0
    calls: list[int] = []

    def cancel(done: int, total: int | None) -> None:
        calls.append(done)
        if len(calls) == 2:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        fetch(FILE, sha256=sha256, report=cancel)
    assert sum(calls) < len(CONTENT)
    server.pause = 0
    eventually(lambda: leftovers(client) == [])


# Other processes


def start(server: Hub, tmp_path: Path, code: str = FETCH, **environment: str) -> subprocess.Popen[str]:
    """Run a Python program whose Hub client is configured by the environment alone."""
    settings = {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path), "HF_HUB_CACHE": str(tmp_path / "cache")}
    root = Path(hub.__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, **settings, **environment},
    )


def test_two_processes_at_once(server: Hub, sha256: str, tmp_path: Path) -> None:
    server.chunk, server.pause = 1 << 13, 0.05
    both = [start(server, tmp_path), start(server, tmp_path)]
    paths = {process.communicate()[0].strip() for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert {Path(path).read_bytes() for path in paths} == {CONTENT}
    assert server.count("GET") == 1


def test_killed_in_mid_download(server: Hub, sha256: str, tmp_path: Path, client: Path) -> None:
    server.chunk, server.pause = 1 << 13, 0.5
    process = start(server, tmp_path)
    eventually(lambda: bool(leftovers(client)) and server.count("GET") == 1)
    hub._remove_leftovers(REPO)
    assert leftovers(client), "a live download was disturbed"
    process.kill()
    process.communicate()
    assert leftovers(client)
    server.pause = 0
    assert fetch(FILE, sha256=sha256).read_bytes() == CONTENT
    assert leftovers(client) == []


def test_offline_by_the_environment(server: Hub, sha256: str, tmp_path: Path) -> None:
    code = f"import sys, imggen.errors\ntry: exec({FETCH!r})\nexcept imggen.errors.WeightsUnavailable as e: print(e)"
    said, _ = start(server, tmp_path, code, HF_HUB_OFFLINE="1").communicate()
    assert "offline mode is on" in said
    assert server.log == []
