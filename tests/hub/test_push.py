"""Publishing with the real client, up to the commit that a Hub on this machine takes."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from imggen.cli import main
from imggen.store import push as publish
from imggen.store.catalogue import resolve
from imggen.store.checkpoint import CARD_NAME, CONFIG_NAME, WEIGHTS_NAME
from imggen.ui.shared.styles import thumbnails
from tests.conftest import save_tiny_span, save_tiny_stylisers
from tests.hub.conftest import point_client_at
from tests.hub.server import Hub


@pytest.fixture
def login(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token, as ``hf auth login`` leaves one."""
    monkeypatch.setenv("HF_TOKEN", "hf_token_of_a_test")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A checkpoint folder with something in it that is nobody's business."""
    folder = save_tiny_span(tmp_path / "tiny")
    (folder / "state").mkdir()
    (folder / "state" / "optimizer.bin").write_bytes(b"momentum")
    (folder / "notes.txt").write_text("mine")
    return folder


@pytest.mark.usefixtures("login")
def test_card_and_files_arrive_and_can_be_used(server: Hub, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["push", str(model), "ann/published"]) == 0
    said = capsys.readouterr()
    assert said.err.startswith("Publishing Tiny tiny on the Hub as ann/published.")
    assert said.out == f"{server.url}/ann/published\n"
    sent = {name: content for (repo, name), content in server.files.items() if repo == "ann/published"}
    assert sent == {name: (model / name).read_bytes() for name in (CONFIG_NAME, WEIGHTS_NAME, CARD_NAME)}
    assert [line for line in server.log if "/commit/" in line] == ["POST api/models/ann/published/commit/main"]
    (info,) = resolve("ann/published")
    assert (info.task, info.title) == ("super_resolution", "Tiny tiny")


@pytest.mark.usefixtures("login")
def test_the_styles_of_a_style_model_go_with_it_and_come_back(server: Hub, tmp_path: Path) -> None:
    folder = save_tiny_stylisers(tmp_path) / "tiny-any-style"
    assert main(["push", str(folder), "ann/styles"]) == 0
    names = {name for repo, name in server.files if repo == "ann/styles"}
    assert {"styles.safetensors", "styles/ann-waves.webp", "styles/ben-hills.webp"} <= names
    (info,) = resolve("ann/styles")
    assert isinstance(info.source, Path)
    for name in ("styles.safetensors", "styles/ann-waves.webp", "styles/ben-hills.webp"):
        assert (info.source / name).read_bytes() == (folder / name).read_bytes()
    assert [style for style, *_ in thumbnails(info)] == ["ann-waves", "ben-hills"]


def refused(model: Path, capsys: pytest.CaptureFixture[str], name: str = "ann/published") -> str:
    assert main(["push", str(model), name]) == 2
    announced, said = capsys.readouterr().err.splitlines()
    assert announced == f"Publishing Tiny tiny on the Hub as {name}."
    assert not any(secret in said for secret in ("http", "hf_token", "Traceback", "/tmp"))
    return said


def test_without_a_token(server: Hub, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(model, capsys)
    assert "does not let you publish 'ann/published'" in said
    assert "hf auth login" in said
    assert not server.files


@pytest.mark.usefixtures("login")
@pytest.mark.parametrize(("status", "words"), [(403, "may write there"), (500, "could not be published")])
def test_a_hub_that_refuses(
    server: Hub, model: Path, capsys: pytest.CaptureFixture[str], status: int, words: str
) -> None:
    server.status = (status, None)
    assert words in refused(model, capsys)


@pytest.mark.usefixtures("login")
def test_no_network(model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    point_client_at("http://127.0.0.1:9", monkeypatch)
    assert "could not be published" in refused(model, capsys)


@pytest.mark.usefixtures("login")
def test_a_black_hole(model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "ANSWER_LIMIT", 0.3)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        point_client_at(f"http://127.0.0.1:{listener.getsockname()[1]}", monkeypatch)
        assert "could not be published (TimeoutError)" in refused(model, capsys)


@pytest.mark.usefixtures("login")
def test_no_name_for_a_repository(server: Hub, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "could not be published" in refused(model, capsys, "a/b/c")
