"""The style-transfer tab."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr
from PIL import Image

from imggen.engine.engine import Engine, Progress
from imggen.errors import InputError
from imggen.imaging.decode import recipe_of
from imggen.imaging.recipe import RECIPE_KEY
from imggen.pipelines import Pipeline, Report
from imggen.pipelines.style.optimisation import STEPS, StyleOptimisation
from imggen.pipelines.style.style_transfer import StyleTransfer
from imggen.pipelines.style.styles import Mix
from imggen.ui.shared import styles
from imggen.ui.shared.parts import (
    JOBS,
    Sender,
    about,
    build_footer,
    model_label,
    photo_input,
    png_file,
    progress_line,
    shown_errors,
    unchecked,
)
from imggen.ui.shared.photo_result import build_result, connect, only_status, result_values

TASK = "style_transfer"
#: Slots for styles beside the first that can be mixed in.
MORE = 2
FILE_NAME = "stylised.png"


def build(engine: Engine, max_pixels: int, examples: list[str]) -> Sender:
    """Add the tab's components and events to the current Blocks.

    Args:
        engine: runs the models.
        max_pixels: largest picture accepted.
        examples: paths of example photos.

    Returns:
        What sends a result to the super-resolution tab.
    """
    models = engine.catalog.models(TASK)
    info = models[0]
    known = [name for _, name in styles.choices(info)]
    thumbnails = styles.thumbnails(info)
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            photo = photo_input(max_pixels, label="Photo", elem_id="style-photo", height=260)
            gr.Examples(examples, photo, label="Try one of these", cache_examples=False)
            labelled = [(model_label(item), item.id) for item in models]
            model = unchecked(gr.Dropdown(labelled, value=info.id, label="Model", elem_id="style-model"))
            gallery = gr.Gallery(
                [(image, text) for _, image, text in thumbnails],
                label="Styles: click one",
                columns=3,
                height="max-content",
                object_fit="cover",
                allow_preview=False,
                buttons=[],
                interactive=False,
                visible=bool(thumbnails),
                elem_id="style-gallery",
            )
            first = styles.slot(info, max_pixels, "style-first", "Style", next(iter(known), None))
            strength = unchecked(gr.Slider(0, 1, 1, step=0.05, label="Strength", elem_id="style-strength"))
            keep_colors = gr.Checkbox(False, label="Keep the photo's colours", elem_id="style-keep-colors")
            scale = unchecked(
                gr.Slider(0.5, 4, 1, step=0.25, label="Stroke size", info="Finer or bolder.", elem_id="style-scale")
            )
            steps = unchecked(
                gr.Slider(
                    10,
                    500,
                    STEPS,
                    step=10,
                    label="Steps",
                    info="Stop at any time: the last picture stays.",
                    visible=_optimises(info.architecture),
                    elem_id="style-steps",
                )
            )
            with gr.Accordion("Mix in more styles", open=False, elem_id="style-mix"):
                weights = [_weight("Weight of the style above", "style-first-weight")]
                more = []
                for number in range(2, 2 + MORE):
                    more.append(styles.slot(info, max_pixels, f"style-{number}", f"Style {number}"))
                    weights.append(_weight(f"Weight of style {number}", f"style-{number}-weight"))
            with gr.Accordion("Only where you paint", open=False, elem_id="style-where"):
                gr.Markdown(
                    "Paint over the photo. The style goes there, or a second style does, and the first elsewhere."
                )
                mask = styles.mask_input(max_pixels, show_label=False, height=380, elem_id="style-mask")
                inside = styles.slot(info, max_pixels, "style-inside", "Second style")
        buttons, column = build_result("style", "Stylise", "Choose a photo and a style, then press **Stylise**.")
    card, saved = build_footer("style", info, ".png")
    style_name = gr.Textbox(next(iter(known), ""), visible=False, label="style_name")
    api_result = gr.Image(type="filepath", format="png", visible=False, label="result")
    slots = [first, *more, inside]
    names, pictures = [slot.name for slot in slots], [slot.picture for slot in slots]
    numbers = [strength, keep_colors, scale, steps]

    def stylise_in_tab(content: Image.Image | None, model_id: Any, area: Image.Image | None, *values: Any) -> Any:
        held, amounts = values[: 2 * len(slots)], values[2 * len(slots) : 2 * len(slots) + len(weights)]
        *mixed, second = zip(held[: len(slots)], held[len(slots) :], strict=True)
        mix = styles.mixture([(*style, amount) for style, amount in zip(mixed, amounts, strict=True)])
        controls = dict(zip(("strength", "keep_colors", "scale", "steps"), values[-len(numbers) :], strict=True))
        began = time.monotonic()
        with shown_errors():
            if content is None:
                raise InputError("Choose a photo first.")
            for progress in stylise_steps(
                engine, content, model_id, mix, **controls, mask=area, inside=styles.chosen(*second)
            ):
                shown = progress.result or progress.preview
                line = progress_line(progress)
                if shown is None:
                    yield only_status(line)
                    continue
                if progress.result is not None:
                    line = f"{shown.width} x {shown.height} pixels in {time.monotonic() - began:.1f} s."
                    line += _ended_early(shown, controls["steps"])
                yield result_values(column, line, content, shown, FILE_NAME)

    def stylise_for_api(
        content: Image.Image | None,
        style: Image.Image | None = None,
        strength: Any = 1.0,
        keep_colors: Any = False,
        model: Any = None,
        style_name: Any = "",
    ) -> Iterator[str]:
        """Paint a photo in the style of a picture, or without one in the style that ``style_name`` names."""
        with shown_errors():
            if content is None:
                raise InputError("Choose a photo first.")
            mix = styles.chosen(style_name, style)
            for progress in stylise_steps(engine, content, model, mix, strength=strength, keep_colors=keep_colors):
                if progress.result is not None:
                    yield png_file(api_result, progress.result, FILE_NAME)

    def choose_thumbnail(model_id: str, event: gr.SelectData) -> list[Any]:
        found = styles.thumbnails(engine.catalog.get(model_id))
        return [found[event.index][0] if event.index < len(found) else gr.skip(), None]

    def model_changed(model_id: str, restored_id: str | None, *chosen: Any) -> list[Any]:
        if model_id == restored_id:
            return [None, *[gr.skip()] * len(for_model_outputs)]
        with shown_errors():
            return [None, *_for_model(model_id, list(chosen))]

    def _for_model(model_id: str, chosen: list[Any], **steps: Any) -> list[Any]:
        info = engine.catalog.get(model_id)
        images = [(image, text) for _, image, text in styles.thumbnails(info)]
        return [
            *styles.slot_updates(info, chosen),
            gr.Gallery(value=images, visible=bool(images)),
            gr.Slider(visible=_optimises(info.architecture), **steps),
            about(info),
        ]

    def restore(path: str) -> list[Any]:
        with shown_errors():
            made = recipe_of(path)
            settings = restored(engine, made) if made else None
            if settings is None:
                raise InputError("This file carries no recipe for this tab. Use a PNG that was downloaded here.")
            model_id, chosen, amounts, values, complete = settings
            line = "Settings restored." if complete else "Settings restored. Add your own pictures and mask again."
            *values, steps = values
            for_model = _for_model(model_id, chosen, **({} if steps is None else {"value": steps}))
        numbers = [gr.skip() if value is None else value for value in values]
        return [model_id, model_id, *amounts, *numbers, line, *for_model]

    inputs = [photo, model, mask, *names, *pictures, *weights, *numbers]
    connect(buttons, stylise_in_tab, inputs, column)
    gr.Button(visible=False).click(
        stylise_for_api,
        [photo, first.picture, strength, keep_colors, model, style_name],
        api_result,
        api_name="stylize",
        **JOBS,
    )
    for_model_outputs = [*names, *pictures, gallery, steps, card]
    gallery.select(
        choose_thumbnail, model, [first.name, first.picture], api_visibility="private", show_progress="hidden"
    )
    # Restoring changes the model too, and sets what depends on it. The change must not set that again, with the styles
    # that were chosen before.
    model_restored = gr.State(None)
    model.change(
        model_changed,
        [model, model_restored, *names],
        [model_restored, *for_model_outputs],
        api_visibility="private",
        show_progress="hidden",
    )
    settings = [model_restored, model, *weights, *numbers[:3], column.status, *for_model_outputs]
    saved.upload(restore, saved, settings, api_visibility="private", show_progress="hidden")
    # In the queue, because what is wrong with a photo is only shown by events that are.
    photo.change(styles.canvas, photo, mask, api_visibility="private", show_progress="hidden")
    return column.sender


def stylise_steps(
    engine: Engine, content: Image.Image, model_id: Any, style: Mix | None, *, steps: Any = STEPS, **controls: Any
) -> Iterator[Progress[Image.Image]]:
    """Stylise and yield progress, the last with the result. Raises :class:`ImggenError` with a sentence."""
    if not isinstance(model_id, str):
        raise InputError("Choose a model first.")
    if style is None:
        raise InputError("Choose a style first: click one, or upload a picture of yours.")
    mix = style

    def work(pipeline: Pipeline, report: Report) -> Image.Image:
        if isinstance(pipeline, StyleOptimisation):
            return pipeline.stylize(content, mix, **controls, steps=steps, report=report)
        if isinstance(pipeline, StyleTransfer):
            return pipeline.stylize(content, mix, **controls, report=report)
        raise InputError(f"{model_id!r} is no model for style transfer. Choose another.")

    yield from engine.stream(model_id, work)


def restored(engine: Engine, made: dict[str, Any]) -> tuple[str, list[str | None], list[float], list[Any], bool] | None:
    """Settings of a result's recipe, if this app can make it again.

    Returns:
        Model id; names in the slots, the one for the painted area last; weights; strength, colours, scale and steps;
        and whether nothing but the photo has to be added.
    """
    parameters, model_id = made.get("parameters"), made.get("model")
    if made["task"] != TASK or not isinstance(parameters, dict):
        return None
    if model_id not in [info.id for info in engine.catalog.models(TASK)]:
        return None
    mix, inside = _entries(parameters.get("styles")), _entries(parameters.get("inside"))
    mix = [*mix, *[(None, 1.0)] * (1 + MORE)][: 1 + MORE]
    names = [name for name, _ in mix] + [inside[0][0] if inside else None]
    kinds = {"strength": int | float, "keep_colors": bool, "scale": int | float, "steps": int}
    values = [value if isinstance(value := parameters.get(key), kind) else None for key, kind in kinds.items()]
    complete = "mask" not in parameters and "source" not in str(parameters.get("styles"))
    return str(model_id), names, [weight for _, weight in mix], values, complete


def _entries(found: Any) -> list[tuple[str | None, float]]:
    """Name, None for a picture, and weight of each style of a recipe."""
    entries = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    return [
        (
            style if isinstance(style := item.get("style"), str) else None,
            weight if isinstance(weight := item.get("weight"), int | float) else 1.0,
        )
        for item in entries
    ]


def _optimises(architecture: str) -> bool:
    return architecture == "vgg16"


def _ended_early(result: Image.Image, steps: Any) -> str:
    """Tell when time was up before the steps were done."""
    done = result.info[RECIPE_KEY]["parameters"].get("steps", steps)
    return f" The time was up after {done} of {steps} steps." if done < steps else ""


def _weight(label: str, elem_id: str) -> gr.Slider:
    return unchecked(gr.Slider(0, 1, 1, step=0.05, label=label, elem_id=elem_id))
