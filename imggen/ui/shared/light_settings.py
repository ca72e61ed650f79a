"""The settings of the day and night tab: direction, time of day, sky, lamps, strength and seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component
from PIL import Image

from imggen.imaging.darkness import dark_share
from imggen.imaging.recipe import read_recipe
from imggen.pipelines.day_night.tuning import SKIES
from imggen.ranges import MAX_GLOW
from imggen.store.model_info import ModelInfo
from imggen.ui import showcase_pictures as showcase
from imggen.ui.photo_tab import PhotoTab
from imggen.ui.shared.jobs import Changes
from imggen.ui.shared.parts import QUIET, unchecked
from imggen.ui.shared.translators import DAWN, FULL, MUCH, TO_DAY, TO_NIGHT, choices_of, is_timed

#: What lamps start at: with a slight halo, which a camera sees.
_GLOW = 1.3
#: Begins with dusk on the way to the night, with full light on the way to the day; another time of day stays.
_DUSK_OR_DAY = f"""(direction, time) => [{showcase.DUSK}, {FULL}].includes(time)
  ? (direction === '{TO_DAY}' ? {FULL} : {showcase.DUSK}) : time"""


@dataclass(frozen=True)
class Settings:
    """The components.

    Attributes:
        direction: of the translation.
        time: of day.
        sky: of the night.
        light: these two and the others, by their names in a recipe.
        timed: the columns that only models with a time of day have.
        time_suited: whether the time of day was set to suit direction and photo, and not by the user.
    """

    direction: gr.Radio
    time: gr.Slider
    sky: gr.Radio
    light: dict[str, Component]
    timed: list[gr.Column]
    time_suited: gr.State

    def for_model(self, info: ModelInfo) -> Changes:
        """The columns that suit a model."""
        return {column: gr.Column(visible=is_timed(info)) for column in self.timed}


def build(tab: PhotoTab, first: ModelInfo) -> Settings:
    """Add the components to the tab; ``first`` is the model chosen first."""
    with tab.left:
        direction = unchecked(
            gr.Radio(choices_of(first), value=choices_of(first)[0][1], label="Direction", elem_id="dn-direction")
        )
        with gr.Column(visible=is_timed(first)) as hour:
            time = unchecked(
                gr.Slider(
                    0,
                    1,
                    showcase.DUSK,
                    step=0.05,
                    label="Time of day",
                    info="0 is the photo's own, 0.7 dusk, 1 full night or day; dark nights start at dawn.",
                    elem_id="dn-time",
                )
            )
            sky = unchecked(
                gr.Radio(
                    [(sky.capitalize(), sky) for sky in SKIES],
                    value=next(iter(SKIES)),
                    label="Sky",
                    info="Clear, or lit by the lamps of a town.",
                    visible=choices_of(first)[0][1] == TO_NIGHT,
                    elem_id="dn-sky",
                )
            )
    with tab.more:
        with gr.Column(visible=is_timed(first)) as lamps:
            glow = unchecked(
                gr.Slider(
                    0,
                    MAX_GLOW,
                    _GLOW,
                    step=0.1,
                    label="Lamps",
                    info="0 switches lamps and windows off, 1 is their own light, more lets them glow.",
                    elem_id="dn-glow",
                )
            )
        strength = unchecked(
            gr.Slider(
                0,
                1,
                1,
                step=0.05,
                label="Strength",
                info="How much of the change is mixed into the photo.",
                elem_id="dn-strength",
            )
        )
        seed = unchecked(
            gr.Number(
                0, precision=0, label="Seed", info="Another one lights other windows by night.", elem_id="dn-seed"
            )
        )
    tab.more.visible = True
    light: dict[str, Component] = {"strength": strength, "time": time, "glow": glow, "sky": sky, "seed": seed}
    return Settings(direction, time, sky, light, [hour, lamps], gr.State(True))


def connect(tab: PhotoTab, settings: Settings) -> None:
    """Let time of day and sky follow the direction and the photo."""
    direction, time = settings.direction, settings.time

    def suit(photo: Image.Image | None, to: Any, hour: Any, suited: bool) -> Any:
        """The time of day that suits direction and photo; one that the user or a recipe chose stays."""
        if photo is None or not suited or read_recipe(photo):
            return gr.skip()
        dark = to == TO_DAY and dark_share(photo) > MUCH
        if dark == (hour == DAWN):
            return gr.skip()  # the user may be setting it while this runs
        return DAWN if dark else FULL if to == TO_DAY else showcase.DUSK

    suiting = [tab.photo, direction, time, settings.time_suited]
    gr.on([tab.photo_read.change, direction.input], suit, suiting, time, **QUIET)
    # In the page, so that it comes at once: before the user sets another.
    direction.input(None, [direction, time], time, js=_DUSK_OR_DAY, api_visibility="private")
    time.input(lambda: False, None, settings.time_suited, **QUIET)
    direction.change(lambda way: gr.Radio(visible=way == TO_NIGHT), direction, settings.sky, **QUIET)
