"""The part of the interpolation tab that moves one picture along the directions of its model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import gradio as gr
from PIL import Image

from imggen.engine.engine import Engine
from imggen.engine.jobs import Kind
from imggen.errors import InputError
from imggen.pipelines import Pipeline, Report
from imggen.pipelines.generators.directions import moved
from imggen.pipelines.generators.latent_space import Point
from imggen.ranges import FURTHEST
from imggen.ui.shared.keyframes import Places, appended, parse
from imggen.ui.shared.latent_panel import Panel, latent_space
from imggen.ui.shared.parts import JOBS, png_file, shown_errors, unchecked
from imggen.ui.words import say

SLIDERS = 6
_MAX_NAME = 40


class Moving(NamedTuple):
    """Where a picture starts from, and how far it goes along each direction."""

    base: gr.Textbox
    amounts: list[gr.Slider]


def build(panel: Panel) -> Moving:
    """Add the components and events."""
    # The secret only has to stay the same: what it hides from the visitor is the visitor's own.
    saved = gr.BrowserState({}, storage_key="imggen-directions", secret="imggen")
    with (
        gr.Accordion("Semantic directions", open=False, elem_id="interpolation-directions"),
        gr.Row(),
    ):
        with gr.Column(scale=3, min_width=320):
            base = gr.Textbox(
                "3",
                label="Start from",
                info="One keyframe: a seed, or a name such as photo 1",
                max_length=200,
                elem_id="directions-base",
            )
            gr.Markdown(
                "Move a slider to see what its direction changes, in standard deviations, and give it a name: names "
                "stay in this browser, for each model."
            )
            names, sliders = [], []
            for number in range(SLIDERS):
                with gr.Row(equal_height=True):
                    names.append(
                        gr.Textbox(
                            _unnamed(number),
                            label=f"Name of direction {number + 1}",
                            show_label=False,
                            container=False,
                            max_length=_MAX_NAME,
                            scale=1,
                            min_width=120,
                            elem_id=f"directions-name-{number + 1}",
                        )
                    )
                    sliders.append(
                        unchecked(
                            gr.Slider(
                                -FURTHEST,
                                FURTHEST,
                                0,
                                step=0.1,
                                label=f"Direction {number + 1}",
                                show_label=False,
                                container=False,
                                scale=3,
                                min_width=180,
                                elem_id=f"directions-amount-{number + 1}",
                            )
                        )
                    )
        with gr.Column(scale=2, min_width=280):
            picture = gr.Image(
                label="Picture", type="filepath", format="png", height=320, interactive=False,
                buttons=["download", "fullscreen"], elem_id="directions-picture",
            )  # fmt: skip
            with gr.Row():
                reset = gr.Button("All to 0", size="sm", elem_id="directions-reset")
                add = gr.Button("Add it to the keyframes", size="sm", elem_id="directions-add")

    def show(model_id: str, text: str, chosen: Any, known: Places, share: Any, *amounts: Any) -> str:
        with shown_errors():
            _, image = move(panel.engine, model_id, text, chosen, known, share, amounts)
            return png_file(picture, image, "directions.png")

    def add_to_keyframes(
        keyframes: str, model_id: str, text: str, chosen: Any, known: Places, share: Any, *amounts: Any
    ) -> list[Any]:
        with shown_errors():
            point, image = move(panel.engine, model_id, text, chosen, known, share, amounts)
            known, name = known.add(model_id, "edit", point)
        return [
            appended(keyframes, name),
            known,
            png_file(picture, image, "directions.png"),
            say(f"Added as **{name}**."),
        ]

    def names_of(model_id: str, kept: Any) -> list[str]:
        values = kept.get(model_id) if isinstance(kept, dict) else None
        values = values if isinstance(values, list) else []
        return [_name(values[number] if number < len(values) else "", number) for number in range(SLIDERS)]

    def keep(model_id: str, kept: Any, *values: Any) -> Any:
        given = [_name(value, number) for number, value in enumerate(values)]
        return {**(kept if isinstance(kept, dict) else {}), model_id: given}

    start = [panel.model, base, panel.class_name, panel.places, panel.truncation, *sliders]
    gr.on(
        [*(slider.input for slider in sliders), base.submit],
        show,
        start,
        picture,
        **JOBS,
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="always_last",
    )
    reset.click(lambda: [0] * SLIDERS, None, sliders, api_visibility="private", queue=False).then(
        show, start, picture, **JOBS, api_visibility="private"
    )
    add.click(
        add_to_keyframes,
        [panel.text, *start],
        [panel.text, panel.places, picture, panel.status],
        **JOBS,
        api_visibility="private",
        show_progress_on=[picture],
    )
    gr.on(
        [name.blur for name in names] + [name.submit for name in names],
        keep,
        [panel.model, saved, *names],
        saved,
        api_visibility="private",
        show_progress="hidden",
    )
    # No trigger given: when the page is loaded, and when the model or the saved names change.
    gr.on(None, names_of, [panel.model, saved], names, api_visibility="private", show_progress="hidden")
    return Moving(base, sliders)


def move(
    engine: Engine, model_id: Any, text: Any, class_name: Any, places: Places, truncation: Any, amounts: Sequence[Any]
) -> tuple[Point, Image.Image]:
    """Move the picture of one keyframe along the model's directions. Raises :class:`ImggenError` with a sentence."""
    if not isinstance(model_id, str):
        raise InputError("Choose a model first.")
    keyframes = parse(text, engine.catalog.get(model_id).class_names, class_name, places.of(model_id))
    if len(keyframes) != 1:
        raise InputError("Start from one keyframe: a seed, or a name such as photo 1.")

    def work(pipeline: Pipeline, report: Report) -> tuple[Point, Image.Image]:
        return moved(latent_space(pipeline), keyframes[0], amounts, truncation)

    return engine.run(model_id, work, Kind("directions"))


def _unnamed(number: int) -> str:
    return say(f"Direction {number + 1}")


def _name(value: Any, number: int) -> str:
    text = value.strip()[:_MAX_NAME] if isinstance(value, str) else ""
    return text or _unnamed(number)
