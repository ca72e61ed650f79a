"""``python -m imggen``: what it writes, and what it says when something is wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from huggingface_hub import HfApi, ModelCard

from imggen.cli import main
from tests.conftest import picture


@pytest.fixture
def model(tiny_models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_models / "tiny", tmp_path / "tiny"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "benchmark"
    folder.mkdir()
    picture(64, 48).save(folder / "a.png")
    return folder


def test_evaluate_prints_the_table_and_writes_it_into_the_card(
    model: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(model), "--data", str(data), "--dtype", "float32"]) == 0
    printed = capsys.readouterr().out.strip()
    text = (model / "README.md").read_text(encoding="utf-8")
    assert "| benchmark | 1 | this model |" in printed
    assert printed in text
    assert "`python -m imggen evaluate tiny --data benchmark --dtype float32`" in text
    assert str(model.parent) not in text
    card = ModelCard(text).data
    assert card.model_name == "Tiny tiny"
    assert {result.metric_type for result in card.eval_results} == {"psnr", "ssim", "lr_psnr"}


def test_several_models_are_measured_one_after_the_other(model: Path, data: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(model, tmp_path / "other"))
    assert main(["evaluate", str(model), str(other), "--data", str(data)]) == 0
    for folder in (model, other):
        text = (folder / "README.md").read_text(encoding="utf-8")
        assert f"`python -m imggen evaluate {folder.name} --data benchmark`" in text


def test_push_sends_exactly_the_checkpoint(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: dict[str, object] = {}

    class Created(str):
        repo_id = "someone/tiny"

    monkeypatch.setattr(HfApi, "create_repo", lambda self, repo_id, **options: Created("https://hub/someone/tiny"))
    monkeypatch.setattr(HfApi, "upload_folder", lambda self, **arguments: sent.update(arguments))
    assert main(["push", str(model), "tiny"]) == 0
    assert sent == {
        "repo_id": "someone/tiny",
        "repo_type": "model",
        "folder_path": model,
        "allow_patterns": [
            "config.json",
            "model.safetensors",
            "README.md",
            "preview.webp",
            "styles.safetensors",
            "styles/*.webp",
        ],
    }
    assert capsys.readouterr().out == "https://hub/someone/tiny\n"


def test_push_without_a_network_is_one_sentence(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(self: HfApi, repo_id: str, **options: object) -> None:
        raise httpx2.ConnectError("no route to host")

    monkeypatch.setattr(HfApi, "create_repo", refuse)
    assert main(["push", str(model), "someone/tiny"]) == 2
    first, sentence = capsys.readouterr().err.splitlines()
    assert first.startswith("Publishing")
    assert "'someone/tiny' could not be published (ConnectError)" in sentence


def test_mistakes_are_one_sentence_and_exit_code_2(
    model: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    other = Path(shutil.copytree(model, tmp_path / "models" / "other"))
    shutil.copytree(model, tmp_path / "models" / "another")
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "task": "juggling"}))
    cases = [
        (["evaluate", "nothing-like-it", "--data", str(data)], "There is no model 'nothing-like-it'"),
        (["evaluate", str(empty), "--data", str(data)], "holds no checkpoint"),
        (["evaluate", str(tmp_path / "models"), "--data", str(data)], "holds 2 checkpoints"),
        (["evaluate", str(other), "--data", str(data)], "made for 'juggling'"),
        (["evaluate", str(model), "--data", str(tmp_path / "missing")], "does not exist"),
        (["evaluate", str(model), "--data", str(empty)], "holds no images"),
        (["evaluate", str(model), "--data", str(data), "--vgg16", str(empty)], "cannot be read"),
        (["push", str(empty), "someone/tiny"], "holds no checkpoint"),
    ]
    for arguments, expected in cases:
        assert main(arguments) == 2, arguments
        captured = capsys.readouterr()
        assert expected in captured.err, arguments
        assert captured.err.count("\n") == 1
        assert captured.out == ""


def test_the_module_runs_and_leaves_no_stack_trace(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "imggen", "evaluate", "nothing-like-it", "--data", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
