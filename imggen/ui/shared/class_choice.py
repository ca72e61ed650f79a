"""Classes in the conditional tab: which are chosen, how they are drawn together, and the sliders of a mix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
from PIL import Image

from imggen.errors import InputError
from imggen.pipelines import Pipeline, Report
from imggen.pipelines.generators.arguments import Choice
from imggen.ranges import MAX_COUNT
from imggen.store.model_info import ModelInfo
from imggen.ui.shared.sampling import Plan, read_seeds
from imggen.ui.words import say

#: Classes that can be mixed, each with a weight of its own.
MAX_MIXED = 4
SIDE_BY_SIDE, MIXED = "rows", "mix"


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
    chosen = chosen_classes(first, others)
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
        from imggen.pipelines.generators.conditional import Conditional

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


def chosen_classes(first: Any, others: Any) -> list[str]:
    """The classes chosen, each once."""
    listed = [first, *(others if isinstance(others, list) else [])]
    return list(dict.fromkeys(name for name in listed if isinstance(name, str)))


def class_updates(info: ModelInfo, chosen: list[str]) -> list[Any]:
    names = list(info.class_names)
    return [gr.Dropdown(choices=names, value=chosen[0]), gr.Dropdown(choices=names, value=chosen[1:], multiselect=True)]


def weight_updates(mixed: list[str], shares: list[float] | None = None) -> list[Any]:
    """Show a slider for every class that is mixed."""
    updates = []
    for number in range(MAX_MIXED):
        if number < len(mixed) > 1:
            value: dict[str, Any] = {} if shares is None else {"value": shares[number]}
            updates.append(gr.Slider(visible=True, label=say(f"Weight of {mixed[number]}"), **value))
        else:
            updates.append(gr.Slider(visible=False))
    return updates
