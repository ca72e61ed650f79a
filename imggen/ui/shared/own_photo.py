"""The part of the interpolation tab that finds a visitor's own photo in the latent space."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr
from PIL import Image

from imggen.engine.engine import Engine
from imggen.engine.jobs import Kind, Progress
from imggen.errors import InputError
from imggen.imaging.contact_sheet import grid
from imggen.imaging.recipe import RECIPE_KEY
from imggen.pipelines import Pipeline, Report
from imggen.ui.shared import result_names
from imggen.ui.shared.jobs import Changes, build_buttons, connect_job
from imggen.ui.shared.keyframes import Places, appended
from imggen.ui.shared.latent_panel import Panel, latent_space
from imggen.ui.shared.parts import chosen_model, empty_if_unreadable, photo_input, png_file, progress_line
from imggen.ui.words import say

if TYPE_CHECKING:
    from imggen.pipelines.generators.projection import Projected

_SIDE = 256  # small pictures are shown enlarged to this side


def build(panel: Panel) -> tuple[gr.Accordion, gr.Image]:
    """Add the components and events; returns the photo, and what it is in."""
    with gr.Accordion("Your own photo as a keyframe", open=False, elem_id="interpolation-own") as box:
        with gr.Row():
            photo = photo_input(label="Photo; its middle square counts", height=290,
                                elem_id="interpolation-photo")  # fmt: skip
            pair = gr.Image(
                label="Your photo | what the model can make of it", type="filepath", format="png", height=290,
                interactive=False, buttons=["download", "fullscreen"], elem_id="interpolation-pair",
            )  # fmt: skip
        start, stop = build_buttons("interpolation-project", "Project my photo and add it", main=False)
        line = gr.Markdown(
            "Looks for the latent whose picture is most like your photo, in at most 20 seconds, and adds it to the "
            "keyframes. A model of flowers makes a flower of everything.",
            elem_id="interpolation-project-status",
        )

    def project_in_tab(
        image: Image.Image | None, model_id: str, chosen: Any, text: str, known: Places
    ) -> Iterator[Changes]:
        for progress in projection_steps(panel.engine, image, model_id, chosen):
            if progress.preview is not None:
                assert image is not None
                yield {line: progress_line(progress), pair: png_file(pair, progress.preview, "so_far.png")}
            elif progress.result is None:
                yield {line: progress_line(progress)}
            else:
                found = progress.result
                known, name = known.add(model_id, "photo", found.point)
                yield {
                    line: say(
                        f"Added as **{name}**. Distance {found.distance:.2f}; "
                        f"a random picture is {found.usual:.2f} away, your photo itself 0."
                    ),
                    pair: png_file(
                        pair, side_by_side(found), f"{result_names.of_seeds(found.image.info[RECIPE_KEY], name)}.png"
                    ),
                    panel.text: appended(text, name),
                    panel.places: known,
                }

    inputs = [photo, panel.model, panel.class_name, panel.text, panel.places]
    connect_job([start.click], stop, line, project_in_tab, inputs, [pair, panel.text, panel.places])
    empty_if_unreadable(photo)
    return box, photo


def projection_steps(
    engine: Engine, image: Image.Image | None, model_id: Any, class_name: Any
) -> Iterator[Progress[Projected]]:
    """Project and yield progress, the last with the result. Raises :class:`ImggenError`."""
    if image is None:
        raise InputError("Choose a photo first.")
    classes = chosen_model(engine, model_id).class_names
    photo = image

    def work(pipeline: Pipeline, report: Report) -> Projected:
        from imggen.pipelines.generators.projection import project

        return project(latent_space(pipeline), photo, class_name if classes else None, report)

    yield from engine.stream(model_id, work, Kind("projection"))


def side_by_side(found: Projected) -> Image.Image:
    """The photo and its projection, with the recipe of the latter."""
    large = [part.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC) for part in (found.photo, found.image)]
    pair = grid(large, 2, gap=4)
    pair.info = dict(found.image.info)
    return pair
