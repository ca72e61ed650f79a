"""The jobs that are timed, by task: for the benchmark of the machine, and for a single model on the page of models."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from PIL import Image

from imggen.errors import InputError
from imggen.metrics.latency import seconds
from imggen.pipelines import Report
from imggen.pipelines.generators.point import keyframes
from imggen.store.abilities import optimises

#: Steps of a model that optimises the picture itself: all of them would take minutes.
STEPS = 10
#: Runs of a single model that are timed, after one that is not.
RUNS = 3
#: Seconds of the first run above which it counts itself, and is the only one.
LONG = 8.0


@dataclass(frozen=True)
class Case:
    """What is timed of a task.

    Attributes:
        sizes: three, in ``unit``.
        unit: "pictures", "frames", or "px" for the side of a square photo.
        job: makes the call to time, from a pipeline and a size; the call takes ``report``, as pipelines do.
        usual: which of the sizes a single model is timed at.
    """

    sizes: tuple[int, int, int]
    unit: str
    job: Callable[[Any, int], Callable[..., object]]
    usual: int = 1


@dataclass(frozen=True)
class Timing:
    """How long a job of a single model took.

    Attributes:
        seconds: the median of the runs.
        what: the job, in words.
    """

    seconds: float
    what: str


def photo(side: int) -> Image.Image:
    """A square photo of smooth noise; how long a job takes hardly depends on what a photo shows."""
    noise = np.random.default_rng(0).integers(0, 256, (side // 16 + 1, side // 16 + 1, 3), np.uint8)
    return Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC)


def _stylize(model: Any, side: int) -> Callable[..., object]:
    if optimises(model.info):
        return partial(model.stylize, photo(side), photo(side // 2), steps=STEPS)
    return partial(model.stylize, photo(side), model.styles[0].id if model.styles else photo(side // 2))


def _film(model: Any, frames: int) -> Callable[..., object]:
    return partial(model.interpolate, keyframes((1, 2, 3), model.info.class_names), frames=frames)


#: By task.
CASES: dict[str, Case] = {
    "sampling": Case((1, 4, 16), "pictures", lambda model, count: partial(model.sample, count=count), usual=2),
    "conditional": Case((1, 4, 16), "pictures", lambda model, count: partial(model.sample, [0], count=count), usual=2),
    "interpolation": Case((12, 24, 48), "frames", _film),
    "day_night": Case(
        (256, 512, 1024), "px", lambda model, side: partial(model.translate, photo(side), model.directions[0])
    ),
    "style_transfer": Case((256, 512, 1024), "px", _stylize),
    "super_resolution": Case((128, 256, 512), "px", lambda model, side: partial(model.upscale, photo(side), 0.5)),
}


def measure(model: Any, report: Report) -> Timing:
    """Time the usual job of a model.

    Args:
        model: a pipeline.
        report: gets the fraction done; may raise to stop.

    Raises:
        InputError: for a pipeline of a task that is not timed.
    """
    case = CASES.get(model.task)
    if case is None:
        raise InputError(f"There is no typical job for {model.info.id!r}.")
    size = case.sizes[case.usual]
    job = case.job(model, size)
    what = f"a photo of {size} x {size}" if case.unit == "px" else f"{size} {case.unit}"
    if optimises(model.info):
        what = f"{STEPS} steps on {what}"
    times: list[float] = []
    for run in range(1 + RUNS):
        times.append(seconds(partial(job, report=partial(_share, report, run))))
        if times[0] > LONG:
            return Timing(times[0], what)
    return Timing(statistics.median(times[1:]), what)


def _share(report: Report, run: int, fraction: float, preview: Image.Image | None = None, /) -> None:
    report((run + fraction) / (1 + RUNS))
