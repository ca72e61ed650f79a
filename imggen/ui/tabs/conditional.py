"""The conditional tab: pictures of chosen classes, side by side for the same seeds, or of what lies between classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr

from imggen.tasks import TASKS
from imggen.ui import showcase_pictures as showcase
from imggen.ui.endpoints.sample import build_sample_class
from imggen.ui.photo_tab import Surroundings
from imggen.ui.shared import opening, typeface_panel
from imggen.ui.shared.class_choice import (
    MAX_MIXED,
    MIXED,
    SIDE_BY_SIDE,
    chosen_classes,
    class_updates,
    planned,
    restored_classes,
    weight_updates,
)
from imggen.ui.shared.parts import (
    QUIET,
    SAVED,
    about,
    build_footer,
    model_dropdown,
    shown_errors,
    unchecked,
)
from imggen.ui.shared.sampling import Plan, restored
from imggen.ui.shared.sampling_panel import Results, build_controls, build_results, connect
from imggen.ui.words import say

TASK = "conditional"
DEFAULT_COUNT = showcase.CLASS_COUNT


def build(surroundings: Surroundings) -> Results:
    """Add the tab's components and events to the current Blocks."""
    engine = surroundings.engine
    models = engine.catalog.models(TASK)
    names = list(models[0].class_names)
    first = showcase.CLASS if showcase.CLASS in names else names[0]
    with gr.Row(elem_classes="result-first"):
        with gr.Column(scale=2, min_width=320):
            model = model_dropdown(engine, models, TASK)
            class_name = unchecked(
                gr.Dropdown(names, value=first, label="Class", info="Type to search.", elem_id=f"{TASK}-class")
            )
            controls = build_controls(TASK, DEFAULT_COUNT)
            with controls.more:
                others = unchecked(
                    gr.Dropdown(names, value=[], multiselect=True, label="And other classes", elem_id=f"{TASK}-others")
                )
                together = gr.Radio(
                    [("A row for each", SIDE_BY_SIDE), ("Mixed into one", MIXED)],
                    value=SIDE_BY_SIDE,
                    label="Several classes",
                    visible=False,
                    elem_id=f"{TASK}-together",
                )
                weights = [
                    unchecked(gr.Slider(0, 1, 1, step=0.01, visible=False, elem_id=f"{TASK}-weight-{number}"))
                    for number in range(MAX_MIXED)
                ]
        with gr.Column(scale=3, min_width=320):
            shown = build_results(TASK)
    typeface = typeface_panel.build(engine, models, model, controls.truncation)
    card, saved = build_footer(TASK, models[0], *SAVED)

    def classes_changed(first: Any, more: Any, mode: str) -> list[Any]:
        chosen = chosen_classes(first, more)
        return [gr.Radio(visible=len(chosen) > 1), *weight_updates(chosen if mode == MIXED else [])]

    def model_changed(model_id: str, first: Any, more: Any, mode: str) -> list[Any]:
        info = engine.catalog.get(model_id)
        kept = [name for name in chosen_classes(first, more) if name in info.class_names] or list(info.class_names[:1])
        return [*class_updates(info, kept), *classes_changed(kept[0], kept[1:], mode), about(info)]

    def restore(path: str | None) -> list[Any]:
        with shown_errors():
            model_id, found = restored(engine, TASK, path)
            info = engine.catalog.get(model_id)
            chosen = restored_classes(found["classes"], info)
        mode = MIXED if isinstance(found["classes"], dict) else SIDE_BY_SIDE
        shares = list(chosen.values()) if mode == MIXED else None
        return [
            say("Settings restored."),
            model_id,
            *(class_updates(info, list(chosen)) if chosen else [gr.skip()] * 2),
            gr.Radio(value=mode, visible=len(chosen) > 1),
            *weight_updates(list(chosen) if mode == MIXED else [], shares),
            *(found.get(name, gr.skip()) for name in ("seed", "count", "truncation")),
            about(info),
        ]

    classes: list[Any] = [class_name, others, together, *weights]
    numbers: list[Any] = [controls.seed, controls.count, controls.truncation]

    def plan(model_id: Any, first: Any, more: Any, mode: Any, *values: Any) -> Plan:
        seed, count, truncation = values[MAX_MIXED:]
        return planned(model_id, first, more, mode, seed, count, truncation, values[:MAX_MIXED])

    def of_one_class(model_id: Any, class_name: Any, seed: Any, count: Any, truncation: Any) -> Plan:
        return planned(model_id, class_name, [], SIDE_BY_SIDE, seed, count, truncation)

    running = connect(engine, plan, [model, *classes, *numbers], controls, shown)
    build_sample_class(engine, of_one_class, [model, class_name, *numbers])
    for component in (class_name, others, together):
        component.input(classes_changed, [class_name, others, together], [together, *weights], **QUIET)
    model.input(model_changed, [model, class_name, others, together], [*classes, card], **QUIET)
    reopened = opening.on_saved(saved, restore, [], [shown.status, model, *classes, *numbers, card], **QUIET)
    saved.upload(typeface_panel.restored_word, saved, typeface.restorable, **QUIET)
    reopened.change(typeface_panel.restored_word, reopened, typeface.restorable, **QUIET)
    opening.connect_link(shown.link, shown.download, TASKS[TASK].tab)
    return replace(shown, running=running, reopened=reopened, words=typeface)
