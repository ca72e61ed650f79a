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
from huggingface_hub.utils import _shared_blobs

from imggen.errors import Cancelled
from imggen.store import checkpoint, download, hub
from imggen.store.catalogue import ModelInfo, resolve
from imggen.store.download import REQUEST_TIMEOUT, remove_leftovers
from imggen.store.hub import HubFile, fetch
from tests.conftest import save_tiny_span
from tests.hub.conftest import fails, point_client_at
from tests.hub.server import COMMIT, Hub, black_hole, closed_port

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


def kept(cache: Path) -> list[Path]:
    """What the cache holds of the file, whole or in part."""
    return [path for path in cache.glob("models--*/**/*") if path.is_file() and "refs" not in path.parts]


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


def test_weights(server: Hub, sha256: str, tmp_path: Path) -> None:
    info = ModelInfo("net", "super_resolution", "Net", FILE, "spandrel", sha256=sha256)
    with hub.weights(info) as path:
        assert path.read_bytes() == CONTENT
    folder = save_tiny_span(tmp_path / "tiny")
    info = ModelInfo("tiny", "super_resolution", "Tiny", folder, "span")
    with hub.weights(info) as path:
        assert path == folder
    (folder / checkpoint.WEIGHTS_NAME).unlink()
    with fails("tiny", "Put the file back"), hub.weights(info):
        pass


def test_a_cut_transfer_is_resumed(server: Hub, sha256: str, client: Path) -> None:
    server.cuts = [100_000]
    assert fetch(FILE, sha256=sha256).read_bytes() == CONTENT
    assert len(server.downloads()) == 2
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
    assert len(server.downloads()) == 2


def test_a_truncated_cache_is_noticed_and_mended(server: Hub, sha256: str, client: Path) -> None:
    fetch(PINNED, sha256=sha256)
    os.truncate(blob(client), 1000)
    with fails("damaged in the local cache", "offline"):
        fetch(PINNED, sha256=sha256, offline=True)
    assert fetch(PINNED, sha256=sha256).read_bytes() == CONTENT
    assert len(server.downloads()) == 2


# What the real Hub does


@pytest.mark.parametrize("known", [True, False])
def test_a_file_comes_from_the_store_over_plain_http(server: Hub, sha256: str, known: bool) -> None:
    reports: list[int] = []
    path = fetch(PINNED, sha256=sha256 if known else None, report=lambda done, total: reports.append(done))
    assert path.read_bytes() == CONTENT
    assert server.downloads() == [f"GET store/{sha256}"]
    assert not any("xet-read-token" in line for line in server.log)
    assert reports[-1] == len(CONTENT)


def test_a_token_stays_with_the_hub(server: Hub, sha256: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert fetch(FILE, sha256=sha256).read_bytes() == CONTENT


@pytest.mark.parametrize("known", [True, False])
def test_what_another_program_downloaded_over_xet_is_good(server: Hub, sha256: str, client: Path, known: bool) -> None:
    path = fetch(PINNED, sha256=sha256)
    xet_hash = "ab" * 32
    assert _shared_blobs.publish_blob_to_shared_store(
        blob_path=str(blob(client)), xet_hash=xet_hash, cache_dir=client, expected_size=len(CONTENT)
    )
    assert path.resolve().name == xet_hash
    server.log.clear()
    assert fetch(PINNED, sha256=sha256 if known else None).read_bytes() == CONTENT
    assert server.log == []


def test_what_another_program_downloaded_over_xet_is_mended(server: Hub, sha256: str, client: Path) -> None:
    fetch(PINNED, sha256=sha256)
    _shared_blobs.publish_blob_to_shared_store(
        blob_path=str(blob(client)), xet_hash="ab" * 32, cache_dir=client, expected_size=len(CONTENT)
    )
    os.truncate(blob(client).resolve(), 1000)
    assert fetch(PINNED, sha256=sha256).read_bytes() == CONTENT


def test_a_renamed_repository(server: Hub, sha256: str) -> None:
    server.renamed["bob/before"] = REPO
    assert fetch(HubFile("bob/before", NAME, COMMIT), sha256=sha256).read_bytes() == CONTENT
    for name in ("config.json", "model.safetensors"):
        server.add(REPO, name, b"{}")
    assert hub.look_up("bob/before")[0].revision == COMMIT


def test_a_small_text_file_has_no_sha256(server: Hub) -> None:
    server.add(REPO, "config.json", b"{}")
    assert fetch(HubFile(REPO, "config.json")).read_bytes() == b"{}"


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
    assert server.downloads() == []


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, "RepoNotFound", ["private", "hf auth login"]),
        (401, None, ["private", "hf auth login"]),
        (403, "GatedRepo", ["Ask for access", "hf auth login"]),
        (403, None, ["Ask for access", "hf auth login"]),
        (404, None, ["not on the Hub"]),
        (429, None, ["Wait a few minutes"]),
        (401, "GatedRepo", ["Ask for access", "hf auth login"]),
        (451, None, ["legal reasons", "another model"]),
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


