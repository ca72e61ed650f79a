"""The command line of the app."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import app
from imggen.engine.engine import Engine
from imggen.store.catalogue import Catalog
from imggen.ui.shared.parts import model_label


def test_defaults_need_no_arguments() -> None:
    options = app.parse([])
    assert options.models == []
    assert not options.share
    assert options.max_pixels == 4 * 1024 * 1024


@pytest.mark.parametrize(
    "arguments",
    [
        ["--auth", "me"],
        ["--auth", ":word"],
        ["--queue-size", "0"],
        ["--share"],
        ["--port", "99999"],
        ["--mcp", "--auth", "me:word"],
    ],
)
def test_wrong_flags_end_with_a_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        app.parse(arguments)
    assert caught.value.code == 2
    assert "app.py: error: " in capsys.readouterr().err


def test_models_that_do_not_exist_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["app.py", "--models", "./nowhere"])
    assert app.main() == 2
    assert (
        capsys.readouterr().err.strip() == "'./nowhere' is neither a checkpoint folder nor a Hub repository owner/name."
    )


def test_a_damaged_model_is_left_out_and_named_and_the_rest_is_offered_first(tmp_path: Path, tiny_models: Path) -> None:
    shutil.copytree(tiny_models, tmp_path / "mine")
    (tmp_path / "mine" / "tiny-detail" / "config.json").write_text("{")
    catalog = Catalog(extra=[tmp_path / "mine"])
    assert catalog.models("super_resolution")[0].id == "tiny"
    assert "tiny-detail" not in [info.id for info in catalog.models()]
    (sentence,) = catalog.left_out
    assert "tiny-detail' is left out: " in sentence


def test_vgg16_that_was_given_is_no_download(vgg16_file: Path) -> None:
    (info,) = [info for info in Catalog().models("style_transfer") if info.architecture == "vgg16"]
    assert "download" in model_label(info, Engine(offline=True))
    assert model_label(info, Engine(offline=True, vgg16=vgg16_file)) == info.title
