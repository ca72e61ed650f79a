"""The real Hub client against a server on this machine: what works, and what the Hub refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from huggingface_hub.utils import _shared_blobs

from imggen.store import checkpoint, hub
from imggen.store.catalogue import ModelInfo, resolve
from imggen.store.hub import HubFile, fetch
from tests.conftest import save_tiny_span
from tests.hub.conftest import fails
from tests.hub.downloads import CONTENT, FILE, NAME, PINNED, REPO, blob, leftovers
from tests.hub.server import COMMIT, Hub

pytestmark = pytest.mark.usefixtures("no_pauses", "alarm")


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
