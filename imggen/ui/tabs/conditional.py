"""The conditional tab: pictures of chosen classes, side by side for the same seeds, or of what lies between classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
from PIL import Image

from imggen.errors import InputError
from imggen.pipelines import Pipeline, Report
from imggen.pipelines.generators.arguments import Choice
from imggen.pipelines.generators.conditional import Conditional
from imggen.ranges import MAX_COUNT
from imggen.store.model_info import ModelInfo
from imggen.tasks import TASKS
from imggen.ui import showcase_pictures as showcase
from imggen.ui.photo_tab import Surroundings
from imggen.ui.shared import opening, typeface_panel
from imggen.ui.shared.parts import JOBS, SAVED, about, answered, build_footer, model_label, shown_errors, unchecked
from imggen.ui.shared.sampling import Plan, draw_all, read_seeds, restored, saved_files
from imggen.ui.shared.sampling_panel import Results, build_controls, build_results, connect

TASK = "conditional"
DEFAULT_COUNT = showcase.CLASS_COUNT
#: Classes that can be mixed, each with a weight of its own.
MAX_MIXED = 4
SIDE_BY_SIDE, MIXED = "A row for each", "Mixed into one"


def build(surroundings: Surroundings) -> Results:
    """Add the tab's components and events to the current Blocks."""
    engine = surroundings.engine
    models = engine.catalog.models(TASK)
    names = list(models[0].class_names)
    first = showcase.CLASS if showcase.CLASS in names else names[0]
    with gr.Row(elem_classes="result-first"):
        with gr.Column(scale=2, min_width=320):
            model = gr.Dropdown(
                [(model_label(info, engine), info.id) for info in models],
                value=models[0].id,
                label="Model",
                elem_id=f"{TASK}-model",
            )
            class_name = unchecked(
                gr.Dropdown(names, value=first, label="Class", info="Type to search.", elem_id=f"{TASK}-class")
            )
            controls = build_controls(TASK, DEFAULT_COUNT)
            with controls.more:
                others = unchecked(
                    gr.Dropdown(names, value=[], multiselect=True, label="And other classes", elem_id=f"{TASK}-others")
                )
                together = gr.Radio(
                    [SIDE_BY_SIDE, MIXED],
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
    result = gr.Gallery(visible=False, format="png", label="result")

    def sample_class(model: Any, class_name: Any, seed: Any, count: Any, truncation: Any) -> Iterator[Any]:
        with shown_errors():
            plan = planned(model, class_name, [], SIDE_BY_SIDE, seed, count, truncation)
            yield from answered(draw_all(engine, plan), lambda images: saved_files(result, images))

    def classes_changed(first: Any, more: Any, mode: str) -> list[Any]:
        chosen = _chosen(first, more)
        return [gr.Radio(visible=len(chosen) > 1), *_weight_updates(chosen if mode == MIXED else [])]

    def model_changed(model_id: str, first: Any, more: Any, mode: str) -> list[Any]:
        info = engine.catalog.get(model_id)
        kept = [name for name in _chosen(first, more) if name in info.class_names] or list(info.class_names[:1])
        return [*_class_updates(info, kept), *classes_changed(kept[0], kept[1:], mode), about(info)]

    def restore(path: str | None) -> list[Any]:
        with shown_errors():
            model_id, found = restored(engine, TASK, path)
            info = engine.catalog.get(model_id)
            chosen = restored_classes(found["classes"], info)
        mode = MIXED if isinstance(found["classes"], dict) else SIDE_BY_SIDE
        shares = list(chosen.values()) if mode == MIXED else None
        return [
            model_id,
            *(_class_updates(info, list(chosen)) if chosen else [gr.skip()] * 2),
            gr.Radio(value=mode, visible=len(chosen) > 1),
            *_weight_updates(list(chosen) if mode == MIXED else [], shares),
            *(found.get(name, gr.skip()) for name in ("seed", "count", "truncation")),
            about(info),
        ]

    classes: list[Any] = [class_name, others, together, *weights]
    numbers: list[Any] = [controls.seed, controls.count, controls.truncation]

    def plan(model_id: Any, first: Any, more: Any, mode: Any, *values: Any) -> Plan:
        seed, count, truncation = values[MAX_MIXED:]
        return planned(model_id, first, more, mode, seed, count, truncation, values[:MAX_MIXED])

    running = connect(engine, plan, [model, *classes, *numbers], controls, shown)
    gr.Button(visible=False).click(
        sample_class,
        [model, class_name, *numbers],
        result,
        api_name="sample_class",
        **JOBS,
    )
    quick: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    for component in (class_name, others, together):
        component.input(classes_changed, [class_name, others, together], [together, *weights], **quick)
    model.input(model_changed, [model, class_name, others, together], [*classes, card], **quick)
    reopened = opening.on_saved(saved, restore, [], [model, *classes, *numbers, card], **quick)
    saved.upload(typeface_panel.restored_word, saved, typeface, **quick)
    reopened.change(typeface_panel.restored_word, reopened, typeface, **quick)
    opening.connect_link(shown.link, shown.download, TASKS[TASK].tab)
    return replace(shown, running=running, reopened=reopened)


def planned(
    model_id: Any,
    first: Any,
    others: Any,
    together: Any,
    seed: Any,
    count: Any,
    truncation: Any,
    weights: Sequence[Any] = (),
) -> Plan:
    """The run that the settings describe. Raises :class:`InputError`."""
    chosen = _chosen(first, others)
    if not chosen:
        raise InputError("Choose a class first.")
    classes: Choice | list[str] = chosen[0] if len(chosen) == 1 else chosen
    rows = chosen
    if together == MIXED and len(chosen) > 1:
        if len(chosen) > MAX_MIXED:
            raise InputError(f"At most {MAX_MIXED} classes can be mixed: take some out, or draw a row for each.")
        classes = dict(zip(chosen, weights, strict=False))
        rows = []
    seeds = read_seeds(seed, count)
    if len(seeds) * max(1, len(rows)) > MAX_COUNT:
        raise InputError(
            f"{len(rows)} classes with {len(seeds)} seeds are {len(rows) * len(seeds)} pictures; at most {MAX_COUNT} "
            "are made at once."
        )

    def draw(pipeline: Pipeline, chosen_seeds: Sequence[int], share: float, report: Report) -> list[Image.Image]:
        if not isinstance(pipeline, Conditional):
            raise InputError(f"{model_id!r} is no model for this tab. Choose another.")
        return pipeline.sample(classes, seed=chosen_seeds, truncation=share, report=report)

    return Plan(model_id, seeds, truncation, draw, rows, {"classes": classes} if len(rows) > 1 else {})


def restored_classes(saved: str | list[str] | dict[str, float] | None, info: ModelInfo) -> dict[str, float]:
    """The classes of a recipe, the largest weight being 1; empty when it names none.

    Raises:
        InputError: when the model does not know them all, or there are more than can be mixed.
    """
    if saved is None:
        return {}
    weights = saved if isinstance(saved, dict) else dict.fromkeys([saved] if isinstance(saved, str) else saved, 1.0)
    for name in weights:
        if name not in info.class_names:
            raise InputError(f"This picture shows the class {name!r}, which the model {info.id!r} does not know.")
    if isinstance(saved, dict) and len(saved) > MAX_MIXED:
        raise InputError(f"This picture mixes {len(saved)} classes; this tab mixes at most {MAX_MIXED}.")
    return {name: weight / max(weights.values()) for name, weight in weights.items()}


def _chosen(first: Any, others: Any) -> list[str]:
    """The classes chosen, each once."""
    listed = [first, *(others if isinstance(others, list) else [])]
    return list(dict.fromkeys(name for name in listed if isinstance(name, str)))


def _class_updates(info: ModelInfo, chosen: list[str]) -> list[Any]:
    names = list(info.class_names)
    return [gr.Dropdown(choices=names, value=chosen[0]), gr.Dropdown(choices=names, value=chosen[1:], multiselect=True)]


def _weight_updates(mixed: list[str], shares: list[float] | None = None) -> list[Any]:
    """Show a slider for every class that is mixed."""
    updates = []
    for number in range(MAX_MIXED):
        if number < len(mixed) > 1:
            value: dict[str, Any] = {} if shares is None else {"value": shares[number]}
            updates.append(gr.Slider(visible=True, label=f"Weight of {mixed[number]}", **value))
        else:
            updates.append(gr.Slider(visible=False))
    return updates
