"""The day and night tab, and any other pair that a translator was trained on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
from PIL import Image

from imggen.errors import InputError
from imggen.imaging.night_photo import dark_share
from imggen.imaging.recipe import read_recipe
from imggen.pipelines.day_night.tuning import SKIES
from imggen.ranges import MAX_GLOW
from imggen.store.model_info import ModelInfo
from imggen.ui import photo_job, photo_tab
from imggen.ui import showcase_pictures as showcase
from imggen.ui.photo_tab import PhotoTab, Surroundings, Values
from imggen.ui.shared.jobs import Changes
from imggen.ui.shared.parts import unchecked
from imggen.ui.shared.translators import DAWN, FULL, MUCH, TASK, TO_DAY, TO_NIGHT, choices_of, is_timed, offered, work

#: What lamps start at: with a slight halo, which a camera sees.
_GLOW = 1.3
#: Begins with dusk on the way to the night, with full light on the way to the day; another time of day stays.
_DUSK_OR_DAY = f"""(direction, time) => [{showcase.DUSK}, {FULL}].includes(time)
  ? (direction === '{TO_DAY}' ? {FULL} : {showcase.DUSK}) : time"""


def build(surroundings: Surroundings) -> PhotoTab:
    """Add the tab's components and events to the current Blocks; the catalogue must have a model for them."""
    first = offered(surroundings.engine)[0]
    tab = photo_tab.lay_out(surroundings, TASK, "dn", "Translate", offered)
    with tab.left:
        direction = unchecked(
            gr.Radio(choices_of(first), value=choices_of(first)[0][1], label="Direction", elem_id="dn-direction")
        )
        with gr.Column(visible=is_timed(first)) as light:
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
                0,
                precision=0,
                label="Seed",
                info="Another one lights other windows by night.",
                elem_id="dn-seed",
            )
        )
    tab.more.visible = True
    light_settings = {"strength": strength, "time": time, "glow": glow, "sky": sky, "seed": seed}
    time_suited = gr.State(True)  # whether the time of day was set to suit direction and photo, and not by the user

    def timed(info: ModelInfo) -> Changes:
        return {column: gr.Column(visible=is_timed(info)) for column in (light, lamps)}

    def adapt(info: ModelInfo, values: Values) -> Changes:
        choices = choices_of(info)
        # A direction that the model knows stays as it is: it may be chosen anew while this runs.
        fits = values["direction"] in [value for _, value in choices]
        value: Values = {} if fits else {"value": choices[0][1]}
        return {**timed(info), direction: gr.update(choices=choices, **value)}

    def restore(info: ModelInfo, parameters: Values) -> Changes:
        choices, way = choices_of(info), parameters.get("direction")
        if way not in [value for _, value in choices]:
            raise InputError(f"This picture was made in the direction {way!r}, which {info.title!r} does not have.")
        if parameters.get("sky") not in (None, *SKIES):
            raise InputError(f"This picture was made under the sky {parameters['sky']!r}, which is not offered.")
        changes: Changes = {time_suited: False, **timed(info)}
        changes[direction] = gr.Radio(choices=choices, value=way)
        # Recipes from before there was a choice name no sky.
        named = {name: parameters[name] for name in light_settings if parameters.get(name) is not None}
        return {**changes, **{light_settings[name]: value for name, value in named.items()}}

    def suit(photo: Image.Image | None, to: Any, hour: Any, suited: bool) -> Any:
        """The time of day that suits direction and photo; one that the user or a recipe chose stays."""
        if photo is None or not suited or read_recipe(photo):
            return gr.skip()
        dark = to == TO_DAY and dark_share(photo) > MUCH
        if dark == (hour == DAWN):
            return gr.skip()  # the user may be setting it while this runs
        return DAWN if dark else FULL if to == TO_DAY else showcase.DUSK

    job = photo_job.Job(
        settings={"direction": direction, **light_settings},
        work=work,
        suffix=lambda arguments: str(arguments["direction"]).partition("2")[2] or "changed",
        restore=restore,
        adapt=adapt,
        dependent=[light, lamps, time_suited],
        repeated=lambda made: {name: made[name] for name in ("direction", *light_settings) if name in made},
    )

    def translate(
        image: Image.Image | None,
        direction: Any,
        strength: Any,
        model: Any,
        time: Any,
        glow: Any,
        sky: Any,
        seed: Any,
    ) -> Iterator[str]:
        """Translate a photo from day to night or back, or between the two domains of another model.

        Args:
            image: the photo.
            direction: day2night or night2day, or of another model its two domains with a 2 between.
            strength: 0 leaves the photo, 1 is the full translation.
            model: id of the model, see models.
            time: of day, 0 the photo's own, to night 0.7 dusk and 1 full night, to day 0.5 dawn and 1 full day.
            glow: of the lamps, 0 none, 1 their own light, to 2.
            sky: of the night, blue hour or city glow.
            seed: chooses the windows that are lit at night.
        Returns:
            The translated photo as a PNG.
        """
        light = {"time": time, "glow": glow, "sky": sky, "seed": seed}
        arguments = {"direction": direction, "strength": strength, **light}
        yield from photo_job.answer(tab, job, image, model, arguments)

    quick: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    suiting = [tab.photo, direction, time, time_suited]
    gr.on([tab.photo.change, direction.input], suit, suiting, time, **quick)
    # In the page, so that it comes at once: before the user sets another.
    direction.input(None, [direction, time], time, js=_DUSK_OR_DAY, api_visibility="private")
    time.input(lambda: False, None, time_suited, **quick)
    direction.change(lambda way: gr.Radio(visible=way == TO_NIGHT), direction, sky, **quick)
    return photo_job.connect(tab, job, translate, [tab.photo, direction, strength, tab.model, time, glow, sky, seed])
