"""The random-sampling tab: pictures from seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
from PIL import Image

from imggen.errors import InputError
from imggen.pipelines import Pipeline, Report
from imggen.tasks import TASKS
from imggen.ui import showcase_pictures as showcase
from imggen.ui.endpoints.sample import build_sample
from imggen.ui.photo_tab import Surroundings
from imggen.ui.shared import opening, seeds
from imggen.ui.shared.parts import QUIET, SAVED, about, build_footer, model_dropdown, shown_errors
from imggen.ui.shared.sampling import Plan, read_seeds, restored
from imggen.ui.shared.sampling_panel import Results, build_controls, build_results, connect
from imggen.ui.words import say

TASK = "sampling"
DEFAULT_COUNT = 16


def build(surroundings: Surroundings) -> Results:
    """Add the tab's components and events to the current Blocks."""
    engine = surroundings.engine
    models = engine.catalog.models(TASK)
    with gr.Row(elem_classes="result-first"):
        with gr.Column(scale=2, min_width=320):
            model = model_dropdown(engine, models, TASK)
            controls = build_controls(TASK, DEFAULT_COUNT, seeds.write(showcase.SEEDS))
        with gr.Column(scale=3, min_width=320):
            shown = build_results(TASK)
    card, saved = build_footer(TASK, models[0], *SAVED)
    from_seed = gr.Textbox("0", visible=False, label="Seed")  # one that the number of pictures counts for

    def restore(path: str | None) -> list[Any]:
        with shown_errors():
            model_id, found = restored(engine, TASK, path)
        return [
            say("Settings restored."),
            model_id,
            *(found.get(name, gr.skip()) for name in ("seed", "count", "truncation")),
        ]

    settings: list[Any] = [model, controls.seed, controls.count, controls.truncation]
    running = connect(engine, planned, settings, controls, shown)
    build_sample(engine, planned, [model, from_seed, controls.count, controls.truncation])
    reopened = opening.on_saved(saved, restore, [], [shown.status, *settings], **QUIET)
    opening.connect_link(shown.link, shown.download, TASKS[TASK].tab)
    model.change(lambda model_id: about(engine.catalog.get(model_id)), model, card, api_visibility="private")
    return replace(shown, running=running, reopened=reopened)


def planned(model_id: Any, seed: Any, count: Any, truncation: Any) -> Plan:
    """The run that the settings describe. Raises :class:`InputError`."""

    def draw(pipeline: Pipeline, seeds: Sequence[int], share: float, report: Report) -> list[Image.Image]:
        from imggen.pipelines.generators.sampling import Sampling

        if not isinstance(pipeline, Sampling):
            raise InputError(f"{model_id!r} is no model for this tab. Choose another.")
        return pipeline.sample(seed=seeds, truncation=share, report=report)

    return Plan(model_id, read_seeds(seed, count), truncation, draw)
