"""The 4x super-resolution tab."""

from __future__ import annotations

from typing import Any

import gradio as gr

from imggen.engine.engine import Engine
from imggen.pipelines.result_size import in_words
from imggen.store.model_info import ModelInfo
from imggen.ui import photo_job, photo_tab
from imggen.ui import showcase_pictures as showcase
from imggen.ui.endpoints import upscale
from imggen.ui.photo_tab import PhotoTab, Surroundings, Values
from imggen.ui.shared import close_up_panel, large_photo, result_size, upscalers
from imggen.ui.shared.jobs import Changes
from imggen.ui.shared.large_photo import PART
from imggen.ui.shared.parts import QUIET, unchecked
from imggen.ui.shared.upscalers import DRAWING, PHOTO, TASK, by_source, default_clean_up, has_slider, offered

DEFAULT_DETAIL = 0.5


def build(surroundings: Surroundings) -> PhotoTab:
    """Add the tab's components and events to the current Blocks."""
    engine, max_pixels, _ = surroundings
    tab = photo_tab.lay_out(surroundings, TASK, "sr", "Upscale 4x", offered, example=str(showcase.PART))
    first = engine.catalog.get(tab.model.value) if isinstance(tab.model.value, str) else None
    with tab.left:
        source = _source(engine, first)
        clean_up = _slider(
            engine, first, "clean_up", default_clean_up(first), "Clean-up",
            "1 takes the marks of compression and noise away, 0 keeps them, and the finest texture with them.",
        )  # fmt: skip
        detail = _slider(
            engine, first, "detail", DEFAULT_DETAIL, "Detail",
            "0 is faithful: only what the pixels support. 1 is detailed: sharper, with invented texture.",
        )  # fmt: skip
        large = large_photo.build(tab.photo, tab.photo_read, max_pixels, "sr")
    with tab.more:
        size = result_size.build("sr", tab.start)
    tab.more.visible = True
    close_up = close_up_panel.build(tab)

    def arguments(info: ModelInfo, values: Values) -> Values:
        crop = values["part"] if values["large"] == PART else None
        sliders = {name: values[name] for name in ("detail", "clean_up")}
        return {**sliders, "crop": crop, **result_size.arguments(values)}

    def source_of_model(info: ModelInfo) -> Changes:
        sources = {model.id: name for name, model in (by_source(engine) or {}).items()}
        return {source: sources[info.id]} if info.id in sources else {}

    def adapt(info: ModelInfo, values: Values) -> Changes:
        return {
            **source_of_model(info),
            clean_up: gr.Slider(value=default_clean_up(info), visible=has_slider(engine, info.id, "clean_up")),
            detail: gr.Slider(visible=has_slider(engine, info.id, "detail")),
        }

    def restore(info: ModelInfo, parameters: Values) -> Changes:
        changes = {**source_of_model(info), **size.restore(parameters)}
        for name, slider in (("detail", detail), ("clean_up", clean_up)):
            value = parameters.get(name)
            kept: Values = {} if value is None else {"value": value}
            changes[slider] = gr.update(visible=has_slider(engine, info.id, name), **kept)
        part = parameters.get("crop")
        return {**changes, large.choice: PART, large.part: part} if part else changes

    def choose_source(chosen: Any) -> Any:
        models = by_source(engine)
        return models[chosen].id if models and chosen in models else gr.skip()

    job = photo_job.Job(
        settings={
            "source": source,
            "clean_up": clean_up,
            "detail": detail,
            "large": large.choice,
            "part": large.part,
            **size.settings,
        },
        work=upscalers.work,
        suffix=lambda arguments: in_words(arguments["scale"], arguments["size"]),
        restore=restore,
        adapt=adapt,
        arguments=arguments,
        repeated=upscalers.repeated,
        suited=upscalers.suited,
        show=lambda photo, result: close_up_panel.shown(close_up, photo, result),
        shown=[close_up],
    )

    close_up_panel.connect(tab, close_up, large.part)
    source.input(choose_source, source, tab.model, **QUIET)
    return photo_job.connect(tab, job, upscale.build(tab, job))


def _source(engine: Engine, first: ModelInfo | None) -> gr.Radio:
    """Add the choice between photos and drawings, each of which has a model."""
    return unchecked(
        gr.Radio(
            [("Photo", PHOTO), ("Drawing or render", DRAWING)],
            value=PHOTO if default_clean_up(first) else DRAWING,
            label="Source",
            info="Photos are stored as JPEGs and get cleaned up. Drawings and renders are taken as clean.",
            visible=by_source(engine) is not None,
            elem_id="sr-source",
        )
    )


def _slider(engine: Engine, first: ModelInfo | None, name: str, value: float, label: str, info: str) -> gr.Slider:
    """Add a slider that some models have, shown where the first one has it."""
    shown = first is not None and has_slider(engine, first.id, name)
    elem_id = f"sr-{name.replace('_', '-')}"
    return unchecked(gr.Slider(0, 1, value, step=0.05, label=label, info=info, visible=shown, elem_id=elem_id))
