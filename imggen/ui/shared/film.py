"""Films for the tab and for its endpoint: which models make them, and the job itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PIL import Image

from imggen.engine.engine import Engine
from imggen.engine.jobs import Kind, Progress
from imggen.pipelines import Pipeline, Report
from imggen.ranges import PACINGS, SPACES
from imggen.store.model_info import HubFile, ModelInfo
from imggen.tasks import TASKS
from imggen.ui.shared.film_settings import TRUNCATION
from imggen.ui.shared.keyframes import Places, parse
from imggen.ui.shared.latent_panel import generator, whole
from imggen.ui.shared.parts import chosen_model

TASK = TASKS["interpolation"]


def offered(engine: Engine) -> list[ModelInfo]:
    """The models to choose from: every generator, whatever its own tab.

    The operator's own come first, then the default; those that must be downloaded come last.
    """
    catalog = engine.catalog
    models = [info for task in TASK.uses for info in catalog.models(task)]

    def place(info: ModelInfo) -> tuple[bool, bool, bool]:
        return isinstance(info.source, HubFile), not catalog.is_own(info.id), info.id != TASK.default_model

    return sorted(models, key=place)


def film_steps(
    engine: Engine,
    model_id: Any,
    seeds: Any,
    class_name: Any,
    places: Places,
    frames: Any,
    truncation: Any = TRUNCATION,
    pacing: Any = PACINGS[0],
    space: Any = SPACES[0],
    loop: Any = False,
    all_classes: Any = False,
) -> Iterator[Progress[list[Image.Image]]]:
    """Interpolate and yield progress, the last with the frames. Raises :class:`ImggenError`."""
    names = chosen_model(engine, model_id).class_names
    count = whole(frames, "The number of frames")
    keyframes = parse(seeds, names, names[0] if all_classes and names else class_name, places.of(model_id))

    def work(pipeline: Pipeline, report: Report) -> list[Image.Image]:
        from imggen.pipelines.generators.interpolation import interpolate

        film_of = generator(pipeline)
        return interpolate(film_of, keyframes, count, space, loop, pacing, truncation, report, all_classes)

    yield from engine.stream(model_id, work, Kind(TASK.id, count))
