"""The day and night tab, and any other pair that a translator was trained on."""

from __future__ import annotations

import gradio as gr

from imggen.errors import InputError
from imggen.pipelines.day_night.tuning import SKIES
from imggen.store.model_info import ModelInfo
from imggen.ui import photo_job, photo_tab
from imggen.ui.endpoints import translate
from imggen.ui.photo_job import Comparable
from imggen.ui.photo_tab import PhotoTab, Surroundings, Values
from imggen.ui.shared import light_settings
from imggen.ui.shared.jobs import Changes
from imggen.ui.shared.translators import TASK, choices_of, offered, suited, times_of, work


def build(surroundings: Surroundings) -> PhotoTab:
    """Add the tab's components and events to the current Blocks; the catalogue must have a model for them."""
    tab = photo_tab.lay_out(surroundings, TASK, "dn", "Translate", offered)
    chosen = light_settings.build(tab, offered(surroundings.engine)[0])
    direction, light = chosen.direction, chosen.light

    def adapt(info: ModelInfo, values: Values) -> Changes:
        choices = choices_of(info)
        # A direction that the model knows stays as it is: it may be chosen anew while this runs.
        fits = values["direction"] in [value for _, value in choices]
        value: Values = {} if fits else {"value": choices[0][1]}
        return {**chosen.for_model(info), direction: gr.update(choices=choices, **value)}

    def restore(info: ModelInfo, parameters: Values) -> Changes:
        choices, way = choices_of(info), parameters.get("direction")
        if way not in [value for _, value in choices]:
            raise InputError(f"This picture was made in the direction {way!r}, which {info.title!r} does not have.")
        if parameters.get("sky") not in (None, *SKIES):
            raise InputError(f"This picture was made under the sky {parameters['sky']!r}, which is not offered.")
        changes: Changes = {chosen.time_suited: False, **chosen.for_model(info)}
        changes[direction] = gr.Radio(choices=choices, value=way)
        # Recipes from before there was a choice name no sky.
        changes.update((light[name], parameters[name]) for name in light if parameters.get(name) is not None)
        return changes

    job = photo_job.Job(
        settings={"direction": direction, **light},
        work=work,
        suffix=lambda arguments: str(arguments["direction"]).partition("2")[2] or "changed",
        restore=restore,
        adapt=adapt,
        dependent=[*chosen.timed, chosen.time_suited],
        repeated=lambda made: {name: made[name] for name in ("direction", *light) if name in made},
        compared={"times": Comparable(times_of, lambda values, time: {**values, "time": time})},
        suited=suited,
    )
    light_settings.connect(tab, chosen)
    return photo_job.connect(tab, job, translate.build(tab, job))
