"""The latent-interpolation tab: films between seeds, classes and photos, and what belongs to them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from imggen.errors import join_names
from imggen.imaging.animation import film_recipe
from imggen.store.model_info import ModelInfo
from imggen.ui import showcase_pictures as showcase
from imggen.ui.endpoints import interpolate
from imggen.ui.photo_tab import Surroundings
from imggen.ui.shared import directions, film_result, film_settings, opening, own_photo
from imggen.ui.shared.film import TASK, film_steps, offered
from imggen.ui.shared.jobs import Changes, build_buttons, connect_job
from imggen.ui.shared.keyframes import Places, without_foreign_classes, write
from imggen.ui.shared.latent_panel import Panel
from imggen.ui.shared.parts import (
    QUIET,
    SAVED,
    about,
    build_footer,
    model_dropdown,
    progress_line,
    shown_errors,
    unchecked,
)
from imggen.ui.shared.saved import settings_of
from imggen.ui.words import say

SEEDS = join_names(f"{seed} {class_name}" for seed, class_name in showcase.KEYFRAMES)


def build(surroundings: Surroundings) -> Panel:
    """Add the tab's components and events to the current Blocks; the catalogue must have a generator.

    Returns:
        The components that say where in which latent space to go, for other tabs to fill: see
        :mod:`imggen.ui.shared.film_sources`.
    """
    engine = surroundings.engine
    models = offered(engine)
    first = models[0]
    with gr.Row(elem_classes="result-first"):
        with gr.Column(scale=2, min_width=320):
            model = model_dropdown(engine, models, "interpolation")
            text = gr.Textbox(
                without_foreign_classes(SEEDS, first.class_names),
                label="Keyframes",
                info=_keyframe_help(first),
                max_length=2000,
                elem_id="interpolation-seeds",
            )
            class_name = unchecked(
                gr.Dropdown(
                    list(first.class_names),
                    value=next(iter(first.class_names), None),
                    label="Class of keyframes that name none",
                    visible=bool(first.class_names),
                    elem_id="interpolation-class",
                )
            )
            start, stop = build_buttons("interpolation", "Make the film")
            chosen = film_settings.build(first)
        with gr.Column(scale=3, min_width=320):
            status = gr.Markdown("Press **Make the film**. Here is an example.", elem_id="interpolation-status")
            shown = film_result.build()
    places = gr.State(Places())
    panel = Panel(engine, model, text, class_name, chosen.truncation, places, status)
    own_box, own = own_photo.build(panel)
    moving = directions.build(panel)
    card, saved = build_footer("interpolation", first, ".mp4", *SAVED)
    settings = chosen.by_name()

    def make_in_tab(model_id: str, seeds: str, class_name: Any, known: Places, *values: Any) -> Iterator[Changes]:
        began = time.monotonic()
        for progress in film_steps(
            engine, model_id, seeds, class_name, known, **dict(zip(settings, values, strict=True))
        ):
            if progress.result is None:
                yield {status: progress_line(progress)}
                continue
            told = say(f"{len(progress.result)} frames in {time.monotonic() - began:.1f} s.")
            yield {status: told, **shown.showing(progress.result)}

    def restore(path: str | None, known: Places) -> dict[Any, Any]:
        if path is None:
            return {}
        with shown_errors():
            info, values = settings_of(film_recipe(path), offered(engine), TASK.id, "projection", "directions")
            words, known = write(values["seeds"], info.id, known)
        changes: dict[Any, Any] = {model: info.id, places: known, status: say("Settings restored.")}
        changes.update((component, values[name]) for name, component in settings.items() if name in values)
        if "amounts" in values:  # a picture that was moved along directions
            amounts = [*values["amounts"], *[0] * len(moving.amounts)][: len(moving.amounts)]
            return {**changes, moving.base: words, **dict(zip(moving.amounts, amounts, strict=True))}
        return {**changes, text: words}

    def model_changed(model_id: str, class_name: Any, space: Any) -> list[Any]:
        info = engine.catalog.get(model_id)
        names = list(info.class_names)
        kept = class_name if class_name in names else next(iter(names), None)
        classes = gr.Dropdown(choices=names, value=kept, visible=bool(names))
        return [gr.Textbox(info=_keyframe_help(info)), classes, *film_settings.for_model(info, space), about(info)]

    def kept_keyframes(model_id: str, seeds: str) -> Any:
        kept = without_foreign_classes(seeds, engine.catalog.get(model_id).class_names)
        return gr.skip() if kept == seeds else kept  # what is typed before the answer comes stays

    inputs = [model, text, class_name, places, *settings.values()]
    running = connect_job([start.click, text.submit], stop, status, make_in_tab, inputs, shown.outputs())
    interpolate.build(engine, model, text, class_name, settings)
    opening.connect_link(shown.link, shown.film_path, TASK.tab)
    restored: list[Any] = [model, text, places, status, *settings.values(), moving.base, *moving.amounts]
    reopened = opening.on_saved(saved, restore, [places], restored, **QUIET)
    changed = [text, class_name, chosen.space, chosen.all_classes, card]
    model.change(model_changed, [model, class_name, chosen.space], changed, **QUIET)
    model.input(kept_keyframes, [model, text], text, **QUIET)  # not when a recipe brings model and keyframes
    return replace(
        panel, own_photo=own, own_box=own_box, film=shown.film_path, frame=shown.frame_path, senders=shown.senders,
        running=running, reopened=reopened,
    )  # fmt: skip


def _keyframe_help(info: ModelInfo) -> str:
    if info.class_names:
        return say(f"2 to 16 seeds, each with a class if you like: 3 {info.class_names[0]}; 14 {info.class_names[-1]}")
    return say("2 to 16 seeds.")
