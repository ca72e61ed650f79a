"""``/sample`` and ``/sample_class``: the tabs that invent pictures, for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
from gradio.components import Component

from imggen.engine.engine import Engine
from imggen.ui.shared.parts import JOBS, answered, shown_errors
from imggen.ui.shared.sampling import Plan, draw_all, saved_files

#: Makes a plan from the arguments of the endpoint. Raises :class:`.InputError`.
Planned = Callable[..., Plan]


def build_sample(engine: Engine, planned: Planned, inputs: list[Component]) -> None:
    """Add ``/sample``; the defaults of its arguments are those of the components."""
    result = gr.Gallery(visible=False, format="png", label="result")

    def sample(model: Any, seed: Any, count: Any, truncation: Any) -> Iterator[Any]:
        """Invent pictures from seeds.

        Args:
            model: id of the model, see models.
            seed: of the first picture; the next have the next seeds. Or several with commas between.
            count: how many pictures.
            truncation: variety, towards 0 for ever more typical pictures, to 1.
        Returns:
            The pictures as PNGs, each with its seed as caption.
        """
        yield from _drawn(engine, result, lambda: planned(model, seed, count, truncation))

    gr.Button(visible=False).click(sample, inputs, result, api_name="sample", **JOBS)


def build_sample_class(engine: Engine, planned: Planned, inputs: list[Component]) -> None:
    """Add ``/sample_class``; the defaults of its arguments are those of the components."""
    result = gr.Gallery(visible=False, format="png", label="result")

    def sample_class(model: Any, class_name: Any, seed: Any, count: Any, truncation: Any) -> Iterator[Any]:
        """Invent pictures of a class from seeds.

        Args:
            model: id of the model, see models.
            class_name: one of the model's classes.
            seed: of the first picture; the next have the next seeds. Or several with commas between.
            count: how many pictures.
            truncation: variety, towards 0 for ever more typical pictures, to 1.
        Returns:
            The pictures as PNGs, each with its seed as caption.
        """
        yield from _drawn(engine, result, lambda: planned(model, class_name, seed, count, truncation))

    gr.Button(visible=False).click(sample_class, inputs, result, api_name="sample_class", **JOBS)


def _drawn(engine: Engine, result: gr.Gallery, plan: Callable[[], Plan]) -> Iterator[Any]:
    """Draw what is planned, and answer with the files of the pictures and their captions."""
    with shown_errors():
        yield from answered(draw_all(engine, plan()), lambda images: saved_files(result, images))
