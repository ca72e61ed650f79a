"""The components of every tab that turns one photo into another: photo, model, buttons, result, recipe.

A tab lays them out with :func:`lay_out`, adds its own controls to the left column, describes its
:class:`.photo_job.Job`, and joins both with :func:`.photo_job.connect`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import gradio as gr
from PIL import Image

from imggen.engine.engine import Engine
from imggen.store.model_info import ModelInfo
from imggen.ui import showcase_pictures as showcase
from imggen.ui.shared import formats
from imggen.ui.shared.jobs import Changes, build_buttons
from imggen.ui.shared.parts import SAVED, build_footer, build_senders, model_dropdown, photo_input

#: Settings, arguments or the parameters of a recipe, by name.
Values = dict[str, Any]


class Surroundings(NamedTuple):
    """What a tab gets from the app.

    Attributes:
        engine: runs the models.
        max_pixels: pixels of the largest photo that is worked on; jobs get it, and shrink larger ones.
        examples: paths of example photos, by task.
    """

    engine: Engine
    max_pixels: int
    examples: dict[str, list[str]]


class Made(NamedTuple):
    """A result, and what to tell about it after its size and the time it took."""

    image: Image.Image
    note: str = ""


@dataclass(frozen=True)
class PhotoTab:
    """The components that every photo tab has.

    Attributes:
        task: of the models.
        name: begins the elements' ids.
        left: the column of the settings; tabs add theirs below the model.
        more: a closed part of it, for settings that few people need.
        several: below both, for what takes several photos.
        right: the column of the result.
        photo: the one that the job turns into another.
        photo_read: changes when ``photo`` was decoded, or taken away. What depends on the photo listens to this: of
            several events that decode an unusable photo, each would show the error message.
        example_paths: what ``examples`` shows; a click on one starts the job.
        recipe: what a photo that is a result of this app says about how it was made, inside ``recipe_box``.
        recipe_words: the same as a sentence.
        elsewhere: opens the tab that made such a photo, with its settings.
        pair: the photo and the result, on a slider.
        form: the button that downloads the result, and the format that it comes in.
        result: the path of the result as a PNG, or None.
        senders: send the result to other tabs, by task.
        chain: how the result was made, job by job.
        again: takes another photo and does all of that to it.
        link: copies a link to the tab with the settings of the result.
        saved: takes a saved result and restores its settings.
        welcome: what the status line says before there is a result.
        offered: see :func:`lay_out`.
        forget_result: gives the values of the result's components without a result; set by :func:`.photo_job.connect`.
        running: the job, as :func:`.jobs.connect_job` returns it; set by :func:`.photo_job.connect`.
        job: what the tab does; set by :func:`.photo_job.connect`.
        reopened: takes the path of a result whose settings are restored; set by :func:`.photo_job.connect`.
    """

    surroundings: Surroundings
    task: str
    name: str
    left: gr.Column
    more: gr.Accordion
    several: gr.Column
    right: gr.Column
    photo: gr.Image
    photo_read: gr.State
    examples: gr.Dataset
    example_paths: list[str]
    recipe_box: gr.Accordion
    recipe: gr.JSON
    recipe_words: gr.Markdown
    elsewhere: gr.Button
    model: gr.Dropdown
    start: gr.Button
    stop: gr.Button
    status: gr.Markdown
    pair: gr.ImageSlider
    form: formats.Format
    result: gr.State
    senders: dict[str, gr.Button]
    chain: gr.Markdown
    again: gr.UploadButton
    link: gr.Button
    card: gr.Markdown
    saved: gr.UploadButton
    welcome: str
    offered: Callable[[Engine], list[ModelInfo]]
    forget_result: Callable[[], Changes] = dict
    running: Any = None
    job: Any = None
    reopened: Any = None


def lay_out(
    surroundings: Surroundings,
    task: str,
    name: str,
    verb: str,
    offered: Callable[[Engine], list[ModelInfo]],
    welcome: str = "",
    example: str = str(showcase.PHOTO),
) -> PhotoTab:
    """Add the components to the current Blocks.

    Args:
        surroundings: see :class:`Surroundings`.
        task: key of :data:`imggen.tasks.TASKS`.
        name: begins the elements' ids.
        verb: on the button that starts.
        offered: the models to choose from; the first is chosen.
        welcome: what the status line says before there is a result.
        example: path of the photo that the stored result, with which the tab opens, was made of.
    """
    paths = [example, *surroundings.examples.get(task, [])]
    models = offered(surroundings.engine)
    welcome = welcome or f"Choose a photo, then press **{verb}**."
    # The result comes first in the page, so that the Tab key soon reaches the button; look.css shows it on the right.
    with gr.Row(elem_classes="start-first"):
        with gr.Column(scale=3, min_width=320) as right:
            start, stop = build_buttons(name, verb)
            status = gr.Markdown(f"{welcome} Here is an example.", elem_id=f"{name}-status")
            pair = gr.ImageSlider(
                showcase.before_and_after(task),
                label="Before | after",
                format="png",
                type="filepath",
                interactive=False,
                buttons=["fullscreen"],  # what it could download is a preview without the recipe
                elem_id=f"{name}-pair",
            )
            made_by = gr.Markdown(elem_id=f"{name}-chain")
            form = formats.build(name)
            with gr.Row():
                senders = build_senders(name, task, interactive=False)
            with gr.Row():
                again = gr.UploadButton(
                    "Do the same to another photo", interactive=False, file_types=["image"], size="sm",
                    elem_id=f"{name}-again",
                )  # fmt: skip
                link = gr.Button("Copy link", size="sm", elem_id=f"{name}-link")
        with gr.Column(scale=2, min_width=320):
            photo = photo_input(label="Photo", elem_id=f"{name}-photo", height=280)
            examples = gr.Dataset(
                label="Try one of these",
                components=[photo],
                samples=[[path] for path in paths],
                type="index",
                layout="gallery",
                elem_id=f"{name}-examples",
            )
            with gr.Accordion("Recipe this picture carries", open=False, visible=False) as recipe_box:
                recipe_words = gr.Markdown()
                elsewhere = gr.Button(
                    "Open the tab that made it", visible=False, size="sm", elem_id=f"{name}-elsewhere"
                )
                recipe = gr.JSON(show_label=False, elem_id=f"{name}-recipe")
            model = model_dropdown(surroundings.engine, models, name)
            own = gr.Column()
            more = gr.Accordion("More", open=False, visible=False, elem_id=f"{name}-more")
            several = gr.Column()
    card, saved = build_footer(name, models[0] if models else None, *SAVED)
    return PhotoTab(
        surroundings, task, name, own, more, several, right, photo, gr.State(0.0), examples, paths, recipe_box, recipe,
        recipe_words, elsewhere, model, start, stop, status, pair, form, gr.State(None), senders, made_by, again, link,
        card, saved, welcome, offered,
    )  # fmt: skip
