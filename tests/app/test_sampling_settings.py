"""What the sampling tabs make of their settings, and of settings found in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imggen.engine.engine import Engine
from imggen.errors import InputError
from imggen.imaging.recipe import save_png
from imggen.store.catalogue import Catalog, ModelInfo
from imggen.ui.shared import class_choice, seeds
from imggen.ui.shared.sampling import draw_all, draw_truncations, read_seeds, restored, seed_arguments
from imggen.ui.shared.sheet import sheet
from imggen.ui.tabs import sampling

MAX_SEED = 2**32 - 1


@pytest.fixture(scope="module")
def engine(tiny_generators: Path) -> Engine:
    return Engine(Catalog(extra=[tiny_generators]), offline=True)


@pytest.fixture(scope="module")
def info(engine: Engine) -> ModelInfo:
    return engine.catalog.get("tiny-classes")


def pictures(engine: Engine, plan: Any) -> list[Image.Image]:
    *_, last = draw_all(engine, plan)
    assert last.result is not None
    return last.result


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", [7, 8, 9]),
        (" 5, 9, 20-22 ", [5, 9, 20, 21, 22]),
        ("5 9;", None),
        ("20 - 22", [20, 21, 22]),
        ("20\u201322", [20, 21, 22]),
        ("5 9", [5, 9]),
        ("7-7", [7]),
        (str(MAX_SEED - 2), [MAX_SEED - 2, MAX_SEED - 1, MAX_SEED]),
        ("\uff11\uff12\uff0c20\uff5e22\u30019", [12, 20, 21, 22, 9]),  # full-width, as Chinese keyboards type it
        ("", None),
        (",", None),
        ("-5", None),
        ("9-5", None),
        ("1.5", None),
        ("seven", None),
        ("9" * 5000, None),
    ],
)
def test_seeds_are_read_as_people_write_them(text: str, expected: list[int] | None) -> None:
    if expected is None:
        with pytest.raises(InputError, match="seeds must be"):
            seeds.parse(text, 3, 64)
    else:
        assert seeds.parse(text, 3, 64) == expected


def test_more_pictures_than_seeds_are_left_are_refused() -> None:
    with pytest.raises(InputError, match="choose at most 2"):
        seeds.parse(str(MAX_SEED - 1), 3, 64)
    with pytest.raises(InputError, match="seeds must be"):
        seeds.parse(str(MAX_SEED + 1), 3, 64)


def test_too_many_seeds_are_refused_before_they_are_listed() -> None:
    with pytest.raises(InputError, match="at most 64"):
        seeds.parse(f"0-{MAX_SEED}", 1, 64)


def test_seeds_are_written_so_that_they_are_read_back() -> None:
    many = [5, 9, 20, 21, 22, 3, 3]
    assert seeds.write(many) == "5, 9, 20-22, 3, 3"
    assert seeds.parse(seeds.write(many), 1, 64) == many


@pytest.mark.parametrize("count", [0, 65, 1.5, "3", None, True, float("nan")])
def test_a_wrong_number_of_pictures_gets_a_sentence(count: Any) -> None:
    with pytest.raises(InputError, match="from 1 to 64"):
        read_seeds("5", count)


def test_a_sheet_restores_every_seed(engine: Engine, tmp_path: Path) -> None:
    plan = sampling.planned("tiny-gan", "5, 9, 20-22", 16, 0.5)
    images = pictures(engine, plan)
    path = save_png(sheet(images, [], seed_arguments(plan.seeds)), tmp_path / "all.png")
    assert restored(engine, "sampling", str(path)) == (
        "tiny-gan",
        {"classes": None, "seed": "5, 9, 20-22", "count": 1, "truncation": 0.5},
    )
    (one, *_) = pictures(engine, sampling.planned("tiny-gan", "9", 1, 0.5))
    assert np.array_equal(np.asarray(images[1]), np.asarray(one))


def test_truncation_is_shown_from_all_alike_to_all_the_variety(engine: Engine) -> None:
    *_, last = draw_truncations(engine, sampling.planned("tiny-gan", "4, 8", 1, 0.5))
    assert last.result is not None
    made = [image.info["imggen"]["parameters"] for image in last.result]
    assert {parameters["seed"] for parameters in made} == {4}
    assert [parameters["truncation"] for parameters in made] == [0, 0.2, 0.4, 0.6, 0.8, 1]


def test_classes_are_rows_of_the_same_seeds(engine: Engine) -> None:
    plan = class_choice.planned("tiny-classes", "rose", ["tulip", "rose"], class_choice.SIDE_BY_SIDE, "3, 7", 1, 1)
    images = pictures(engine, plan)
    made = [image.info["imggen"]["parameters"] for image in images]
    assert [(p["classes"], p["seed"]) for p in made] == [("rose", 3), ("rose", 7), ("tulip", 3), ("tulip", 7)]
    whole = sheet(images, plan.rows, {**seed_arguments(plan.seeds), **plan.parameters})
    assert whole.info["imggen"]["parameters"] == {
        "classes": ["rose", "tulip"],
        "seed": [3, 7],
        "count": 1,
        "truncation": 1.0,
    }
    pixels = np.asarray(whole)
    corners = [
        (x, y)
        for y in range(whole.height - 15)
        for x in range(whole.width - 15)
        if np.array_equal(pixels[y : y + 16, x : x + 16], np.asarray(images[3]))
    ]
    assert len(corners) == 1  # the last picture is in the sheet, whole, to the right of and below its labels
    assert (np.asarray(whole.crop((0, 0, corners[0][0], whole.height))) < 128).any()


def test_weights_mix_classes_and_come_back_from_a_file(engine: Engine, info: ModelInfo, tmp_path: Path) -> None:
    plan = class_choice.planned("tiny-classes", "rose", ["tulip"], class_choice.MIXED, "3", 1, 1, (0.8, 0.2, 1, 1))
    (image,) = pictures(engine, plan)
    assert image.info["imggen"]["parameters"]["classes"] == pytest.approx({"rose": 0.8, "tulip": 0.2})
    _, found = restored(engine, "conditional", str(save_png(image, tmp_path / "mix.png")))
    shares = class_choice.restored_classes(found["classes"], info)
    assert shares == pytest.approx({"rose": 1, "tulip": 0.25})
    again = class_choice.planned(
        "tiny-classes", "rose", ["tulip"], class_choice.MIXED, "3", 1, 1, list(shares.values())
    )
    assert np.array_equal(np.asarray(pictures(engine, again)[0]), np.asarray(image))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((None, [], class_choice.SIDE_BY_SIDE, "0", 1, 1), "Choose a class"),
        (
            ("daisy", ["rose", "tulip"], class_choice.SIDE_BY_SIDE, "0", 32, 1),
            "3 classes with 32 seeds are 96 pictures",
        ),
        (("daisy", list("abcd"), class_choice.MIXED, "0", 1, 1), "At most 4"),
    ],
)
def test_settings_that_do_not_go_together_get_a_sentence(arguments: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        class_choice.planned("tiny-classes", *arguments)


@pytest.mark.parametrize(
    ("weights", "sentence"), [((0, 0), "above 0"), (("1", 1), "weight of"), ((-1, 1), "weight of")]
)
def test_wrong_weights_get_a_sentence(engine: Engine, weights: Any, sentence: str) -> None:
    plan = class_choice.planned("tiny-classes", "rose", ["tulip"], class_choice.MIXED, "3", 1, 1, weights)
    with pytest.raises(InputError, match=sentence):
        pictures(engine, plan)


def test_classes_that_the_model_does_not_know_get_a_sentence(info: ModelInfo) -> None:
    assert class_choice.restored_classes(None, info) == {}
    for saved in ("lotus", ["rose", "lotus"], {"rose": 0.5, "lotus": 0.5}):
        with pytest.raises(InputError, match="the class 'lotus'"):
            class_choice.restored_classes(saved, info)  # type: ignore[arg-type]
