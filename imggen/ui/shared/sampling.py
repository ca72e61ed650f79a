"""What the two sampling tabs do: draw the pictures of a run, save them, and read settings back from a saved one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from PIL import Image

from imggen.engine.engine import Engine
from imggen.engine.jobs import Kind, Progress
from imggen.errors import InputError
from imggen.imaging.decode import recipe_of
from imggen.imaging.recipe import RECIPE_KEY
from imggen.pipelines import Pipeline, Report, silent
from imggen.ranges import MAX_COUNT
from imggen.ui.shared import result_names, seeds
from imggen.ui.shared.parts import chosen_model, png_file
from imggen.ui.shared.saved import settings_of
from imggen.ui.words import say

#: Shown side by side when someone asks what truncation does.
TRUNCATIONS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)

#: Makes pictures with a loaded pipeline: one for each seed, or one for each class and seed.
Draw = Callable[[Pipeline, Sequence[int], float, Report], list[Image.Image]]


@dataclass(frozen=True)
class Plan:
    """One run, as the settings of a tab describe it.

    Attributes:
        model_id: of the model.
        seeds: at least one.
        truncation: 0..1; the pipeline checks it.
        draw: makes the pictures.
        rows: names of the classes when each has a row of pictures of its own.
        parameters: further arguments of the pipeline that make all of the pictures.
    """

    model_id: str
    seeds: list[int]
    truncation: Any
    draw: Draw
    rows: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)


def read_seeds(text: Any, count: Any) -> list[int]:
    """The seeds of a run: from the seed box, and for a single seed the number of pictures.

    Raises:
        InputError: with an error message for the user.
    """
    if not is_number(count) or count % 1 or not 1 <= count <= MAX_COUNT:
        raise InputError(f"The number of pictures must be a whole number from 1 to {MAX_COUNT}.")
    return seeds.parse(str(text), int(count), MAX_COUNT)


def draw_all(engine: Engine, plan: Plan) -> Iterator[Progress[list[Image.Image]]]:
    """Draw the pictures of a run and yield progress, the last with them. Raises :class:`ImggenError`."""
    chosen_model(engine, plan.model_id)
    yield from engine.stream(
        plan.model_id,
        lambda pipeline, report: plan.draw(pipeline, plan.seeds, plan.truncation, report),
        Kind("sampling", len(plan.seeds) * max(1, len(plan.rows))),
    )


def draw_truncations(engine: Engine, plan: Plan) -> Iterator[Progress[list[Image.Image]]]:
    """Draw the first picture of a run at every one of ``TRUNCATIONS``. Raises :class:`ImggenError`."""
    chosen_model(engine, plan.model_id)

    def work(pipeline: Pipeline, report: Report) -> list[Image.Image]:
        images = []
        for done, truncation in enumerate(TRUNCATIONS, 1):
            images.append(plan.draw(pipeline, plan.seeds[:1], truncation, silent)[0])
            report(done / len(TRUNCATIONS))
        return images

    yield from engine.stream(plan.model_id, work, Kind("sampling", len(TRUNCATIONS)))


def seed_arguments(found: Sequence[int]) -> dict[str, Any]:
    """The arguments ``count`` and ``seed`` of a pipeline that give these seeds."""
    first, number = found[0], len(found)
    if list(found) == list(range(first, first + number)):
        return {"seed": first, "count": number}
    return {"seed": list(found), "count": 1}


def saved_files(component: gr.components.Component, images: list[Image.Image]) -> list[tuple[str, str]]:
    """Save pictures with their recipes; return paths and captions."""
    captioned = []
    for image in images:
        recipe = image.info[RECIPE_KEY]
        path = png_file(component, image, f"{result_names.of_seeds(recipe)}.png")
        captioned.append((path, caption(recipe)))
    return captioned


def caption(recipe: dict[str, Any]) -> str:
    """Name a picture by its seed and its class; the seed comes first, for long captions are cut."""
    made = recipe["parameters"]
    return f"{made['seed']} {made['classes']}" if isinstance(made.get("classes"), str) else say(f"seed {made['seed']}")


def recipe_of_result(path: str) -> dict[str, Any]:
    """The recipe in the file of a result. Raises :class:`ImageError` when the file was cleaned up meanwhile."""
    recipe = recipe_of(path)
    assert recipe is not None
    return recipe


def restored(engine: Engine, task: str, path: str | None) -> tuple[str, dict[str, Any]]:
    """Read the settings a saved picture, or a sheet of them, was made with.

    Returns:
        The model's id, and of ``seed`` (as text), ``count``, ``truncation`` and ``classes`` what the file holds in a
        form that the tab takes; whether the model knows the ``classes`` is not checked.

    Raises:
        ImggenError: when the file is no picture of this tab.
    """
    made = recipe_of(path) if path else None
    info, parameters = settings_of(made, engine.catalog.models(task), task)
    settings = {"classes": parameters.get("classes")}
    seed = parameters.get("seed")
    if isinstance(seed, int | list):  # a place in the latent space is no seed
        settings["seed"] = seeds.write(seed if isinstance(seed, list) else [seed])
    settings.update((name, parameters[name]) for name in ("count", "truncation") if name in parameters)
    return info.id, settings


def is_number(value: Any) -> bool:
    """Whether a value from outside is a number that can be reckoned with."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
