"""``/upscale``: the super-resolution tab, for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
from PIL import Image

from imggen.ranges import SCALE
from imggen.ui import photo_job
from imggen.ui.photo_job import Endpoint, Job
from imggen.ui.photo_tab import PhotoTab
from imggen.ui.shared.parts import json_input, unchecked


def build(tab: PhotoTab, job: Job) -> Endpoint:
    """The endpoint of the tab that does the job."""

    def upscale(
        image: Image.Image | None,
        model: Any,
        detail: Any,
        crop: Any = None,
        clean_up: Any = None,
        scale: Any = SCALE,
        size: Any = None,
    ) -> Iterator[str]:
        """Upscale a photo to four times its width and height, or to less. A photo that is too large is shrunk first.

        Args:
            image: the photo.
            model: id of the model, see models.
            detail: 0 is faithful, 1 invents texture.
            crop: left, top, width and height in pixels of the part to upscale, as a list; all of it without.
            clean_up: 1 takes the marks of compression away, 0 keeps them; without it as the model is made.
            scale: how many times as large, 1 to 4.
            size: pixels of the longest side of the result, in place of scale.
        Returns:
            The large photo as a PNG.
        """
        arguments = {"detail": detail, "crop": crop, "clean_up": clean_up, "scale": scale, "size": size}
        yield from photo_job.answer(tab, job, image, model, arguments)

    crop = json_input("crop", {"type": "array", "items": {"type": "integer"}})
    as_the_model_is_made = gr.Number(visible=False, label="Clean-up")
    scale = unchecked(gr.Number(SCALE, visible=False, label="scale"))
    size = unchecked(gr.Number(visible=False, label="size"))
    inputs = [tab.photo, tab.model, job.settings["detail"], crop, as_the_model_is_made, scale, size]
    return Endpoint(upscale, inputs)
