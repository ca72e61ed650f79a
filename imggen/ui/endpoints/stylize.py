"""``/stylize``: the style-transfer tab, for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
from PIL import Image

from imggen.ranges import STEPS
from imggen.ui import photo_job
from imggen.ui.photo_job import Endpoint, Job
from imggen.ui.photo_tab import PhotoTab
from imggen.ui.shared import style_choice, styles
from imggen.ui.shared.parts import json_input, photo_input, shown_errors


def build(tab: PhotoTab, job: Job, style_name: str) -> Endpoint:
    """The endpoint of the tab that does the job; ``style_name`` is the style of calls that name none."""

    def stylize(
        image: Image.Image | None = None,
        style: Any = None,
        strength: Any = 1.0,
        keep_colors: Any = False,
        model: Any = None,
        style_name: Any = "",
        scale: Any = 1.0,
        steps: Any = STEPS,
        mask: Image.Image | None = None,
        inside: Any = None,
        content: Image.Image | None = None,
    ) -> Iterator[str]:
        """Paint a photo in a style.

        Args:
            image: the photo.
            style: a picture that was uploaded, the name of a style of the model, or a list of up to three pairs of such
                a style and its weight.
            strength: 0 leaves the photo, 1 is the full style.
            keep_colors: keep the colours of the photo.
            model: id of the model, see models.
            style_name: the style where style is empty.
            scale: size of the strokes, 0.5 finer to 4 bolder.
            steps: of models that optimise the picture itself.
            mask: a picture that is white where the style goes, black elsewhere.
            inside: a second style, for where the mask is white; style goes elsewhere then.
            content: the former name of image; leave it empty.
        Returns:
            The painted photo as a PNG.
        """
        with shown_errors():
            mix = style_choice.required(styles.given_mix(style) or style_name or None)
            second = styles.given_mix(inside)
        given = {"strength": strength, "keep_colors": keep_colors, "scale": scale, "steps": steps, "mask": mask}
        yield from photo_job.answer(
            tab, job, content if image is None else image, model, {"style": mix, **given, "inside": second}
        )

    named = gr.Textbox(style_name, visible=False, label="style_name")
    style, inside = (json_input(name, styles.SCHEMA) for name in ("style", "inside"))
    mask, content = (photo_input(visible=False, label=name) for name in ("mask", "content"))
    strength, keep_colors, scale, steps = (job.settings[name] for name in ("strength", "keep_colors", "scale", "steps"))
    inputs = [tab.photo, style, strength, keep_colors, tab.model, named, scale, steps, mask, inside, content]
    return Endpoint(stylize, inputs)
