"""Conditional sampling: classes by name, index and mixture, and images that belong to their seeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import imggen
from imggen.errors import CheckpointError, InputError
from imggen.pipelines.generators.conditional import Conditional
from imggen.store.checkpoint import Checkpoint, save
from tests.models.test_generators import SMALL

NAMES = ["iris", "lily", "rose", "tulip"]
CONDITIONAL = sorted(name for name, config in SMALL.items() if config.get("classes"))


def save_generator(folder: Path, architecture: str, names: list[str]) -> Path:
    torch.manual_seed(0)
    checkpoint = Checkpoint("conditional", architecture, SMALL[architecture], class_names=names)
    return save(checkpoint, folder, "---\nlicense: apache-2.0\n---\n")


@pytest.fixture(scope="session", params=CONDITIONAL)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Conditional:
    folder = save_generator(tmp_path_factory.mktemp("models") / "tiny", request.param, NAMES)
    return imggen.load(folder, device="cpu", dtype=torch.float32)


def same(one: Image.Image, other: Image.Image) -> bool:
    return np.array_equal(np.asarray(one), np.asarray(other))


def test_classes_come_row_by_row_and_seeds_count_up(model: Conditional) -> None:
    images = model.sample(["rose", 0], count=2, seed=7)
    assert len(images) == 4
    assert same(images[1], model.sample("rose", seed=8)[0])
    assert same(images[2], model.sample("iris", seed=7)[0])
    assert not same(images[0], images[1])


def test_listed_seeds_are_those_of_every_class(model: Conditional) -> None:
    images = model.sample(["rose", "lily"], seed=[9, 4])
    made = [image.info["imggen"]["parameters"] for image in images]
    assert [(one["classes"], one["seed"]) for one in made] == [("rose", 9), ("rose", 4), ("lily", 9), ("lily", 4)]
    assert same(images[3], model.sample("lily", seed=4)[0])


def test_a_mix_lies_between_and_its_recipe_makes_it_again(model: Conditional) -> None:
    (mixed,) = model.sample({"rose": 2, "lily": 1, "iris": 0}, seed=3, truncation=0.7)
    parameters = json.loads(json.dumps(mixed.info["imggen"]["parameters"]))
    assert parameters["classes"] == pytest.approx({"rose": 2 / 3, "lily": 1 / 3})
    assert same(model.sample(**parameters)[0], mixed)
    (pure,) = model.sample({"rose": 5}, seed=3)
    assert pure.info["imggen"]["parameters"] == {"classes": "rose", "seed": 3, "count": 1, "truncation": 1.0}
    assert same(pure, model.sample("rose", seed=3)[0])


def test_progress_covers_all_classes(model: Conditional) -> None:
    fractions: list[float] = []
    model.sample([0, 1], count=2, report=fractions.append)
    assert fractions == [0, 0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize(
    "wrong",
    [
        "daisy", 4, -1, True, 1.5, [], [None], {}, {"rose": 0}, {"rose": -1}, {"rose": float("nan")}, {"daisy": 1},
        {"rose": "1"},
    ],
)  # fmt: skip
def test_unknown_classes_are_refused(model: Conditional, wrong: Any) -> None:
    with pytest.raises(InputError):
        model.sample(wrong)


def test_names_must_fit_the_network(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="knows 4 classes, but names 2"):
        imggen.load(save_generator(tmp_path / "odd", "cgan", NAMES[:2]))
