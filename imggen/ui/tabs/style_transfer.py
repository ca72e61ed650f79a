"""The style-transfer tab."""

from __future__ import annotations

from typing import Any

import gradio as gr
from PIL import Image

from imggen.engine.engine import Engine
from imggen.errors import InputError
from imggen.imaging.recipe import RECIPE_KEY
from imggen.pipelines import Pipeline, Report
from imggen.ranges import MAX_STEPS, STEPS
from imggen.store.abilities import optimises
from imggen.store.model_info import ModelInfo
from imggen.ui import photo_job, photo_tab
from imggen.ui import showcase_pictures as showcase
from imggen.ui.endpoints import stylize
from imggen.ui.photo_job import Comparable
from imggen.ui.photo_tab import Made, PhotoTab, Surroundings, Values
from imggen.ui.shared import style_choice, styles
from imggen.ui.shared.jobs import Changes
from imggen.ui.shared.parts import unchecked
from imggen.ui.words import say

TASK = "style_transfer"


def offered(engine: Engine) -> list[ModelInfo]:
    """The models to choose from."""
    return engine.catalog.models(TASK)


def build(surroundings: Surroundings) -> PhotoTab:
    """Add the tab's components and events to the current Blocks; the catalogue must have a model for them."""
    first = offered(surroundings.engine)[0]
    tab = photo_tab.lay_out(
        surroundings, TASK, "style", "Stylise", offered, "Choose a photo and a style, then press **Stylise**."
    )
    with tab.left:
        choice, between = style_choice.build(tab, first)
    with between:
        strength = unchecked(gr.Slider(0, 1, showcase.STRENGTH, step=0.05, label="Strength", elem_id="style-strength"))
    with tab.more:
        keep_colors = gr.Checkbox(False, label="Keep the photo's colours", elem_id="style-keep-colors")
        scale = unchecked(
            gr.Slider(0.5, 4, 1, step=0.25, label="Stroke size", info="Finer or bolder.", elem_id="style-scale")
        )
        steps = unchecked(
            gr.Slider(
                1,
                MAX_STEPS,
                STEPS,
                step=1,
                label="Steps",
                info="Stop at any time: the last picture stays.",
                visible=optimises(first),
                elem_id="style-steps",
            )
        )
    tab.more.visible = True
    controls: dict[str, Any] = {"strength": strength, "keep_colors": keep_colors, "scale": scale, "steps": steps}

    def arguments(info: ModelInfo, values: Values) -> Values:
        return {**{name: values[name] for name in controls}, **choice.arguments(info, values)}

    def adapt(info: ModelInfo, values: Values) -> Changes:
        return {**choice.adapt(info, values), steps: gr.Slider(visible=optimises(info))}

    def restore(info: ModelInfo, parameters: Values) -> Changes:
        changes = choice.restore(info, parameters)
        found = {name: parameters[name] for name in controls if parameters.get(name) is not None}
        changes.update((controls[name], value) for name, value in found.items())
        value = {"value": changes[steps]} if steps in changes else {}
        changes[steps] = gr.update(visible=optimises(info), **value)
        if "mask" in parameters or "source" in str(parameters.get("styles")):
            changes[tab.status] = say("Settings restored. Add your own pictures and mask again.")
        return changes

    job = photo_job.Job(
        settings={**controls, **choice.settings},
        work=work,
        suffix=lambda arguments: arguments["style"] if isinstance(arguments["style"], str) else "stylised",
        restore=restore,
        adapt=adapt,
        arguments=arguments,
        dependent=[choice.gallery],
        repeated=repeated,
        compared={"styles": Comparable(styles.choices, choice.only)},
        suited=choice.suited,
    )

    return photo_job.connect(tab, job, stylize.build(tab, job, styles.first_choice(first) or ""))


def work(
    pipeline: Pipeline, photo: Image.Image, report: Report, max_pixels: int, steps: Any = STEPS, **arguments: Any
) -> Made:
    """Stylise; the note tells when time was up before the steps were done. Raises :class:`InputError`."""
    from imggen.pipelines.style.optimisation import StyleOptimisation
    from imggen.pipelines.style.style_transfer import StyleTransfer

    if isinstance(pipeline, StyleTransfer):
        return Made(pipeline.stylize(photo, **arguments, report=report, max_pixels=max_pixels))
    if not isinstance(pipeline, StyleOptimisation):
        raise InputError(f"{pipeline.info.id!r} is no model for style transfer. Choose another.")
    made = pipeline.stylize(photo, **arguments, steps=steps, report=report)
    done = made.info[RECIPE_KEY]["parameters"]["steps"]
    return Made(made, f"The time was up after {done} of {steps} steps." if done < steps else "")


def repeated(parameters: Values) -> Values:
    """The arguments of :func:`work` that a recipe describes. Raises :class:`InputError`."""
    mix = style_choice.entries(parameters.get("styles", []))
    if "mask" in parameters or not mix or any(name is None for name, _ in mix):
        raise InputError("This was painted with a picture or a mask of your own, which no recipe keeps. Paint it anew.")
    known: Values = {
        name: parameters[name] for name in ("strength", "keep_colors", "scale", "steps") if name in parameters
    }
    return {"style": mix, **known}
