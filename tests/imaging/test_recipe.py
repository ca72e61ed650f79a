"""What a picture says of how it was made comes from strangers: it is right in every field, or it is told."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imggen.errors import ImageError, InputError
from imggen.imaging.decode import open_image, recipe_of
from imggen.imaging.recipe import parse_recipe, read_recipe, save_png
from imggen.imaging.save import save_picture
from imggen.tasks import TASKS
from tests.conftest import picture
from tests.imaging.recipes import GOOD, damaged

#: Least and most of what the controls of the app take.
RANGES = {
    "truncation": (0, 1), "strength": (0, 1), "time": (0, 1), "glow": (0, 2), "detail": (0, 1), "clean_up": (0, 1),
    "scale": (0.5, 4), "steps": (1, 1000), "frames": (2, 240), "count": (1, 64), "weight": (0, 1), "frame": (0, 239),
}  # fmt: skip


def numbers_in(made: Any, name: str = "") -> Any:
    if isinstance(made, dict):
        for key, value in made.items():
            yield from numbers_in(value, key)
    elif isinstance(made, list):
        for value in made:
            yield from numbers_in(value, name)
    elif isinstance(made, int | float):
        yield name, made


@pytest.mark.parametrize("task", GOOD)
def test_a_good_recipe_is_read_whole(task: str) -> None:
    assert parse_recipe(json.dumps(GOOD[task])) == GOOD[task]


def test_every_task_has_a_schema() -> None:
    assert {made["task"] for made in GOOD.values()} >= set(TASKS)


@pytest.mark.parametrize("task", GOOD)
def test_damage_of_any_kind_is_a_sentence_or_no_recipe(task: str) -> None:
    chance = random.Random(task)
    sentences = []
    for _ in range(200):
        text = json.dumps(damaged(task, chance))
        try:
            made = parse_recipe(text)
        except ImageError as error:
            sentences.append(str(error))
            continue
        if made is None:
            assert '"task"' not in text
            continue
        json.dumps(made, ensure_ascii=False, allow_nan=False).encode()
        for name, number in numbers_in(made):
            low, high = RANGES.get(name, (-(10**9), 2**32))
            assert low <= number <= high, name
    assert len(sentences) > 100
    for sentence in sentences:
        assert sentence.startswith("The recipe in this file is damaged: ")
        assert len(sentence) < 400


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"task": "juggling"}', "task' is not known"),
        ('{"task": "sampling", "parameters": {"seed": 18446744073709551616}}', "4294967295"),
        ('{"task": "sampling", "parameters": {"truncation": NaN}}', "finite"),
        ('{"task": "sampling", "parameters": {"mood": 1}}', "mood"),
        ('{"task": "sampling", "model": "%s"}' % ("x" * 500_000), "longer than"),
        ('{"task": "sampling", "sources": ' + '[{"size": [1, 1], "task": "sampling", "sources": ' * 5000, "JSON"),
        ('{"task": "sampling", "model": "\\ud800"}', "JSON|string"),
    ],
)
def test_the_sentence_says_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        parse_recipe(text)


@pytest.mark.parametrize("text", [None, 7, "", "OLYMPUS DIGITAL CAMERA", "{", "[1]", '{"Make": "Canon"}', b"{}"])
def test_what_cameras_and_other_programs_write_is_no_recipe(text: Any) -> None:
    assert parse_recipe(text) is None


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp"])
def test_every_format_that_results_are_saved_in_gives_the_recipe_back(ending: str, tmp_path: Path) -> None:
    result = picture(40, 30)
    result.info["imggen"] = GOOD["day_night"]
    path = save_picture(result, tmp_path / f"result{ending}")
    assert recipe_of(path) == GOOD["day_night"]
    assert open_image(path).info == {"imggen": GOOD["day_night"]}
    with Image.open(path) as opened:
        assert read_recipe(opened) == GOOD["day_night"]


def test_what_does_not_fit_into_a_format_is_a_sentence(tmp_path: Path) -> None:
    for ending, longest in ((".webp", 16383), (".jpg", 65500)):
        with pytest.raises(InputError, match=f"a side has at most {longest} in this format. Save it as PNG"):
            save_picture(Image.new("RGB", (longest + 1, 1)), tmp_path / f"wide{ending}")
        assert open_image(save_picture(Image.new("RGB", (longest, 1)), tmp_path / f"fits{ending}")).width == longest
    word = picture(4, 4)
    word.info["imggen"] = {"task": "sampling", "model": "m", "parameters": {"seed": [10**9] * 64}}
    source = {"size": [4, 4], "task": "sampling", "parameters": {"seed": [10**9] * 64}}
    word.info["imggen"]["sources"] = [source] * 100
    with pytest.raises(InputError, match="too long for a JPEG"):
        save_picture(word, tmp_path / "word.jpg")
    assert recipe_of(save_picture(word, tmp_path / "word.webp")) == word.info["imggen"]


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp"])
def test_a_damaged_recipe_is_told_and_costs_no_picture(ending: str, tmp_path: Path) -> None:
    result = picture(40, 30)
    made = {**GOOD["day_night"], "parameters": {"direction": "day2night", "strength": 7}}
    if ending == ".png":
        result.info["imggen"] = made
        path = save_png(result, tmp_path / "result.png")
    else:
        path, exif = tmp_path / f"result{ending}", Image.Exif()
        exif[0x010E] = json.dumps(made)
        result.save(path, exif=exif)
    with pytest.raises(ImageError, match="strength: input should be less than or equal to 1"):
        recipe_of(path)
    decoded = open_image(path)
    assert (decoded.size, decoded.info, read_recipe(decoded)) == ((40, 30), {}, None)
