"""A Space of the app, published with the real client up to the commit that a Hub on this machine takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from imggen.cli import main
from imggen.store.catalogue import WEIGHTS_DIR
from tests.hub.server import Hub


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("space") / "app"
    assert main(["space", "ann/imggen", "--folder", str(folder)]) == 0
    return folder


def test_the_card_says_how_the_space_is_built(space: Path) -> None:
    front = yaml.safe_load((space / "README.md").read_text(encoding="utf-8").split("---")[1])
    assert (front["sdk"], front["app_file"], front["license"]) == ("gradio", "app.py", "apache-2.0")
    pins = (space / "requirements.txt").read_text().splitlines()
    assert f"gradio=={front['sdk_version']}" in pins
    assert all("==" in pin for pin in pins)


def test_weights_go_with_it_and_into_large_file_storage(space: Path) -> None:
    shipped = {path.name for path in WEIGHTS_DIR.iterdir()}
    assert {path.name for path in (space / "weights").iterdir()} == shipped
    assert "*.safetensors filter=lfs" in (space / ".gitattributes").read_text()


def test_what_was_assembled_runs(space: Path) -> None:
    command = [sys.executable, "-c", "import imggen; print(imggen.__file__, len(imggen.list_models()))"]
    said = subprocess.run(command, cwd=space, capture_output=True, text=True, check=True).stdout.split()
    assert Path(said[0]).is_relative_to(space)
    assert int(said[1]) > 10


def test_it_arrives_on_the_hub(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_token_of_a_test")
    assert main(["space", "ann/imggen"]) == 0
    names = {name for repo, name in server.files if repo == "ann/imggen"}
    assert {"app.py", "README.md", "requirements.txt", "imggen/__init__.py", "weights/catalog.json"} <= names
    assert {line for line in server.log if "/commit/" in line} == {"POST api/spaces/ann/imggen/commit/main"}
