"""The 4x super-resolution tab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
from PIL import Image

from imggen.errors import ImageError
from imggen.imaging.close_up import close_up_pair, most_changed
from imggen.imaging.decode import open_image
from imggen.imaging.limits import Part, worked_on
from imggen.models import SCALE
from imggen.store.model_info import ModelInfo
from imggen.ui import photo_job, photo_tab
from imggen.ui import showcase_pictures as showcase
from imggen.ui.photo_tab import PhotoTab, Surroundings, Values
from imggen.ui.shared import large_photo
from imggen.ui.shared.jobs import Changes
from imggen.ui.shared.large_photo import PART
from imggen.ui.shared.parts import json_input, shown_errors, unchecked
from imggen.ui.shared.upscalers import DRAWING, PHOTO, TASK, by_source, default_clean_up, has_slider, offered, work

#: Side of the close-up in pixels of the photo; it is shown pixel for pixel.
CLOSE_UP = 512 // SCALE
DEFAULT_DETAIL = 0.5


def build(surroundings: Surroundings) -> PhotoTab:
    """Add the tab's components and events to the current Blocks."""
    engine, max_pixels, _ = surroundings
    tab = photo_tab.lay_out(surroundings, TASK, "sr", "Upscale 4x", offered, example=str(showcase.PART))
    first = engine.catalog.get(tab.model.value) if isinstance(tab.model.value, str) else None
    with tab.left:
        source = unchecked(
            gr.Radio(
                [("Photo", PHOTO), ("Drawing or render", DRAWING)],
                value=PHOTO if default_clean_up(first) else DRAWING,
                label="Source",
                info="Photos are stored as JPEGs and get cleaned up. Drawings and renders are taken as clean.",
                visible=by_source(engine) is not None,
                elem_id="sr-source",
            )
        )
        clean_up = unchecked(
            gr.Slider(
                0,
                1,
                default_clean_up(first),
                step=0.05,
                label="Clean-up",
                info="1 takes the marks of compression and noise away, 0 keeps them, and the finest texture with them.",
                visible=first is not None and has_slider(engine, first.id, "clean_up"),
                elem_id="sr-clean-up",
            )
        )
        detail = unchecked(
            gr.Slider(
                0,
                1,
                DEFAULT_DETAIL,
                step=0.05,
                label="Detail",
                info="0 is faithful: only what the pixels support. 1 is detailed: sharper, with invented texture.",
                visible=first is not None and has_slider(engine, first.id, "detail"),
                elem_id="sr-detail",
            )
        )
        large = large_photo.build(tab.photo, max_pixels, "sr")
    with tab.right:
        close_up = gr.ImageSlider(
            label="Close-up where most has changed: bicubic | result. Click on the photo to move it",
            format="png",
            type="filepath",
            interactive=False,
            buttons=["fullscreen"],
            visible=False,
            elem_id="sr-close-up",
        )

    def arguments(info: ModelInfo, values: Values) -> Values:
        crop = values["part"] if values["large"] == PART else None
        return {"detail": values["detail"], "clean_up": values["clean_up"], "crop": crop}

    def source_of_model(info: ModelInfo) -> Changes:
        sources = {model.id: name for name, model in (by_source(engine) or {}).items()}
        return {source: sources[info.id]} if info.id in sources else {}

    def adapt(info: ModelInfo, values: Values) -> Changes:
        return {
            **source_of_model(info),
            clean_up: gr.Slider(value=default_clean_up(info), visible=has_slider(engine, info.id, "clean_up")),
            detail: gr.Slider(visible=has_slider(engine, info.id, "detail")),
        }

    def restore(info: ModelInfo, parameters: Values) -> Changes:
        changes = source_of_model(info)
        for name, slider in (("detail", detail), ("clean_up", clean_up)):
            value = parameters.get(name)
            kept: Values = {} if value is None else {"value": value}
            changes[slider] = gr.update(visible=has_slider(engine, info.id, name), **kept)
        part = parameters.get("crop")
        return {**changes, large.choice: PART, large.part: part} if part else changes

    def show(photo: Image.Image, result: Image.Image) -> Changes:
        used = worked_on(photo, result)
        pair = close_up_pair(used, result, *most_changed(used, result, CLOSE_UP), CLOSE_UP)
        return {close_up: gr.ImageSlider(pair, visible=True)}

    def move_close_up(photo: Image.Image | None, path: str | None, part: Part | None, event: gr.SelectData) -> Any:
        if photo is None or not path or part:  # with a part, a click chooses another
            return gr.skip()
        with shown_errors():
            result = open_image(path, max_pixels * SCALE**2)
            used = worked_on(photo, result)
            if result.size != (used.width * SCALE, used.height * SCALE):
                raise ImageError("The result belongs to another photo. Upscale again.")
            x, y = (int(place) for place in event.index)
            x, y = x * used.width // photo.width, y * used.height // photo.height
            return close_up_pair(used, result, x, y, CLOSE_UP)

    def choose_source(chosen: Any) -> Any:
        models = by_source(engine)
        return models[chosen].id if models and chosen in models else gr.skip()

    job = photo_job.Job(
        settings={
            "source": source,
            "clean_up": clean_up,
            "detail": detail,
            "large": large.choice,
            "part": large.part,
        },
        work=work,
        suffix=lambda _: f"{SCALE}x",
        restore=restore,
        adapt=adapt,
        arguments=arguments,
        repeated=lambda made: {"detail": made.get("detail") or 0, "crop": None, "clean_up": made.get("clean_up")},
        show=show,
        shown=[close_up],
    )

    def upscale(
        image: Image.Image | None, model: Any, detail: Any, crop: Any = None, clean_up: Any = None
    ) -> Iterator[str]:
        """Upscale a photo to four times its width and height. A photo that is too large is shrunk first.

        Args:
            image: the photo.
            model: id of the model, see models.
            detail: 0 is faithful, 1 invents texture.
            crop: left, top, width and height in pixels of the part to upscale, as a list; all of it without.
            clean_up: 1 takes the marks of compression away, 0 keeps them; without it as the model is made.
        Returns:
            The large photo as a PNG.
        """
        yield from photo_job.answer(tab, job, image, model, {"detail": detail, "crop": crop, "clean_up": clean_up})

    crop = json_input("crop", {"type": "array", "items": {"type": "integer"}})
    as_the_model_is_made = gr.Number(visible=False, label="Clean-up")
    tab.photo.select(
        move_close_up, [tab.photo, tab.download, large.part], close_up, api_visibility="private", show_progress="hidden"
    )
    source.input(choose_source, source, tab.model, api_visibility="private", show_progress="hidden")
    return photo_job.connect(tab, job, upscale, [tab.photo, tab.model, detail, crop, as_the_model_is_made])
