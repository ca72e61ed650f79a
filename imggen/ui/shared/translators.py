"""Translators between day and night, or two other domains, in the app: their directions, and the job in words."""

from __future__ import annotations

from typing import Any

from PIL import Image

from imggen.engine.engine import Engine
from imggen.errors import InputError
from imggen.imaging.darkness import dark_share
from imggen.metrics.structure import structure_kept
from imggen.pipelines import Pipeline, Report
from imggen.pipelines.day_night.domains import directions, has_time
from imggen.store.model_info import ModelInfo
from imggen.ui.photo_tab import Made, Values

TASK = "day_night"
#: What a configuration that names no domains means: the architecture's own default.
DAY_NIGHT = ("day", "night")
TO_NIGHT, TO_DAY = directions(*DAY_NIGHT)
#: Share of a night photo that may be dark before a full day of it is more guessed than seen.
MUCH = 2 / 3
#: Time of day that flatters such a photo, on the way to its day.
DAWN = 0.6
#: The same of other nights.
FULL = 1
_TIMES = (0.3, 0.5, 0.7, 0.85, 1.0)


def offered(engine: Engine) -> list[ModelInfo]:
    """The models to choose from."""
    return engine.catalog.models(TASK)


def work(
    pipeline: Pipeline, photo: Image.Image, report: Report, max_pixels: int, direction: Any = None, **light: Any
) -> Made:
    """Translate; the note says how much of the structure is kept, and how much of a day is guessed.

    Raises:
        InputError: when an argument is wrong.
    """
    from imggen.pipelines.day_night.pipeline import DayNight

    if not isinstance(pipeline, DayNight):
        raise InputError(f"{pipeline.info.id!r} translates no photos. Choose another model.")
    if not isinstance(direction, str):
        raise InputError("Choose a direction first.")
    made = pipeline.translate(photo, direction, **light, report=report, max_pixels=max_pixels)
    note = f"Structure kept: **{structure_kept(photo, made):.0%}**."
    guessed = dark_share(photo) if pipeline.has_time and direction == pipeline.directions[1] else 0.0
    if guessed > MUCH:
        note += f" {guessed:.0%} of the photo is very dark: there the day is guessed."
        if light.get("time", FULL) > DAWN:
            note += f" Set the time of day to {DAWN:g}, a dawn, and it shows less."
    return Made(made, note)


def times_of(info: ModelInfo) -> list[tuple[str, float]]:
    """Times of day to compare; none with a model that has no time of day."""
    return [(f"Time of day {time:g}", time) for time in _TIMES] if is_timed(info) else []


def suited(info: ModelInfo, values: Values) -> Values:
    """The values of the settings for another model: its first direction where it has not the one that is chosen."""
    known = [direction for _, direction in choices_of(info)]
    return values if values["direction"] in known else {**values, "direction": known[0]}


def _domains(info: ModelInfo) -> tuple[str, ...]:
    return info.domains or DAY_NIGHT


def is_timed(info: ModelInfo) -> bool:
    """Whether a model has a time of day."""
    return has_time(_domains(info))


def choices_of(info: ModelInfo) -> list[tuple[str, str]]:
    """What to show for each direction, and its name."""
    first, second = _domains(info)
    forwards, back = directions(first, second)
    there, back_again = (f"{first} to {second}".capitalize(), forwards), (f"{second} to {first}".capitalize(), back)
    return [there] if info.one_way else [there, back_again]
