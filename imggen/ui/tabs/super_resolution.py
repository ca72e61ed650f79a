"""The 4x super-resolution tab."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from imggen.engine.engine import Engine, Progress
from imggen.errors import ImageError, InputError
from imggen.imaging.decode import open_image, recipe_of
from imggen.imaging.recipe import read_recipe
from imggen.pipelines import Pipeline, Report
from imggen.pipelines.super_resolution import SCALE, SuperResolution
from imggen.store.catalogue import ModelInfo
from imggen.ui.shared.parts import (
    JOBS,
    Sender,
    about,
    before_and_after,
    build_footer,
    let_stop,
    model_label,
    photo_input,
    png_file,
    progress_line,
    shown_errors,
    unchecked,
)
from imggen.ui.shared.photo_result import build_buttons

TASK = "super_resolution"
#: Side of the close-up, shown pixel for pixel.
CLOSE_UP = 512
DEFAULT_DETAIL = 0.5
WELCOME = "Choose a photo, then press **Upscale 4x**."


def build(engine: Engine, max_pixels: int, examples: list[str]) -> gr.Image:
    """Add the tab's components and events to the current Blocks.

    Args:
        engine: runs the models.
        max_pixels: largest picture accepted.
        examples: paths of example photos.

    Returns:
        The photo input, for :func:`take_from`.
    """
    models = offered(engine)
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            photo = photo_input(max_pixels, label="Photo", elem_id="sr-photo", height=320)
            gr.Examples(examples, photo, label="Try one of these", cache_examples=False)
            with gr.Accordion("Recipe this picture carries", open=False, visible=False) as recipe_box:
                recipe = gr.JSON(show_label=False, elem_id="sr-recipe")
            model = gr.Dropdown(
                [(model_label(info), info.id) for info in models],
                value=models[0].id if models else None,
                label="Model",
                elem_id="sr-model",
            )
            detail = unchecked(
                gr.Slider(
                    0,
                    1,
                    DEFAULT_DETAIL,
                    step=0.05,
                    label="Detail",
                    info="0 is faithful: only what the pixels support. 1 is detailed: sharper, with invented texture.",
                    visible=bool(models) and has_detail(engine, models[0].id),
                    elem_id="sr-detail",
                )
            )
        with gr.Column(scale=3, min_width=320):
            start, stop = build_buttons("sr", "Upscale 4x")
            status = gr.Markdown(WELCOME, elem_id="sr-status")
            whole = gr.ImageSlider(
                label="Before | after", format="png", type="filepath", interactive=False, elem_id="sr-whole"
            )
            close_up = gr.ImageSlider(
                label="Close-up",
                format="png",
                type="filepath",
                interactive=False,
                elem_id="sr-close-up",
            )
            download = gr.DownloadButton("Download the full PNG", interactive=False, elem_id="sr-download")
    card, saved = build_footer("sr", models[0] if models else None, ".png")
    result_path = gr.State("")
    api_result = gr.Image(type="filepath", format="png", visible=False, label="result")

    def upscale_in_tab(image: Image.Image | None, model_id: str, amount: float) -> Iterator[list[Any]]:
        began = time.monotonic()
        nothing_yet = [gr.skip()] * 4
        with shown_errors():
            for progress in upscale_steps(engine, image, model_id, amount):
                if progress.result is None:
                    yield [progress_line(progress), *nothing_yet]
                    continue
                assert image is not None
                large = progress.result
                seconds = time.monotonic() - began
                yield ["Saving the result", *nothing_yet]
                path = png_file(download, large, "upscaled_4x.png")
                sizes = f"{image.width} x {image.height} to **{large.width} x {large.height}**"
                done = f"{sizes} in {seconds:.1f} s. Click on the photo to move the close-up."
                yield [
                    done,
                    before_and_after(image, large),
                    close_up_pair(image, large, image.width // 2, image.height // 2),
                    gr.DownloadButton(value=path, interactive=True),
                    path,
                ]

    def upscale_for_api(image: Image.Image | None, model: str, detail: float) -> Iterator[str]:
        with shown_errors():
            for progress in upscale_steps(engine, image, model, detail):
                if progress.result is not None:
                    yield png_file(api_result, progress.result, "upscaled_4x.png")

    def move_close_up(image: Image.Image | None, path: str, event: gr.SelectData) -> Any:
        if image is None or not path or not Path(path).is_file():
            return gr.skip()
        x, y = event.index
        with shown_errors():
            large = open_image(path, max_pixels * SCALE**2)
            if large.size != (image.width * SCALE, image.height * SCALE):
                return gr.skip()
            return close_up_pair(image, large, x, y)

    def restore(path: str) -> list[Any]:
        with shown_errors():
            made = recipe_of(path)  # results are larger than photos may be: only their header is read
            if made is None:
                raise InputError("This file carries no recipe. Use a PNG that was downloaded here.")
        return show_recipe(made)

    def show_recipe(made: dict[str, Any] | None) -> list[Any]:
        box = [gr.Accordion(visible=made is not None), made]
        settings = restored(engine, made) if made else None
        if settings is None:
            return [*box, gr.skip(), gr.skip()]
        return [*box, settings[0], gr.skip() if settings[1] is None else settings[1]]

    def model_changed(model_id: str) -> list[Any]:
        return [gr.Slider(visible=has_detail(engine, model_id)), about(engine.catalog.get(model_id))]

    def photo_changed(image: Image.Image | None) -> list[Any]:
        return show_recipe(read_recipe(image) if image is not None else None)

    def forget_result() -> list[Any]:
        return [WELCOME, None, None, gr.DownloadButton(value=None, interactive=False), ""]

    inputs = [photo, model, detail]
    outputs = [status, whole, close_up, download, result_path]
    running = start.click(
        upscale_in_tab,
        inputs,
        outputs,
        **JOBS,
        api_visibility="private",
        show_progress="minimal",
        show_progress_on=[whole],
    )
    let_stop(stop, [running], status)
    gr.Button(visible=False).click(upscale_for_api, inputs, api_result, api_name="upscale", **JOBS)
    photo.select(move_close_up, [photo, result_path], close_up, api_visibility="private", show_progress="hidden")
    settings = [recipe_box, recipe, model, detail]
    saved.upload(restore, saved, settings, api_visibility="private", show_progress="hidden")
    # However the photo came, another tab may have sent it: whatever shows belongs to the one before, and goes at once.
    photo.change(
        forget_result, None, outputs, cancels=[running], api_visibility="private", show_progress="hidden", queue=False
    )
    # In the queue, because what is wrong with a photo is only shown by events that are.
    photo.change(photo_changed, photo, settings, api_visibility="private", show_progress="hidden")
    model.change(model_changed, model, [detail, card], api_visibility="private", show_progress="hidden")
    return photo


def take_from(sender: Sender, tabs: gr.Tabs, photo: gr.Image) -> None:
    """Let another tab's button put its result, whose recipe stays in the file, into this tab, and open it."""
    sender.button.click(
        lambda path: [gr.Tabs(selected="super-resolution"), path],
        sender.path,
        [tabs, photo],
        api_visibility="private",
        show_progress="hidden",
    )


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


