"""The translation benchmark on small folders, with translators whose quality is known beforehand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from imggen.errors import InputError
from imggen.metrics import translation
from imggen.metrics.structure import structure_kept
from imggen.metrics.translation import evaluate, mean_tint
from tests.conftest import picture


def darkened(image: Image.Image) -> Image.Image:
    pixels = np.asarray(image) * np.array([0.2, 0.3, 0.5])
    night = Image.fromarray(pixels.astype(np.uint8))
    night.paste((255, 220, 150), (20, 20, 30, 30))
    return night


class Known:
    """Translates perfectly one way; gives back noise the other way."""

    domains = ("day", "night")
    directions = ("day2night", "night2day")

    def skies(self, direction: str) -> tuple[str, ...]:
        return ()

    def translate(self, image: Image.Image, direction: str, *, time: float, sky: str = "clear") -> Image.Image:
        assert time == 1
        if direction == "day2night":
            return darkened(image)
        noise = np.random.default_rng(0).integers(0, 256, (image.height, image.width, 3), dtype=np.uint8)
        return Image.fromarray(noise)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "held_out"
    for domain in ("day", "night"):
        (folder / domain).mkdir(parents=True)
    for seed in range(6):
        day = picture(72, 64, seed)
        day.save(folder / "day" / f"{seed}.png")
        darkened(picture(72, 64, seed + 6)).save(folder / "night" / f"{seed}.png")
    (folder / "day" / "notes.txt").write_text("no picture")
    return folder


def test_each_direction_is_measured_beside_floor_and_baselines(data: Path, vgg16_file: Path) -> None:
    evaluation = evaluate(lambda dtype: Known(), data, vgg16_file)
    names = ["other real images (floor)", "input unchanged", "darken or brighten, and tint", "this model"]
    assert [(row.dataset, row.method, row.images) for row in evaluation.rows] == [
        (direction, name, 6) for direction in ("day to night", "night to day") for name in names
    ]
    floor, unchanged, tinted, model = (row.values for row in evaluation.rows[:4])
    for key in ("frechet_vgg16", "kernel_vgg16"):
        assert model[key] < tinted[key] < unchanged[key], key
    assert abs(model["frechet_vgg16"] - floor["frechet_vgg16"]) < 0.5 * unchanged["frechet_vgg16"]
    assert unchanged["structure"] == pytest.approx(100)
    assert tinted["structure"] > model["structure"] > 50
    assert evaluation.rows[7].values["structure"] < 20
    text = evaluation.to_markdown()
    assert "6 images of day and 6 images of night" in text
    assert "nan" not in text
    assert "512x512 takes" in text
    assert str(data.parent) not in text


def test_nights_under_each_sky_are_measured_apart(data: Path) -> None:
    class Skies(Known):
        def skies(self, direction: str) -> tuple[str, ...]:
            return ("clear", "hidden") if direction == "day2night" else ()

        def translate(self, image: Image.Image, direction: str, *, time: float, sky: str = "clear") -> Image.Image:
            return Image.new("RGB", image.size) if sky == "hidden" else super().translate(image, direction, time=time)

    rows = {row.method: row.values["structure"] for row in evaluate(lambda dtype: Skies(), data).rows}
    assert rows["this model, clear"] > 50 > 5 > rows["this model, hidden"]
    assert "this model" in rows  # the way back, which has no skies


def test_lpips_tells_how_far_from_the_input(data: Path, vgg16_file: Path) -> None:
    pytest.importorskip("lpips")
    evaluation = evaluate(lambda dtype: Known(), data, vgg16_file)
    assert evaluation.metrics[-1].key == "lpips"
    _, unchanged, tinted, model = (row.values["lpips"] for row in evaluation.rows[:4])
    assert unchanged == 0
    assert 0 < tinted < model


def test_without_features_structure_is_still_measured(data: Path) -> None:
    evaluation = evaluate(lambda dtype: Known(), data)
    assert [metric.key for metric in evaluation.metrics] == ["structure"]
    assert [row.method for row in evaluation.rows[:3]] == [
        "input unchanged",
        "darken or brighten, and tint",
        "this model",
    ]
    assert "Not measured without VGG-16" in evaluation.notes[-1]


def test_the_tint_meets_the_other_sets_mean_colour() -> None:
    days, nights = ([make(picture(40, 30, seed)) for seed in range(3)] for make in (lambda image: image, darkened))
    tinted = [mean_tint(days, nights)(image) for image in days]
    for channel in range(3):
        reached, wanted = (
            np.mean([translation._mean_light(image, channel) for image in images]) for images in (tinted, nights)
        )
        assert reached == pytest.approx(wanted, rel=0.05)


def test_folders_that_cannot_be_measured_are_one_sentence(data: Path, tmp_path: Path) -> None:
    for index in range(3):
        (data / "night" / f"{index}.png").unlink()
    with pytest.raises(InputError, match=r"'day' and 'night' with at least 4 images each; 'night' has 3\."):
        evaluate(lambda dtype: Known(), data)
    with pytest.raises(InputError, match="'day' has 0"):
        evaluate(lambda dtype: Known(), tmp_path)


def test_precision_reaches_the_model(data: Path) -> None:
    asked: list[torch.dtype] = []

    def load(dtype: torch.dtype) -> Known:
        asked.append(dtype)
        return Known()

    evaluation = evaluate(load, data, dtype=torch.float64)
    assert asked[0] == torch.float64
    assert "in float64" in " ".join(evaluation.notes)


def test_structure_does_not_depend_on_the_light() -> None:
    image = picture(300, 200)
    assert structure_kept(image, image) == pytest.approx(1)
    assert structure_kept(image, image.point(lambda v: v * 0.4)) > 0.97
    assert structure_kept(image, image.point(lambda v: 255 * (v / 255) ** 2.2)) > 0.9
    assert structure_kept(image, image.point(lambda v: 255 - v)) > 0.97
    assert structure_kept(image, image.resize((600, 400), Image.Resampling.BICUBIC)) > 0.97


def test_structure_falls_with_blur_and_vanishes_for_another_picture() -> None:
    image = picture(300, 200)
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8))
    mixed = Image.blend(image, noise, 0.5)
    assert structure_kept(image, noise) < 0.1
    assert 0.1 < structure_kept(image, mixed) < 0.9
    assert structure_kept(image, Image.new("RGB", image.size)) == 0
    assert structure_kept(Image.new("RGB", (1, 1)), Image.new("RGB", (1, 1), "white")) == 1