def test_a_disabled_repository(server: Hub, sha256: str) -> None:
    server.status, server.error_message = (403, None), "Access to this resource is disabled."
    with fails(REPO, "disabled", "another model"):
        fetch(FILE, sha256=sha256)


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
        fetch(FILE)
    assert fetch(FILE, sha256=sha256).read_bytes() == CONTENT


def test_another_file_than_the_catalogue_describes(server: Hub, sha256: str) -> None:
    with fails("not the file the catalogue describes"):
        fetch(FILE, sha256="0" * 64)
    assert server.downloads() == []


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


# Cancelling


def test_stop(server: Hub, sha256: str, client: Path) -> None:
    server.chunk, server.pause = 1 << 14, 0.1

    def stop(done: int, total: int | None) -> None:
        if done:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled, match="Stopped"):
        fetch(FILE, sha256=sha256, report=stop)
    assert kept(client) == []
    server.pause = 0
    assert fetch(FILE, sha256=sha256).read_bytes() == CONTENT


def test_stop_while_nothing_arrives(server: Hub, sha256: str, client: Path) -> None:
    calls: list[int] = []

    def stop(done: int, total: int | None) -> None:
        calls.append(done)
        if total is not None and len(server.downloads()) == 1:
            raise Cancelled("Stopped.")

    with server.held():
        with pytest.raises(Cancelled):
            fetch(FILE, sha256=sha256, report=stop)
        assert sum(calls) < len(CONTENT)
        assert kept(client) == []
    assert fetch(FILE, sha256=sha256).read_bytes() == CONTENT


def test_stop_in_the_last_moment(server: Hub, sha256: str, client: Path) -> None:
    def stop(done: int, total: int | None) -> None:
        if done == total:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        fetch(FILE, sha256=sha256, report=stop)
    eventually(lambda: kept(client) == [])


def test_stop_while_the_pictures_of_the_styles_arrive(server: Hub, client: Path) -> None:
    for number in range(100):
        server.add(REPO, f"styles/{number}.webp", b"picture %d" % number)
    for name in ("config.json", "model.safetensors"):
        server.add(REPO, name, b"{}")

    def stop(done: int, total: int | None) -> None:
        if server.downloads():
            raise Cancelled("Stopped.")

    found, _, _ = hub.look_up(REPO)
    server.log.clear()
    with pytest.raises(Cancelled):
        hub.fetch_checkpoint(found, report=stop)
    assert len(server.downloads()) < 20


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
    assert len(server.downloads()) == 1


def test_killed_in_mid_download(server: Hub, sha256: str, tmp_path: Path, client: Path) -> None:
    server.chunk, server.pause = 1 << 13, 0.5
    process = start(server, tmp_path)
    eventually(lambda: bool(leftovers(client)) and len(server.downloads()) == 1)
    remove_leftovers(REPO)
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
