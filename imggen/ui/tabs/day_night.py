"""The day and night tab, and any other pair that a translator was trained on."""

from __future__ import annotations

import time as clock
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from PIL import Image

from imggen.engine.engine import Engine, Progress
from imggen.errors import InputError
from imggen.imaging.decode import recipe_of
from imggen.imaging.night_photo import dark_share
from imggen.imaging.recipe import read_recipe
from imggen.metrics.structure import structure_kept
from imggen.pipelines import Pipeline, Report
from imggen.pipelines.day_night.pipeline import MAX_GLOW, DayNight, directions, has_time
from imggen.store.catalogue import ModelInfo
from imggen.ui.shared.parts import (
    JOBS,
    Sender,
    about,
    build_footer,
    model_label,
    photo_input,
    png_file,
    progress_line,
    shown_errors,
    unchecked,
)
from imggen.ui.shared.photo_result import build_result, connect, only_status, result_values

TASK = "day_night"
#: What a configuration that names no domains means: the architecture's own default.
DAY_NIGHT = ("day", "night")
#: What lamps start at: with a slight halo, which a camera sees.
_GLOW = 1.3
#: Share of a night photo that may be dark before a full day of it is more guessed than seen.
_MUCH = 2 / 3
#: Time of day that flatters such a photo, and that of all others.
_DAWN, _FULL = 0.6, 1


@dataclass(frozen=True)
class Result:
    """A translated photo.

    Attributes:
        image: as large as the photo.
        structure: of :func:`imggen.metrics.structure.structure_kept`.
        guessed: share of a day that stands for what the night hardly shows.
    """

    image: Image.Image
    structure: float
    guessed: float


def build(engine: Engine, max_pixels: int, examples: list[str]) -> Sender:
    """Add the tab's components and events to the current Blocks; the catalogue must have a model for them.

    Args:
        engine: runs the models.
        max_pixels: largest picture accepted.
        examples: paths of example photos.

    Returns:
        What sends a result to the super-resolution tab.
    """
    models = engine.catalog.models(TASK)
    first = models[0]
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            photo = photo_input(max_pixels, label="Photo", elem_id="dn-photo", height=320)
            gr.Examples(examples, photo, label="Try one of these", cache_examples=False)
            with gr.Accordion("Recipe this picture carries", open=False, visible=False) as recipe_box:
                recipe = gr.JSON(show_label=False, elem_id="dn-recipe")
            model = gr.Dropdown(
                [(model_label(info), info.id) for info in models], value=first.id, label="Model", elem_id="dn-model"
            )
            direction = unchecked(
                gr.Radio(_choices(first), value=_choices(first)[0][1], label="Direction", elem_id="dn-direction")
            )
            with gr.Group(visible=_has_time(first)) as light:
                time = unchecked(
                    gr.Slider(
                        0,
                        1,
                        _FULL,
                        step=0.05,
                        label="Time of day",
                        info="0 is the photo's own, 0.5 dusk or dawn, 1 full night or day; dark nights start at dawn.",
                        elem_id="dn-time",
                    )
                )
                glow = unchecked(
                    gr.Slider(
                        0,
                        MAX_GLOW,
                        _GLOW,
                        step=0.1,
                        label="Lamp glow",
                        info="0 switches lamps and windows off, 1 leaves them as painted, more gives them a halo.",
                        elem_id="dn-glow",
                    )
                )
            strength = unchecked(
                gr.Slider(
                    0,
                    1,
                    1,
                    step=0.05,
                    label="Strength",
                    info="How much of the change is mixed into the photo.",
                    elem_id="dn-strength",
                )
            )
        buttons, column = build_result("dn", "Translate", "Choose a photo, then press **Translate**.")
    card, saved = build_footer("dn", first, ".png")
    api_result = gr.Image(type="filepath", format="png", visible=False, label="result")

    def translate_in_tab(
        image: Image.Image | None, to: Any, amount: Any, model_id: Any, hour: Any, lamps: Any
    ) -> Iterator[list[Any]]:
        began = clock.monotonic()
        with shown_errors():
            for progress in translate_steps(engine, image, to, amount, model_id, hour, lamps):
                if progress.result is None:
                    yield only_status(progress_line(progress))
                    continue
                assert image is not None
                made = progress.result
                done = (
                    f"{made.image.width} x {made.image.height} in {clock.monotonic() - began:.1f} s. "
                    f"Structure kept: **{made.structure:.0%}**"
                )
                if made.guessed > _MUCH:
                    done += f". {made.guessed:.0%} of the photo is very dark: there the day is guessed."
                    if hour > _DAWN:
                        done += f" Set the time of day to {_DAWN:g}, a dawn, and it shows less."
                yield result_values(column, done, image, made.image, f"{to}.png")

    def translate_for_api(
        image: Image.Image | None, direction: Any, strength: Any, model: Any, time: Any, glow: Any
    ) -> Iterator[str]:
        with shown_errors():
            for progress in translate_steps(engine, image, direction, strength, model, time, glow):
                if progress.result is not None:
                    yield png_file(api_result, progress.result.image, f"{direction}.png")

    def photo_changed(image: Image.Image | None, to: Any, hour: Any, suited: bool) -> list[Any]:
        made = read_recipe(image) if image is not None else None
        shown = show_recipe(made)
        return shown if made else [*shown[:-2], *suit(image, to, hour, suited)]

    def restore(path: str) -> list[Any]:
        with shown_errors():
            made = recipe_of(path)
            if made is None:
                raise InputError("This file carries no recipe. Use a PNG that was downloaded here.")
        return show_recipe(made)

    def show_recipe(made: dict[str, Any] | None) -> list[Any]:
        box = [gr.Accordion(visible=made is not None), made]
        settings = restored(engine, made) if made else None
        *others, hour, lamps = settings or [gr.skip()] * 6
        return [*box, settings[0] if settings else None, *others, lamps, False if made else gr.skip(), hour]

    def model_changed(model_id: str, restored_id: str | None, chosen: str) -> list[Any]:
        info = engine.catalog.get(model_id)
        choices = _choices(info)
        # Another model of the same pair leaves the direction alone, which may be chosen anew while this runs.
        keep = model_id == restored_id or chosen in [value for _, value in choices]
        to = gr.skip() if keep else gr.Radio(choices=choices, value=choices[0][1])
        return [None, to, gr.Group(visible=_has_time(info)), about(info)]

    def suit(image: Image.Image | None, to: Any, hour: Any, suited: bool) -> tuple[bool, Any]:
        """Whether the time of day is of our choice, and that choice; one that the user made stays."""
        if image is None or not (suited or hour == _FULL):
            return suited, gr.skip()
        dark = to == directions(*DAY_NIGHT)[1] and dark_share(image) > _MUCH
        suitable = _DAWN if dark else _FULL
        return dark, gr.skip() if hour == suitable else suitable  # the user may be setting it while this runs

    inputs = [photo, direction, strength, model, time, glow]
    connect(buttons, translate_in_tab, inputs, column)
    gr.Button(visible=False).click(translate_for_api, inputs, api_result, api_name="translate", **JOBS)
    model_restored = gr.State(None)  # restoring changes the model too, and has set the direction that belongs to it
    time_suited = gr.State(False)  # whether the time of day was set to suit a photo, and not by the user
    settings = [recipe_box, recipe, model_restored, model, direction, light, strength, glow, time_suited, time]
    saved.upload(restore, saved, settings, api_visibility="private", show_progress="hidden")
    photo.upload(
        photo_changed,
        [photo, direction, time, time_suited],
        settings,
        api_visibility="private",
        show_progress="hidden",
    )
    direction.input(
        suit,
        [photo, direction, time, time_suited],
        [time_suited, time],
        api_visibility="private",
        show_progress="hidden",
    )
    time.input(lambda: False, None, time_suited, api_visibility="private", show_progress="hidden")
    model.change(
        model_changed,
        [model, model_restored, direction],
        [model_restored, direction, light, card],
        api_visibility="private",
        show_progress="hidden",
    )
    return column.sender


