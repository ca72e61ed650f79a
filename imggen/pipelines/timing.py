"""How long a typical job of a model takes on this machine, with the sizes of the model cards."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from PIL import Image

from imggen.errors import InputError
from imggen.pipelines import Report
from imggen.pipelines.style.optimisation import StyleOptimisation

#: Pictures of a generator.
PICTURES = 16
#: Side of a photo that is painted or relit, and of one that is enlarged, in pixels.
SIDE, SMALL = 512, 256
#: Steps of a model that optimises the picture itself: all of them would take minutes.
STEPS = 10
#: Runs that are timed, after one that is not.
RUNS = 3
#: Seconds of the first run above which it counts itself, and is the only one.
LONG = 8.0


@dataclass(frozen=True)
class Timing:
    """How long a job took.

    Attributes:
        seconds: the median of the runs.
        what: the job, in words.
    """

    seconds: float
    what: str


def measure(pipeline: Any, photo: Image.Image, report: Report) -> Timing:
    """Time the typical job of a model.

    Args:
        pipeline: of any task.
        photo: for models that take one; it is brought to the size that is timed.
        report: gets the fraction done; may raise to stop.

    Raises:
        InputError: for a pipeline that has no typical job.
    """
    what, job = _typical(pipeline, photo)
    times: list[float] = []
    for run in range(1 + RUNS):
        start = time.perf_counter()
        job(report=partial(_share, report, run))
        times.append(time.perf_counter() - start)
        if times[0] > LONG:
            return Timing(times[0], what)
    return Timing(statistics.median(times[1:]), what)


def _share(report: Report, run: int, fraction: float, preview: Image.Image | None = None, /) -> None:
    report((run + fraction) / (1 + RUNS))


def _typical(pipeline: Any, photo: Image.Image) -> tuple[str, Callable[..., Any]]:
    """A job in words, and a function that does it and takes ``report``."""
    large, small = (photo.convert("RGB").resize((side, side)) for side in (SIDE, SMALL))
    square = f"a photo of {SIDE} x {SIDE}"
    if isinstance(pipeline, StyleOptimisation):
        return f"{STEPS} steps on {square}", partial(pipeline.stylize, large, small, steps=STEPS)
    match pipeline.task:
        case "sampling":
            return f"{PICTURES} pictures", partial(pipeline.sample, count=PICTURES)
        case "conditional":
            return f"{PICTURES} pictures", partial(pipeline.sample, pipeline.class_names[0], count=PICTURES)
        case "style_transfer":
            return square, partial(pipeline.stylize, large, pipeline.styles[0].id if pipeline.styles else small)
        case "day_night":
            return square, partial(pipeline.translate, large, pipeline.directions[0])
        case "super_resolution":
            return f"{SMALL} x {SMALL} to 4 times that", partial(pipeline.upscale, small)
    raise InputError(f"There is no typical job for {pipeline.info.id!r}.")
