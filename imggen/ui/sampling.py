"""The random-sampling and the conditional tab: pictures from seeds, and from seeds and classes."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

import gradio as gr
from PIL import Image

from imggen.engine import Engine, Progress
from imggen.errors import InputError
from imggen.images import read_recipe
from imggen.latents import MAX_SEED
from imggen.pipelines import Pipeline, Report
from imggen.pipelines.conditional import Conditional
from imggen.pipelines.sampling import Sampling
from imggen.ui.parts import about, photo_input, png_file, progress_line, shown_errors, unchecked

MAX_COUNT = 64
DEFAULT_COUNT = 16
DEFAULT_TRUNCATION = 0.8


def build_sampling(engine: Engine, max_pixels: int) -> None:
    """Add the random-sampling tab's components and events to the current Blocks."""
    _build(engine, max_pixels, "sampling", "sample")


def build_conditional(engine: Engine, max_pixels: int) -> None:
    """Add the conditional tab's components and events to the current Blocks."""
    _build(engine, max_pixels, "conditional", "sample_class")


def _build(engine: Engine, max_pixels: int, task: str, api_name: str) -> None:
    models = engine.catalog.models(task)
    conditional = task == "conditional"
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            model = gr.Dropdown(
                [(info.title, info.id) for info in models], value=models[0].id, label="Model", elem_id=f"{task}-model"
            )
            class_name = unchecked(
                gr.Dropdown(
                    list(models[0].class_names),
                    value=next(iter(models[0].class_names), None),
                    label="Class",
                    visible=conditional,
                    elem_id=f"{task}-class",
                )
            )
            with gr.Row():
                seed = unchecked(gr.Number(0, label="Seed", precision=0, elem_id=f"{task}-seed"))
                dice = gr.Button("🎲 Another seed", elem_id=f"{task}-dice")
            count = unchecked(gr.Slider(1, MAX_COUNT, DEFAULT_COUNT, step=1, label="Pictures", elem_id=f"{task}-count"))
            truncation = unchecked(
                gr.Slider(
                    0,
                    1,
                    DEFAULT_TRUNCATION,
                    step=0.05,
                    label="Truncation",
                    info="1 is all the variety the model has; lower is more typical, and usually cleaner.",
                    elem_id=f"{task}-truncation",
                )
            )
            with gr.Row():
                start = gr.Button("Generate", variant="primary", elem_id=f"{task}-start")
                stop = gr.Button("Stop", variant="stop", elem_id=f"{task}-stop")
            with gr.Accordion("About this model", open=False):
                card = gr.Markdown(about(models[0]))
            with gr.Accordion("Restore the settings of a saved picture", open=False):
                saved = photo_input(max_pixels, label="PNG made here", elem_id=f"{task}-saved", height=160)
        with gr.Column(scale=3, min_width=320):
            status = gr.Markdown("Press **Generate**.", elem_id=f"{task}-status")
            gallery = gr.Gallery(
                label="Pictures; click one to keep its seed",
                format="png",
                columns=4,
                object_fit="contain",
                height="auto",
                elem_id=f"{task}-gallery",
            )
    made = gr.State([])
    api_gallery = gr.Gallery(visible=False, format="png", label="result")

    def generate_in_tab(model_id: str, chosen: str | None, first: Any, number: Any, share: Any) -> Iterator[list[Any]]:
        with shown_errors():
            for progress in sample_steps(engine, task, model_id, chosen, first, number, share):
                if progress.result is None:
                    yield [progress_line(progress), gr.skip(), gr.skip()]
                    continue
                seeds = [picture.info["imggen"]["parameters"]["seed"] for picture in progress.result]
                yield [f"Seeds {seeds[0]} to {seeds[-1]}.", _files(gallery, progress.result), seeds]

    def generate_for_api(
        model: str, class_name: str | None, seed: Any, count: Any, truncation: Any
    ) -> Iterator[list[tuple[str, str]]]:
        with shown_errors():
            for progress in sample_steps(engine, task, model, class_name, seed, count, truncation):
                if progress.result is not None:
                    yield _files(api_gallery, progress.result)

    def sample_for_api(model: str, seed: Any, count: Any, truncation: Any) -> Iterator[list[tuple[str, str]]]:
        yield from generate_for_api(model, None, seed, count, truncation)

    def keep_seed(seeds: list[int], event: gr.SelectData) -> Any:
        return seeds[event.index] if event.index < len(seeds) else gr.skip()

    def restore(image: Image.Image | None) -> list[Any]:
        if image is None:
            return [gr.skip()] * 5
        with shown_errors():
            found = read_recipe(image)
            if found is None or found["task"] != task or found.get("model") not in [info.id for info in models]:
                raise InputError("This picture carries no recipe for this tab. Use a PNG that was saved from it.")
        values = found.get("parameters")
        settings = values if isinstance(values, dict) else {}
        chosen = settings.get("classes")
        return [
            found["model"],
            chosen if isinstance(chosen, str) else gr.skip(),
            *(_number_or_skip(settings.get(name)) for name in ("seed", "count", "truncation")),
        ]

    def model_changed(model_id: str, chosen: str | None) -> list[Any]:
        info = engine.catalog.get(model_id)
        names = list(info.class_names)
        return [gr.Dropdown(choices=names, value=chosen if chosen in names else next(iter(names), None)), about(info)]

    settings = [model, class_name, seed, count, truncation]
    running = start.click(
        generate_in_tab,
        settings,
        [status, gallery, made],
        concurrency_id="model",
        concurrency_limit=1,
        api_visibility="private",
        show_progress="minimal",
        show_progress_on=[gallery],
    )
    stop.click(lambda: "Stopped.", None, status, cancels=[running], api_visibility="private", queue=False)
    gr.Button(visible=False).click(
        generate_for_api if conditional else sample_for_api,
        settings if conditional else [model, seed, count, truncation],
        api_gallery,
        api_name=api_name,
        concurrency_id="model",
        concurrency_limit=1,
    )
    dice.click(lambda: random.randint(0, MAX_SEED - MAX_COUNT), None, seed, api_visibility="private")
    gallery.select(keep_seed, made, seed, api_visibility="private", show_progress="hidden")
    saved.upload(restore, saved, settings, api_visibility="private")
    model.change(model_changed, [model, class_name], [class_name, card], api_visibility="private")