def translate_steps(
    engine: Engine, image: Image.Image | None, direction: Any, strength: Any, model_id: Any, time: Any, glow: Any
) -> Iterator[Progress[Result]]:
    """Translate and yield progress, the last with the result. Raises :class:`ImggenError` with a sentence."""
    if image is None:
        raise InputError("Choose a photo first.")
    if not isinstance(model_id, str):
        raise InputError("Choose a model first.")
    if not isinstance(direction, str):
        raise InputError("Choose a direction first.")
    source = image

    def work(pipeline: Pipeline, report: Report) -> Result:
        if not isinstance(pipeline, DayNight):
            raise InputError(f"{model_id!r} translates no photos. Choose another model.")
        translated = pipeline.translate(source, direction, strength, time, glow, report)
        by_day = pipeline.has_time and direction == pipeline.directions[1]
        return Result(translated, structure_kept(source, translated), dark_share(source) if by_day else 0.0)

    yield from engine.stream(model_id, work)


def restored(engine: Engine, made: dict[str, Any]) -> list[Any] | None:
    """New values of model, direction, light, strength, time and glow from a recipe, if this app can make it again."""
    parameters = made.get("parameters")
    if made["task"] != TASK or not isinstance(parameters, dict):
        return None
    info = next((info for info in engine.catalog.models(TASK) if info.id == made.get("model")), None)
    choices = _choices(info) if info else []
    direction = parameters.get("direction")
    if info is None or direction not in [value for _, value in choices]:
        return None
    ranges = {"strength": 1.0, "time": 1.0, "glow": MAX_GLOW}
    numbers = [_number_or_skip(parameters.get(name), largest) for name, largest in ranges.items()]
    return [info.id, gr.Radio(choices=choices, value=direction), gr.Group(visible=_has_time(info)), *numbers]


def _domains(info: ModelInfo) -> tuple[str, ...]:
    return info.domains or DAY_NIGHT


def _has_time(info: ModelInfo) -> bool:
    return has_time(_domains(info))


def _choices(info: ModelInfo) -> list[tuple[str, str]]:
    """What to show for each direction, and its name."""
    first, second = _domains(info)
    forwards, back = directions(first, second)
    there, back_again = (f"{first} to {second}".capitalize(), forwards), (f"{second} to {first}".capitalize(), back)
    return [there] if info.one_way else [there, back_again]


def _number_or_skip(value: Any, largest: float) -> Any:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= largest
    return value if fits else gr.skip()