def upscale_steps(
    engine: Engine, image: Image.Image | None, model_id: str, detail: float
) -> Iterator[Progress[Image.Image]]:
    """Upscale and yield progress, the last with the result. Raises :class:`ImggenError` with a sentence."""
    if image is None:
        raise InputError("Choose a photo first.")
    if not isinstance(model_id, str):
        raise InputError("Choose a model first.")
    small = image

    def work(pipeline: Pipeline, report: Report) -> Image.Image:
        if not isinstance(pipeline, SuperResolution):
            raise InputError(f"{model_id!r} is no super-resolution model. Choose another.")
        return pipeline.upscale(small, detail, report)

    yield from engine.stream(model_id, work)


def restored(engine: Engine, made: dict[str, Any]) -> tuple[str, float | None] | None:
    """Model id and detail of a result's recipe, if this app can make it again."""
    parameters = made.get("parameters")
    if made["task"] != TASK or not isinstance(parameters, dict):
        return None
    model_id, detail = made.get("model"), parameters.get("detail")
    if model_id not in [info.id for info in offered(engine)]:
        return None
    return str(model_id), detail if isinstance(detail, int | float) and 0 <= detail <= 1 else None


def close_up_pair(small: Image.Image, large: Image.Image, x: int, y: int) -> tuple[Image.Image, Image.Image]:
    """A square of the result around a point of the photo, and the same square of the photo, enlarged plainly."""
    width, height = min(CLOSE_UP // SCALE, small.width), min(CLOSE_UP // SCALE, small.height)
    left = min(max(0, int(x) - width // 2), small.width - width)
    top = min(max(0, int(y) - height // 2), small.height - height)
    before = small.crop((left, top, left + width, top + height))
    after = large.crop((left * SCALE, top * SCALE, (left + width) * SCALE, (top + height) * SCALE))
    if large.size != (small.width * SCALE, small.height * SCALE):
        raise ImageError("The result belongs to another photo. Upscale again.")
    return before.resize(after.size, Image.Resampling.BICUBIC), after
