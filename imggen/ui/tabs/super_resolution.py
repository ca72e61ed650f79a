"""The 4x super-resolution tab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
from PIL import Image

from imggen.engine.engine import Engine
from imggen.errors import ImageError, InputError
from imggen.imaging.decode import open_image
from imggen.imaging.limits import Part, read_part, worked_on
from imggen.pipelines import Pipeline, Report
from imggen.pipelines.super_resolution import SCALE, SuperResolution
from imggen.store.catalogue import ModelInfo
from imggen.ui import photo_tab
from imggen.ui.photo_tab import Changes, Made, PhotoTab, Surroundings, Values
from imggen.ui.shared import large_photo
from imggen.ui.shared.large_photo import PART
from imggen.ui.shared.parts import shown_errors, unchecked

TASK = "super_resolution"
#: Side of the close-up, shown pixel for pixel.
CLOSE_UP = 512
DEFAULT_DETAIL = 0.5


def build(surroundings: Surroundings) -> PhotoTab:
    """Add the tab's components and events to the current Blocks."""
    engine, max_pixels, _ = surroundings
    tab = photo_tab.lay_out(surroundings, TASK, "sr", "Upscale 4x", offered)
    with tab.left:
        detail = unchecked(
            gr.Slider(
                0,
                1,
                DEFAULT_DETAIL,
                step=0.05,
                label="Detail",
                info="0 is faithful: only what the pixels support. 1 is detailed: sharper, with invented texture.",
                visible=isinstance(tab.model.value, str) and has_detail(engine, tab.model.value),
                elem_id="sr-detail",
            )
        )
        large = large_photo.build(tab.photo, max_pixels, "sr")
    with tab.right:
        close_up = gr.ImageSlider(
            label="Close-up: click on the photo to move it",
            format="png",
            type="filepath",
            interactive=False,
            elem_id="sr-close-up",
        )

    def adapt(info: ModelInfo, values: Values) -> Changes:
        return {detail: gr.Slider(visible=has_detail(engine, info.id))}

    def restore(info: ModelInfo, parameters: Values) -> Changes:
        value = parameters.get("detail")
        kept: Values = {"value": value} if isinstance(value, int | float) and 0 <= value <= 1 else {}
        changes: Changes = {detail: gr.update(visible=has_detail(engine, info.id), **kept)}
        part = read_part(parameters.get("crop"))
        return {**changes, large.choice: PART, large.part: part} if part else changes

    def arguments(info: ModelInfo, values: Values) -> Values:
        return {"detail": values["detail"], "crop": values["part"] if values["large"] == PART else None}

    def show(photo: Image.Image, result: Image.Image) -> Changes:
        used = worked_on(photo, result)
        return {close_up: close_up_pair(used, result, used.width // 2, used.height // 2)}

    def move_close_up(photo: Image.Image | None, path: str | None, part: Part | None, event: gr.SelectData) -> Any:
        if photo is None or not path or part:  # with a part, a click chooses another
            return gr.skip()
        with shown_errors():
            result = open_image(path, max_pixels * SCALE**2)
            used = worked_on(photo, result)
            x, y = event.index
            return close_up_pair(used, result, x * used.width // photo.width, y * used.height // photo.height)

    job = photo_tab.Job(
        settings={"detail": detail, "large": large.choice, "part": large.part},
        work=work,
        file_name=lambda _: "upscaled_4x.png",
        restore=restore,
        adapt=adapt,
        arguments=arguments,
        show=show,
        shown=[close_up],
    )

    def upscale(image: Image.Image | None, model: Any, detail: Any, crop: Any = None) -> Iterator[str]:
        """Upscale a photo to four times its width and height; detail 0 is faithful, 1 invents texture.

        A photo that is too large is shrunk first, or give crop: left, top, width and height of a part of it.
        """
        yield from photo_tab.answer(tab, job, image, model, {"detail": detail, "crop": crop})

    crop = gr.JSON(visible=False, label="crop")
    tab.photo.select(
        move_close_up, [tab.photo, tab.download, large.part], close_up, api_visibility="private", show_progress="hidden"
    )
    return photo_tab.connect(tab, job, upscale, [tab.photo, tab.model, detail, crop])


def work(pipeline: Pipeline, photo: Image.Image, report: Report, max_pixels: int, detail: Any, crop: Any) -> Made:
    """Upscale. Raises :class:`InputError`."""
    if not isinstance(pipeline, SuperResolution):
        raise InputError(f"{pipeline.info.id!r} is no super-resolution model. Choose another.")
    return Made(pipeline.upscale(photo, detail, report, max_pixels, crop))


def offered(engine: Engine) -> list[ModelInfo]:
    """The models to choose from; what is the detailed end of another is not a choice of its own."""
    catalog = engine.catalog

    def is_detailed_end(info: ModelInfo) -> bool:
        base = catalog.base_of(info)
        end = catalog.fine_tuned_from(base.id) if base else None
        return end is not None and end.id == info.id

    return [info for info in catalog.models(TASK) if not is_detailed_end(info)]


def has_detail(engine: Engine, model_id: str) -> bool:
    """Whether the detail slider means something for a model."""
    catalog = engine.catalog
    return catalog.fine_tuned_from(model_id) is not None or catalog.base_of(catalog.get(model_id)) is not None


def close_up_pair(small: Image.Image, large: Image.Image, x: int, y: int) -> tuple[Image.Image, Image.Image]:
    """A square of the result around a point of the photo, and the same square of the photo, enlarged plainly.

    Raises:
        ImageError: when the result is of another photo.
    """
    if large.size != (small.width * SCALE, small.height * SCALE):
        raise ImageError("The result belongs to another photo. Upscale again.")
    width, height = min(CLOSE_UP // SCALE, small.width), min(CLOSE_UP // SCALE, small.height)
    left = min(max(0, int(x) - width // 2), small.width - width)
    top = min(max(0, int(y) - height // 2), small.height - height)
    before = small.crop((left, top, left + width, top + height))
    after = large.crop((left * SCALE, top * SCALE, (left + width) * SCALE, (top + height) * SCALE))
    return before.resize(after.size, Image.Resampling.BICUBIC), after
