"""The models in weights/: complete, described, and good at what they are for."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard
from PIL import Image, ImageDraw, ImageFilter

import imggen
from imggen.imaging.decode import open_image
from imggen.imaging.jpeg import as_jpeg
from imggen.imaging.tensors import to_tensor
from imggen.metrics.structure import structure_kept
from imggen.metrics.super_resolution import enlarge, reduce
from imggen.metrics.typical_jobs import CASES
from imggen.pipelines.generators.directions import ends
from imggen.pipelines.generators.latent_space import LatentSpace
from imggen.store.catalogue import DEFAULTS, WEIGHTS_DIR, checkpoint_folders
from imggen.tasks import TASKS

DOCS = Path(__file__).parents[1] / "docs"
FOLDERS = checkpoint_folders(WEIGHTS_DIR)
SHIPPED = [folder.name for folder in FOLDERS]
PHOTO = Path(__file__).parent / "photos" / "friends.jpg"


def photo() -> Image.Image:
    image = open_image(PHOTO)
    return image.crop((0, 0, image.width - image.width % 4, image.height - image.height % 4))


def squared_error(first: Image.Image, second: Image.Image) -> float:
    return float(((np.asarray(first, float) - np.asarray(second, float)) ** 2).mean())


def sharpness(image: Image.Image) -> float:
    grey = to_tensor(image).mean(1)
    return float(grey.diff(dim=1).abs().mean() + grey.diff(dim=2).abs().mean())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_is_complete_small_and_measured(folder: Path) -> None:
    assert (folder / "preview.webp").is_file()
    assert (folder / "model.safetensors").stat().st_size <= 10_000_000
    card = ModelCard.load(folder / "README.md")
    assert card.data.license
    assert card.data.eval_results
    info = next(info for info in imggen.list_models() if info.id == folder.name)
    assert imggen.load(info.id, device="cpu").info.task == info.task


def test_each_task_opens_with_its_default() -> None:
    first = {info.task: info.id for info in reversed(imggen.list_models()) if info.id in SHIPPED}
    assert sorted(first.values()) == sorted(DEFAULTS)


@pytest.mark.parametrize("task", TASKS)
def test_the_job_that_is_timed_for_a_task_runs_on_its_default(task: str) -> None:
    case = CASES[task]
    case.job(imggen.load(TASKS[task].default_model), case.sizes[0])()


def red(image: Image.Image) -> float:
    mean = np.asarray(image, float).mean((0, 1))
    return float(mean[0] - mean[1])


def height_of_ink(image: Image.Image) -> float:
    rows = (np.asarray(image.convert("L")) < 128).any(1).nonzero()[0]
    return float(np.ptp(rows)) if len(rows) else 0.0


#: Names of directions whose truth a number can tell: it is larger where the slider stands on the right.
MEASURED: dict[str, Callable[[Image.Image], float]] = {
    "Small to tall": height_of_ink,
    "Thin to bold": lambda image: -float(np.asarray(image, float).mean()),
    "Dark to bright": lambda image: float(np.asarray(image, float).mean()),
    "Dark to light": lambda image: float(np.asarray(image, float).mean()),
    "Red to green": lambda image: -red(image),
    "Light to dark hair": lambda image: -float(np.asarray(image, float).mean()),
    "Light to dark skin": lambda image: -float(np.asarray(image, float).mean()),
}
NAMED = [(info.id, name) for info in imggen.list_models() for name in info.directions if name in MEASURED]


@pytest.mark.parametrize(("model", "name"), NAMED)
def test_a_named_direction_does_what_its_name_says(model: str, name: str) -> None:
    space = LatentSpace(imggen.load(model))
    number = space.pipeline.info.directions.index(name)
    classes = space.pipeline.class_names
    low, high = 0.0, 0.0
    for seed in range(6):
        start = (seed, classes[seed * 5 % len(classes)]) if classes else seed
        one, other = ends(space, start, number + 1)[number]
        low, high = low + MEASURED[name](one), high + MEASURED[name](other)
    assert high > low


def test_super_resolution_beats_bicubic_and_keeps_the_input() -> None:
    high = photo()
    low = reduce(high)
    result = imggen.load("sr-span-x4").upscale(low, detail=0)
    assert squared_error(result, high) < 0.8 * squared_error(enlarge(low), high)
    assert squared_error(reduce(result), low) < 2


def test_the_detailed_end_is_sharper_and_still_the_same_picture() -> None:
    low = reduce(photo())
    pipeline = imggen.load("sr-span-x4", dtype=torch.float32)
    faithful, middle, detailed = (pipeline.upscale(low, detail) for detail in (0, 0.5, 1))
    assert sharpness(faithful) < sharpness(middle) < sharpness(detailed)
    assert squared_error(reduce(detailed), low) < 12


def test_the_photo_model_enlarges_less_of_the_ringing_of_a_jpeg() -> None:
    high = Image.new("RGB", (384, 384), (120, 160, 210))
    ImageDraw.Draw(high).polygon([(0, 340), (180, 40), (384, 300), (384, 384), (0, 384)], fill=(60, 40, 30))
    grey = high.convert("L")
    even = np.asarray(grey.filter(ImageFilter.MaxFilter(17))) == np.asarray(grey.filter(ImageFilter.MinFilter(17)))
    stored = as_jpeg(reduce(high), 40)

    def ringing(model: str) -> float:
        """Mean squared error where the picture is even: more than 8 pixels from the edge."""
        result = np.asarray(imggen.load(model).upscale(stored, detail=0), float)
        return float(((result - np.asarray(high, float))[even] ** 2).mean())

    assert ringing("sr-photo-x4") < 0.85 * ringing("sr-span-x4")


def test_night_is_dark_and_keeps_the_structure_of_the_day() -> None:
    image = photo()
    # Without lamps, which are structure of the night's own.
    night = imggen.load("day-night").translate(image, "day2night", time=1, glow=0)
    assert to_tensor(night).mean() < 0.4 * to_tensor(image).mean()
    assert structure_kept(image, night) > 0.6


def test_apples_become_oranges() -> None:
    green = Image.new("RGB", (128, 128), (60, 50, 40))
    draw = ImageDraw.Draw(green)
    for x in range(16, 128, 32):
        for y in range(16, 128, 32):
            draw.ellipse((x - 16, y - 16, x + 16, y + 16), (120, 170, 50))
    orange = np.asarray(imggen.load("fruit-apple-orange").translate(green, "apple2orange"), float)
    red, green_light, blue = orange.reshape(-1, 3).mean(0)
    assert red > 1.15 * green_light > 1.3 * blue


GENERATORS = [info.id for info in imggen.list_models() if info.id in SHIPPED and info.task == "sampling"]


@pytest.mark.parametrize("model_id", GENERATORS)
def test_samples_are_colourful_and_no_two_alike(model_id: str) -> None:
    pixels = np.stack([np.asarray(image, float) for image in imggen.load(model_id).sample(count=16, seed=0)])
    apart = [np.abs(one - other).mean() for place, one in enumerate(pixels) for other in pixels[:place]]
    assert min(apart) > 10
    assert np.ptp(pixels, axis=-1).mean() > 20


def test_samples_are_of_the_class_that_was_asked_for() -> None:
    things = imggen.load("fruit-and-flowers-64")

    def share_of_red(name: str) -> float:
        red, green, blue = np.mean([np.asarray(image, float).mean((0, 1)) for image in things.sample(name, count=8)], 0)
        return float(red / (red + green + blue))

    assert share_of_red("tomato") > share_of_red("carrot") > share_of_red("banana") > share_of_red("kiwi")


@pytest.mark.parametrize("model_id", SHIPPED)
def test_the_documentation_tells_of_every_model_and_every_sheet_is_there(model_id: str) -> None:
    text = (DOCS / "models.md").read_text(encoding="utf-8")
    assert f"`{model_id}`" in text
    for path in re.findall(r"\]\((\.\./[^)]+)\)", text):
        assert (DOCS / path).resolve().exists(), path
