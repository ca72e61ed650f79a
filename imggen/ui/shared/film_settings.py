"""The settings of a film: how long it is, and how it goes from one keyframe to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from imggen.imaging.animation import RATE
from imggen.ranges import MAX_CLASSES, MAX_FRAMES, MIN_KEYFRAMES, PACINGS, SPACES
from imggen.store.abilities import has_styles
from imggen.store.model_info import ModelInfo
from imggen.ui import showcase_pictures as showcase
from imggen.ui.shared.parts import unchecked

TRUNCATION = 1.0


@dataclass(frozen=True)
class Settings:
    """The components; :meth:`by_name` gives them by their names in a recipe."""

    frames: gr.Slider
    truncation: gr.Slider
    pacing: gr.Radio
    space: gr.Radio
    loop: gr.Checkbox
    all_classes: gr.Checkbox

    def by_name(self) -> dict[str, Component]:
        return dict(vars(self))


def build(first: ModelInfo) -> Settings:
    """Add the components; ``first`` is the model chosen first."""
    frames = unchecked(
        gr.Slider(
            MIN_KEYFRAMES, MAX_FRAMES, showcase.FRAMES, step=1, label="Frames", info=f"{RATE} make a second.",
            elem_id="interpolation-frames",
        )
    )  # fmt: skip
    with gr.Accordion("More", open=False, elem_id="interpolation-more"):
        truncation = unchecked(
            gr.Slider(
                0, 1, TRUNCATION, step=0.05, label="Variety", info="Lower is more typical (truncation).",
                elem_id="interpolation-truncation",
            )
        )  # fmt: skip
        pacing = unchecked(
            gr.Radio(
                [("Rest at each keyframe", PACINGS[0]), ("Equally fast all the way", PACINGS[1])],
                value=PACINGS[0],
                label="Pace",
                elem_id="interpolation-pacing",
            )
        )
        space = unchecked(
            gr.Radio(
                [
                    ("Through random pictures (Z, along a sphere)", SPACES[0]),
                    ("From style to style (W, straight)", SPACES[1]),
                ],
                value=SPACES[0],
                label="Way",
                visible=has_styles(first),
                elem_id="interpolation-space",
            )
        )
        loop = gr.Checkbox(False, label="Return to the first keyframe", elem_id="interpolation-loop")
        together = gr.Checkbox(
            False,
            label="All classes at once",
            info="Each frame is a sheet of them: a typeface turns into another.",
            visible=_can_show_all(first),
            elem_id="interpolation-all-classes",
        )
    return Settings(frames, truncation, pacing, space, loop, together)


def for_model(info: ModelInfo, space: Any) -> tuple[gr.Radio, gr.Checkbox]:
    """What ``space`` and ``all_classes`` become when a model is chosen, ``space`` being the value so far."""
    styled, many = has_styles(info), _can_show_all(info)
    return (
        gr.Radio(value=space if styled else SPACES[0], visible=styled),
        gr.Checkbox(visible=True) if many else gr.Checkbox(value=False, visible=False),
    )


def _can_show_all(info: ModelInfo) -> bool:
    return 2 <= len(info.class_names) <= MAX_CLASSES
