"""Downloads that are stopped, and downloads by several processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from imggen.errors import Cancelled
from imggen.store import hub
from imggen.store.download import remove_leftovers
from imggen.store.hub import fetch
from tests.hub.downloads import CONTENT, FETCH, FILE, REPO, eventually, kept, leftovers
from tests.hub.server import Hub

pytestmark = pytest.mark.usefixtures("no_pauses", "alarm")


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