def sample_steps(
    engine: Engine, task: str, model_id: str, class_name: str | None, seed: Any, count: Any, truncation: Any
) -> Iterator[Progress[list[Image.Image]]]:
    """Sample and yield progress, the last with the images. Raises :class:`ImggenError` with a sentence."""
    if not isinstance(model_id, str):
        raise InputError("Choose a model first.")
    count = _whole(count, "The number of pictures")
    if not 1 <= count <= MAX_COUNT:
        raise InputError(f"The number of pictures must be a whole number from 1 to {MAX_COUNT}.")
    first = _whole(seed, "The seed")

    def work(pipeline: Pipeline, report: Report) -> list[Image.Image]:
        if task == "conditional" and isinstance(pipeline, Conditional):
            if not isinstance(class_name, str):
                raise InputError("Choose a class first.")
            return pipeline.sample(class_name, count, first, truncation, report)
        if task == "sampling" and isinstance(pipeline, Sampling):
            return pipeline.sample(count, first, truncation, report)
        raise InputError(f"{model_id!r} is no model for this tab. Choose another.")

    yield from engine.stream(model_id, work)


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value % 1:
        raise InputError(f"{name} must be a whole number.")
    return int(value)


def _number_or_skip(value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else gr.skip()


def _files(component: gr.components.Component, images: list[Image.Image]) -> list[tuple[str, str]]:
    captioned = []
    for image in images:
        seed = image.info["imggen"]["parameters"]["seed"]
        captioned.append((png_file(component, image, f"seed_{seed}.png"), f"seed {seed}"))
    return captioned
