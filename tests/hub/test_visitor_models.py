"""What visitors fetch from the Hub: bounds, and what goes when there is no more room."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imggen.errors import InputError
from imggen.store import visitor_models
from imggen.store.hub import HubFile, fetch
from imggen.store.visitor_models import VisitorModels, make_room
from tests.hub.server import Hub

BOUNDS = VisitorModels(model_bytes=60_000, cache_bytes=100_000)
SIZE = 40_000


def visit(server: Hub, repo: str, bounds: VisitorModels = BOUNDS) -> None:
    """A visitor fetches a file of a repository."""
    server.add(repo, "net.bin", bytes(SIZE) + repo.encode())
    make_room(repo, SIZE, bounds)
    fetch(HubFile(repo, "net.bin"))
    for note in visitor_models._notes().glob("*"):  # so that times differ on any file system
        os.utime(note, (note.stat().st_atime, note.stat().st_mtime - 10))


def kept(cache: Path) -> set[str]:
    return {folder.name.removeprefix("models--ann--") for folder in cache.glob("models--*")}


def test_what_was_used_least_recently_goes(server: Hub, client: Path) -> None:
    for name in ("a", "b"):
        visit(server, f"ann/{name}")
    assert kept(client) == {"a", "b"}
    visit(server, "ann/a")
    visit(server, "ann/c")
    assert kept(client) == {"a", "c"}


def test_what_the_operator_downloaded_stays(server: Hub, client: Path) -> None:
    server.add("ann/own", "net.bin", bytes(SIZE))
    fetch(HubFile("ann/own", "net.bin"))
    for name in ("own", "a", "b", "c"):
        visit(server, f"ann/{name}")
    assert kept(client) == {"own", "b", "c"}


def test_many_small_repositories(server: Hub, client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor_models, "MAX_REPOSITORIES", 3)
    for name in "abcde":
        visit(server, f"ann/{name}", VisitorModels())
    assert kept(client) == set("cde")


def test_one_that_is_too_large(client: Path) -> None:
    with pytest.raises(InputError, match=r"ann/big has 70 MB; a model that a visitor loads may have 60 MB"):
        make_room("ann/big", 70_000_000, VisitorModels(60_000_000, 100_000_000))


def test_a_cache_that_cannot_be_written_is_no_error_here(client: Path, caplog: pytest.LogCaptureFixture) -> None:
    client.with_name(visitor_models.FOLDER_NAME).write_text("a file where the folder should be")
    make_room("ann/net", SIZE, BOUNDS)
    assert "cannot be kept in order" in caplog.text
