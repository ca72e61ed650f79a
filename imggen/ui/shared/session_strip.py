"""The results of this visit, smallest and newest first: a click opens the tab with the settings of one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component
from PIL import Image

from imggen.errors import ImageError
from imggen.imaging.animation import film_recipe
from imggen.imaging.decode import open_image
from imggen.ui.shared import chain
from imggen.ui.shared.jobs import Changes, Running
from imggen.ui.shared.parts import QUIET, png_file

#: Results that are kept.
_KEPT = 24
#: Longer side of their small pictures, in pixels.
_SIDE = 256

#: What is kept of a result: path of its small picture, words, and recipe.
Kept = tuple[str, str, dict[str, Any]]


def build() -> tuple[gr.Gallery, gr.State]:
    """Add the strip to the current Blocks; it is seen once there is a result."""
    strip = gr.Gallery(
        label="Made in this session: click to open one again",
        columns=8,
        height="max-content",
        object_fit="contain",
        allow_preview=False,
        buttons=[],
        interactive=False,
        visible=False,
        elem_id="session-strip",
    )
    return strip, gr.State([])


def follow(running: Running, picture: Component, result: Component, strip: gr.Gallery, kept: gr.State) -> None:
    """Add what a job makes.

    Args:
        running: the job.
        picture: shows the result: a path, or a pair of them.
        result: path of the file of the result, with its recipe.
        strip: of :func:`build`, as ``kept``.
        kept: see ``strip``.
    """

    def add(shown: Any, file: Any, before: list[Kept]) -> list[Any]:
        path = shown[1] if isinstance(shown, list | tuple) else shown
        try:
            made = film_recipe(file) if file else None
            if made is None or not path:
                return [gr.skip(), gr.skip()]
            small = open_image(path)
        except ImageError:  # cleaned up meanwhile
            return [gr.skip(), gr.skip()]
        small.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
        words = chain.steps(made)[-1]
        one = png_file(strip, small, f"{Path(file).stem}.png"), str(words.get("model")), made
        now = [one, *before][:_KEPT]
        return [gr.Gallery([(path, words) for path, words, _ in now], visible=True, selected_index=None), now]

    running.event.success(add, [picture, result, kept], [strip, kept], **QUIET)


def connect(strip: gr.Gallery, kept: gr.State, outputs: list[Any], opened: Callable[[dict[str, Any]], Changes]) -> None:
    """Let a click on a result open its tab; ``opened`` gives the values of ``outputs`` for a recipe."""

    def choose(before: list[Kept], event: gr.SelectData) -> Changes:
        return opened(before[event.index][2]) if event.index in range(len(before)) else {outputs[0]: gr.skip()}

    strip.select(choose, kept, outputs, **QUIET)
