"""The style-transfer benchmark on small folders, with models whose quality is known beforehand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

from imggen.cli import main
from imggen.errors import InputError, WeightsUnavailable
from imggen.metrics import style_transfer
from imggen.metrics.style_transfer import evaluate
from imggen.store.style_codes import StyleCode
from tests.conftest import picture


class Known:
    """Gives the photo back, or the style picture."""

    def __init__(self, gives_style: bool = False, takes_pictures: bool = True) -> None:
        self.gives_style = gives_style
        self.takes_pictures = takes_pictures
        self.styles = [StyleCode(name, name, "", "", torch.ones(1)) for name in "345"]

    def stylize(self, content: Image.Image, style: Image.Image | str) -> Image.Image:
        assert isinstance(style, Image.Image) == self.takes_pictures
        return style if self.gives_style and isinstance(style, Image.Image) else content


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style_transfer, "SIDE", 48)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "pairs"
    for name, seeds in (("content", (1, 2)), ("style", (3, 4, 5))):
        (folder / name / "deeper").mkdir(parents=True)
        for seed in seeds:
            picture(64, 64, seed).save(folder / name / "deeper" / f"{seed}.png")
    return folder


def test_the_photo_keeps_all_content_and_the_style_picture_all_style(data: Path, vgg16_file: Path) -> None:
    pytest.importorskip("lpips")
    same = evaluate(lambda dtype: Known(), data, vgg16_file)
    copy, model = same.rows
    assert (copy.method, copy.baseline, copy.images) == ("unmodified copy", True, 6)
    assert (model.method, model.baseline, model.dataset) == ("this model", False, "2 photos x 3 styles")
    assert copy.values == model.values
    assert copy.values["content_loss"] == 0
    assert copy.values["lpips"] == 0
    assert copy.values["style_loss"] > 0
    style = evaluate(lambda dtype: Known(gives_style=True), data, vgg16_file).rows[1].values
    assert style["style_loss"] == pytest.approx(0, abs=1e-6)
    assert style["content_loss"] > 0.1
    assert style["lpips"] > 0.01


def test_without_lpips_the_rest_is_measured(data: Path, vgg16_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(path: Path) -> None:
        raise WeightsUnavailable("Install lpips.")

    monkeypatch.setattr(style_transfer, "LPIPS", missing)
    evaluation = evaluate(lambda dtype: Known(), data, vgg16_file)
    assert [metric.key for metric in evaluation.metrics] == ["style_loss", "content_loss"]
    assert evaluation.notes[-1] == "LPIPS was not measured. Install lpips."


def test_what_cannot_be_measured_is_one_sentence(data: Path, vgg16_file: Path) -> None:
    with pytest.raises(InputError, match="add --vgg16 PATH"):
        evaluate(lambda dtype: Known(), data)
    picture(64, 64, 6).save(data / "style" / "6.png")
    with pytest.raises(InputError, match="only its own styles, and '6' is none"):
        evaluate(lambda dtype: Known(takes_pictures=False), data, vgg16_file)
    (data / "style" / "6.png").unlink()
    assert evaluate(lambda dtype: Known(takes_pictures=False), data, vgg16_file).rows[1].images == 6
    shutil.rmtree(data / "style")
    with pytest.raises(InputError, match="'style' in the data folder"):
        evaluate(lambda dtype: Known(), data, vgg16_file)


def test_the_command_writes_the_card(
    tiny_stylisers: Path, data: Path, vgg16_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("lpips")
    model = Path(shutil.copytree(tiny_stylisers / "tiny-any-style", tmp_path / "tiny-any-style"))
    command = ["evaluate", str(model), "--data", str(data), "--vgg16", str(vgg16_file), "--dtype", "float32"]
    assert main(command) == 0, capsys.readouterr().err
    card = (model / "README.md").read_text(encoding="utf-8")
    assert "| 2 photos x 3 styles | 6 | this model |" in card
    assert "Speed: a photo of 48x48" in card
