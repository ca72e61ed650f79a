"""The close-up of the super-resolution tab: the place of a photo that changed most, or that was clicked on."""

from __future__ import annotations

from typing import Any

import gradio as gr
from PIL import Image

from imggen.errors import ImageError
from imggen.imaging.close_up import close_up_pair, most_changed
from imggen.imaging.decode import open_image
from imggen.imaging.limits import Part, worked_on
from imggen.imaging.recipe import read_recipe
from imggen.ranges import SCALE
from imggen.ui.photo_tab import PhotoTab
from imggen.ui.shared.jobs import Changes
from imggen.ui.shared.parts import QUIET, pair_files, shown_errors

#: Side of the close-up in pixels of the photo; it is shown pixel for pixel.
SIDE = 512 // SCALE


def build(tab: PhotoTab) -> gr.ImageSlider:
    """Add the close-up, still hidden, to the column of the result."""
    with tab.right:
        return gr.ImageSlider(
            label="Close-up: bicubic | result",
            format="png",
            type="filepath",
            interactive=False,
            buttons=["fullscreen"],
            visible=False,
            elem_id=f"{tab.name}-close-up",
        )


def shown(close_up: gr.ImageSlider, photo: Image.Image, result: Image.Image) -> Changes:
    """What shows the place that changed most."""
    used = worked_on(photo, result)
    pair = close_up_pair(used, result, *most_changed(used, result, SIDE), SIDE)
    return {close_up: gr.ImageSlider(pair_files(close_up, pair), visible=True)}


def connect(tab: PhotoTab, close_up: gr.ImageSlider, part: gr.State) -> None:
    """Let a click on the photo move the close-up there; while ``part`` holds one, a click chooses another part."""

    def move(photo: Image.Image | None, path: str | None, part: Part | None, event: gr.SelectData) -> Any:
        if photo is None or not path or part:
            return gr.skip()
        with shown_errors():
            result = open_image(path, tab.surroundings.max_pixels * SCALE**2)
            if (read_recipe(result) or {}).get("sources", [{}])[0].get("size") != list(photo.size):
                raise ImageError("The result belongs to another photo. Upscale again.")
            used = worked_on(photo, result)
            x, y = (int(place) for place in event.index)
            x, y = x * used.width // photo.width, y * used.height // photo.height
            return pair_files(close_up, close_up_pair(used, result, x, y, SIDE))

    inputs = [tab.photo, tab.result, part]
    tab.photo.select(move, inputs, close_up, **QUIET)
