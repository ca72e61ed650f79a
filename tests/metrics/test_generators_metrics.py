"""Generators measured from the command line: the card, the sheet, and figures that tell good from bad."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import ModelCard
from PIL import Image

from imggen.cli import main
from imggen.errors import InputError
from imggen.imaging.decode import open_image
from imggen.metrics import classifier, features, generators
from imggen.metrics.card import Evaluation
from imggen.metrics.real_images import read_images
from tests.conftest import picture

CLASSES = ["daisy", "rose", "tulip", "violet"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "STEPS", 20)
    monkeypatch.setattr(features, "SIDE", 32)


@pytest.fixture(scope="module")
def flowers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pictures of each class: daisies are reddish, roses greenish, and so on."""
    folder = tmp_path_factory.mktemp("data") / "flowers"
    for number, name in enumerate(CLASSES):
        (folder / name).mkdir(parents=True)
        for seed in range(10):
            photo(number, seed).save(folder / name / f"{seed}.png")
    return folder


def photo(number: int, seed: int) -> Image.Image:
    tint = [(220, 40, 40), (40, 220, 40), (40, 40, 220), (200, 200, 200)][number]
    return Image.blend(picture(20, 16, 31 * number + seed), Image.new("RGB", (20, 16), tint), 0.5)


class Fake:
    """A pipeline whose samples are made by a function of class and seed."""

    image_size = 16

    def __init__(self, draw: Any, class_names: list[str] | None = None) -> None:
        self.draw = draw
        if class_names:
            self.class_names = class_names

    def sample(self, *chosen: str, count: int = 1, seed: int = 0) -> list[Image.Image]:
        numbers = [CLASSES.index(name) for name in chosen] or [seed % len(CLASSES)]
        return [self.draw(numbers[0], seed + index) for index in range(count)]


def square(number: int, seed: int) -> Image.Image:
    return photo(number, 100 + seed).crop((2, 0, 18, 16))


def values(evaluation: Evaluation) -> tuple[dict[str, float], dict[str, float]]:
    floor, reached = evaluation.rows
    assert (floor.baseline, reached.baseline) == (True, False)
    return floor.values, reached.values


def test_evaluate_writes_everything_beside_its_floor_into_the_card(
    tiny_generators: Path, flowers: Path, vgg16_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = Path(shutil.copytree(tiny_generators / "tiny-classes", tmp_path / "tiny-classes"))
    assert main(["evaluate", str(model), "--data", str(flowers), "--vgg16", str(vgg16_file)]) == 0
    text = (model / "README.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out.strip() in text
    assert "| flowers | 20 | other real images (floor) |" in text
    assert "| flowers | 20 | this model |" in text
    assert "20 samples with the seeds 0 to 19" in text
    assert "Memorisation:" in text
    assert str(tmp_path) not in text
    with Image.open(model / generators.NEAREST_NAME) as sheet:
        assert sheet.width == 6 * 18 - 2
    card = ModelCard(text).data
    found = {result.metric_type for result in card.eval_results}
    assert found == {"frechet_vgg16", "kernel_vgg16", "precision", "recall", "fwd", "diversity", "class_share"}


def test_without_features_the_card_says_what_was_left_out(tiny_generators: Path, flowers: Path, tmp_path: Path) -> None:
    model = Path(shutil.copytree(tiny_generators / "tiny-gan", tmp_path / "tiny-gan"))
    assert main(["evaluate", str(model), "--data", str(flowers)]) == 0
    text = (model / "README.md").read_text(encoding="utf-8")
    assert "Not measured without VGG-16 features" in text
    assert {result.metric_type for result in ModelCard(text).data.eval_results} == {"fwd"}
    assert not (model / generators.NEAREST_NAME).exists()


def test_a_good_generator_lies_near_the_floor_and_a_collapsed_one_does_not(flowers: Path, vgg16_file: Path) -> None:
    good = Fake(square)
    collapsed = Fake(lambda number, seed: square(0, 0))
    floor, near = values(generators.evaluate(lambda dtype: good, flowers, vgg16_file))
    same, far = values(generators.evaluate(lambda dtype: collapsed, flowers, vgg16_file))
    assert floor == same
    for distance in ("frechet_vgg16", "fwd"):
        assert near[distance] < 2 * floor[distance] < far[distance]
    assert near["diversity"] == pytest.approx(floor["diversity"], rel=0.3)
    assert far["diversity"] == pytest.approx(0, abs=1e-3)
    assert far["recall"] == 0 < near["recall"]


def test_samples_of_the_wrong_class_are_counted(flowers: Path) -> None:
    right = Fake(square, CLASSES)
    wrong = Fake(lambda number, seed: square((number + 1) % 4, seed), CLASSES)
    floor, reached = values(generators.evaluate(lambda dtype: right, flowers))
    assert floor["class_share"] >= 75
    assert reached["class_share"] >= 75
    assert values(generators.evaluate(lambda dtype: wrong, flowers))[1]["class_share"] <= 25


def test_a_model_that_copies_its_data_is_told(flowers: Path, vgg16_file: Path) -> None:
    real = read_images(flowers, 16)
    copier = Fake(lambda number, seed: generators.to_image(real.pixels[seed % len(real.pixels)] / 255))
    notes = " ".join(generators.evaluate(lambda dtype: copier, flowers, vgg16_file).notes)
    honest = " ".join(generators.evaluate(lambda dtype: Fake(square), flowers, vgg16_file).notes)
    assert share_of_near(notes) >= 30 > share_of_near(honest)


def share_of_near(notes: str) -> float:
    return float(notes.split("medians, among the same 20 images). ")[1].split(" %")[0])


def test_real_images_are_squares_with_the_class_of_their_folder(flowers: Path, tmp_path: Path) -> None:
    real = read_images(flowers, 16, CLASSES)
    assert (tuple(real.pixels.shape), real.pixels.dtype) == ((40, 3, 16, 16), torch.uint8)
    assert torch.bincount(real.labels).tolist() == [10] * 4
    copy = Path(shutil.copytree(flowers, tmp_path / "flowers"))
    open_image(copy / "rose" / "0.png").resize((7, 7)).save(copy / "rose" / "0.png")
    assert read_images(copy, 16, CLASSES).left_out == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda folder: shutil.rmtree(folder / "rose"), "'rose' needs at least two images"),
        (lambda folder: (folder / "rose").rename(folder / "lily"), "knows no class 'lily'"),
        (lambda folder: [shutil.rmtree(folder / name) for name in CLASSES], "holds no images"),
        (lambda folder: [path.unlink() for path in folder.rglob("[4-9].png")], "at least 20 images"),
    ],
)
def test_data_that_does_not_fit_is_one_sentence(change: Any, sentence: str, flowers: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(flowers, tmp_path / "flowers"))
    change(copy)
    with pytest.raises(InputError, match=sentence):
        generators.evaluate(lambda dtype: Fake(square, CLASSES), copy)
