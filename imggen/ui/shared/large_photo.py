"""What a tab offers for a photo with more pixels than its job works on: shrink all of it, or take a part."""

from __future__ import annotations

from typing import Any, NamedTuple

import gradio as gr
from gradio.blocks import Block
from PIL import Image, ImageDraw

from imggen.imaging.limits import Part, centred, shrunk
from imggen.ui.shared.parts import QUIET, unchecked

SHRINK, PART = "shrink", "part"
#: Longer side of the small copy that shows the part.
_SIDE = 480


class LargePhoto(NamedTuple):
    """The inputs.

    Attributes:
        choice: :data:`SHRINK` or :data:`PART`; only visible when the photo is large.
        part: the part chosen last, see :data:`imggen.imaging.limits.Part`; None when all of the photo counts.
        view: shows the part in the photo.
    """

    choice: gr.Radio
    part: gr.State
    view: gr.Image


def build(photo: gr.Image, photo_read: gr.State, max_pixels: int, name: str) -> LargePhoto:
    """Add the inputs to the current Blocks.

    Args:
        photo: the photo; a click on it moves the part there.
        photo_read: changes when there is another photo.
        max_pixels: what the job works on at most.
        name: begins the elements' ids.
    """
    choice = unchecked(
        gr.Radio(
            [("Shrink it to fit", SHRINK), ("Enlarge a part of it", PART)],
            value=SHRINK,
            label=f"This photo is larger than {max_pixels / 1e6:.1f} megapixels",
            visible=False,
            elem_id=f"{name}-large",
        )
    )
    view = gr.Image(
        label="The bright part is enlarged: click on the photo above to move it",
        format="png",
        interactive=False,
        visible=False,
        height=200,
        buttons=[],
        elem_id=f"{name}-part",
    )
    inputs = LargePhoto(choice, gr.State(None), view)

    def look(image: Image.Image | None, chosen: Any, part: Part | None) -> dict[Block, Any]:
        if image is None or image.width * image.height <= max_pixels:
            return {choice: gr.Radio(visible=False), **without_part()}
        if chosen != PART:
            return {choice: gr.Radio(visible=True), **without_part()}
        if part is None or tuple(part[2:]) != shrunk(image.size, max_pixels):  # of another photo
            part = centred(image.size, max_pixels, image.width / 2, image.height / 2)
        return {choice: gr.Radio(visible=True), **with_part(image, part)}

    def move(image: Image.Image | None, part: Part | None, event: gr.SelectData) -> dict[Block, Any]:
        if image is None or part is None:
            return {view: gr.skip()}
        return with_part(image, centred(image.size, max_pixels, *event.index))

    def without_part() -> dict[Block, Any]:
        return {inputs.part: None, view: gr.Image(value=None, visible=False)}

    def with_part(image: Image.Image, part: Part) -> dict[Block, Any]:
        return {inputs.part: part, view: gr.Image(value=shown(image, part), visible=True)}

    gr.on([photo_read.change, choice.input], look, [photo, choice, inputs.part], list(inputs), **QUIET)
    photo.select(move, [photo, inputs.part], [inputs.part, view], **QUIET)
    return inputs


def shown(image: Image.Image, part: Part) -> Image.Image:
    """A small copy of a photo, dark but for the part."""
    scale = _SIDE / max(image.size)
    small = image.resize([max(1, round(side * scale)) for side in image.size], reducing_gap=2)
    left, top, width, height = (round(value * scale) for value in part)
    light = Image.new("L", small.size, 90)
    ImageDraw.Draw(light).rectangle((left, top, left + width, top + height), fill=255)
    return Image.composite(small, Image.new("RGB", small.size), light)
