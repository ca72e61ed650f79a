"""The skeleton of every tab that turns one photo into another: photo, model, buttons, result, recipe, endpoint.

A tab lays it out with :func:`lay_out`, adds its own controls to the left column, describes its :class:`Job`, and joins
both with :func:`connect`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component
from PIL import Image

from imggen.engine.engine import Engine, Progress
from imggen.engine.jobs import Kind
from imggen.errors import InputError
from imggen.imaging.decode import recipe_of
from imggen.imaging.limits import told, worked_on
from imggen.imaging.recipe import read_recipe
from imggen.pipelines import Pipeline, Report
from imggen.store.model_info import ModelInfo
from imggen.tasks import TASKS
from imggen.ui import showcase_pictures as showcase
from imggen.ui.shared import chain, opening
from imggen.ui.shared.cards import plain
from imggen.ui.shared.jobs import Changes, build_buttons, connect_job, press
from imggen.ui.shared.parts import (
    DAMAGED,
    JOBS,
    SAVED,
    Sender,
    about,
    answered,
    before_and_after,
    build_footer,
    build_senders,
    model_label,
    photo_input,
    png_file,
    progress_line,
    shown_errors,
)
from imggen.ui.shared.saved import settings_of

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
        left: the column of the settings; tabs add theirs below the model.
        more: a closed part of it, for settings that few people need.
        right: the column of the result.
        example_paths: what ``examples`` shows; a click on one starts the job.
        recipe: what a photo that is a result of this app says about how it was made, inside ``recipe_box``.
        recipe_words: the same as a sentence.
        elsewhere: opens the tab that made such a photo, with its settings.
        pair: the photo and the result, on a slider.
        senders: send the result to other tabs, by task.
        chain: how the result was made, job by job.
        again: takes another photo and does all of that to it.
        link: copies a link to the tab with the settings of the result.
        saved: takes a saved result and restores its settings.
        welcome: what the status line says before there is a result.
        offered: see :func:`lay_out`.
        forget_result: gives the values of the result's components without a result; set by :func:`connect`.
        running: the job, as :func:`.jobs.connect_job` returns it; set by :func:`connect`.
        job: what the tab does; set by :func:`connect`.
        reopened: takes the path of a result whose settings are restored; set by :func:`connect`.
    """

    surroundings: Surroundings
    task: str
    left: gr.Column
    more: gr.Accordion
    right: gr.Column
    photo: gr.Image
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
    download: gr.DownloadButton
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


@dataclass(frozen=True)
class Job:
    """What a tab does with its photo.

    Attributes:
        settings: the components that hold the settings, by name.
        work: ``work(pipeline, photo, report, max_pixels, **arguments)`` makes the result; it runs in the engine.
        file_name: name of the file to download, from the arguments.
        restore: from a model and the parameters of a recipe, new values of ``settings`` and ``dependent``. Parameters
            are checked and may be missing; what this model does not know of them is an :class:`InputError`.
        adapt: new values of the same when another model is chosen, from that model and the values of the settings.
        arguments: makes the arguments of ``work`` from the model and the values of the settings, which they are by
            default. May raise :class:`InputError`.
        dependent: further components that ``restore`` and ``adapt`` change.
        show: new values of ``shown`` when there is a result, from photo and result.
        repeated: makes the arguments of ``work`` from the parameters of a recipe.
        shown: components beside the tab's own that show the result. They are emptied and hidden when it is no longer of
            the photo.
    """

    settings: Mapping[str, Component]
    work: Callable[..., Made]
    file_name: Callable[[Values], str]
    restore: Callable[[ModelInfo, Values], Changes]
    adapt: Callable[[ModelInfo, Values], Changes]
    arguments: Callable[[ModelInfo, Values], Values] = lambda info, values: values
    dependent: Sequence[Block] = ()
    show: Callable[[Image.Image, Image.Image], Changes] = lambda photo, result: {}
    shown: Sequence[Component] = ()
    repeated: Callable[[Values], Values] = lambda parameters: parameters


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
    with gr.Row(elem_classes="result-first"):
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
            model = gr.Dropdown(
                [(model_label(info, surroundings.engine), info.id) for info in models],
                value=models[0].id if models else None,
                label="Model",
                elem_id=f"{name}-model",
            )
            own = gr.Column()
            more = gr.Accordion("More", open=False, visible=False, elem_id=f"{name}-more")
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
            download = gr.DownloadButton("Download the full PNG", interactive=False, elem_id=f"{name}-download")
            with gr.Row():
                senders = build_senders(name, task, interactive=False)
            with gr.Row():
                again = gr.UploadButton(
                    "Do the same to another photo", interactive=False, file_types=["image"], size="sm",
                    elem_id=f"{name}-again",
                )  # fmt: skip
                link = gr.Button("Copy link", size="sm", elem_id=f"{name}-link")
    card, saved = build_footer(name, models[0] if models else None, *SAVED)
    return PhotoTab(
        surroundings, task, own, more, right, photo, examples, paths, recipe_box, recipe, recipe_words,
        elsewhere, model, start, stop, status, pair, download, senders, made_by, again, link, card, saved, welcome,
        offered,
    )  # fmt: skip


def steps(
    tab: PhotoTab, job: Job, photo: Image.Image | None, model_id: Any, arguments: Values
) -> Iterator[Progress[Made]]:
    """Run a job and yield its progress, the last with the result. Raises :class:`ImggenError` with a sentence."""
    if photo is None:
        raise InputError("Choose a photo first.")
    if not isinstance(model_id, str):
        raise InputError("Choose a model first.")
    source, (engine, max_pixels, _) = photo, tab.surroundings
    make = job.work  # without the tab around it, which cannot be sent to another machine

    def work(pipeline: Pipeline, report: Report) -> Made:
        made = make(pipeline, source, report, max_pixels, **arguments)
        return made._replace(note=" ".join(filter(None, [told(source, made.image), made.note])))

    kind = Kind(engine.catalog.get(model_id).task, min(max_pixels, photo.width * photo.height) / 1e6)
    yield from engine.stream(model_id, work, kind)


def answer(tab: PhotoTab, job: Job, photo: Image.Image | None, model_id: Any, arguments: Values) -> Iterator[Any]:
    """Run a job for the tab's endpoint and yield the path of the result's file."""

    def save(made: Made) -> str:
        if made.note:
            gr.Info(made.note)  # clients of the API get it as an event of the log
        return png_file(tab.pair, made.image, job.file_name(arguments))

    with shown_errors():
        yield from answered(steps(tab, job, photo, model_id, arguments), save)


def connect(tab: PhotoTab, job: Job, endpoint: Callable[..., Iterator[str]], api_inputs: list[Component]) -> PhotoTab:
    """Let the components do what they say.

    Args:
        tab: of :func:`lay_out`.
        job: what the tab does.
        endpoint: a handler that calls :func:`answer`; its name is the endpoint's, and its arguments are those of the
            endpoint.
        api_inputs: the components that the endpoint's arguments have their defaults from.

    Returns:
        The tab, able to take a photo from another.
    """
    engine = tab.surroundings.engine
    quick: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    tab = replace(tab, job=job)
    result = result_parts(tab)
    model_restored = gr.State(None)  # the model whose settings were just restored: they must stay when it changes
    changing: list[Any] = list(dict.fromkeys([*job.settings.values(), *job.dependent]))
    held: list[Any] = list(job.settings.values())

    def run(photo: Image.Image | None, model_id: Any, *values: Any) -> Iterator[Changes]:
        began = time.monotonic()
        if photo is None:
            raise InputError("Choose a photo first.")
        if not isinstance(model_id, str):
            raise InputError("Choose a model first.")
        arguments = job.arguments(engine.catalog.get(model_id), named(values))
        for progress in steps(tab, job, photo, model_id, arguments):
            line, image = progress_line(progress), progress.preview
            if progress.result is not None:
                image, note = progress.result
                line = f"{_sizes(photo, image)} in {time.monotonic() - began:.1f} s.{note and ' ' + note}"
            if image is None:
                yield {tab.status: line}
                continue
            path = png_file(tab.download, image, job.file_name(arguments))
            yield {tab.status: line, **result_shown(tab, photo, image, path)}

    def named(values: Sequence[Any]) -> Values:
        return dict(zip(job.settings, values, strict=True))

    def forget_result() -> Changes:
        return {
            tab.status: tab.welcome,
            running.words: tab.welcome,
            tab.pair: None,
            tab.download: gr.DownloadButton(value=None, interactive=False),
            tab.chain: "",
            tab.again: gr.UploadButton(interactive=False),
            **{button: gr.Button(interactive=False) for button in tab.senders.values()},
            **{component: gr.update(value=None, visible=False) for component in job.shown},
        }

    def read_photo(photo: Image.Image | None) -> Changes:
        made = read_recipe(photo) if photo is not None else None
        task = opening.task_of(made)
        shown: Changes = {
            tab.recipe_box: gr.Accordion(visible=made is not None),
            tab.recipe: made,
            tab.recipe_words: chain.in_words(made) if made else "",
            tab.elsewhere: gr.Button(visible=task is not None and task.id != tab.task),
        }
        problem = photo.info.get(DAMAGED, "") if photo is not None else ""
        if made and made["task"] == tab.task:  # results of other tabs are photos like any other here
            try:
                return {**shown, **restored(made)}
            except InputError as error:
                problem = str(error)
        return {**shown, tab.status: plain(f"{problem} The settings stay as they are.")} if problem else shown

    def restore(path: str) -> Changes:
        with shown_errors():
            return restored(recipe_of(path))  # results are larger than photos may be: only their header is read

    def restored(made: dict[str, Any] | None) -> Changes:
        info, parameters = settings_of(made, tab.offered(engine), tab.task)
        changes = job.restore(info, parameters)
        return {tab.status: "Settings restored.", tab.model: info.id, model_restored: info.id, **changes}

    def model_changed(model_id: str, restored_id: str | None, *values: Any) -> Changes:
        info = engine.catalog.get(model_id)
        changes = {} if model_id == restored_id else job.adapt(info, named(values))
        return {model_restored: None, tab.card: about(info), **changes}

    running = connect_job([tab.start.click], tab.stop, tab.status, run, [tab.photo, tab.model, *held], result)
    api_result = gr.Image(type="filepath", format="png", visible=False, label="result")
    gr.Button(visible=False).click(endpoint, api_inputs, api_result, api_name=endpoint.__name__, **JOBS)
    # What shows belongs to the photo before, and goes with it. Not when the photo has changed: that is told only after
    # an upload, and who pressed start during the upload has a job by then that is about the new photo.
    empty: dict[str, Any] = {"cancels": [running.event], "queue": False, **quick}
    tab.photo.clear(forget_result, None, [*result, running.words], **empty)
    tab.examples.click(
        lambda index: {tab.photo: tab.example_paths[index], **forget_result()},
        tab.examples,
        [tab.photo, *result, running.words],
        **empty,
    ).success(None, None, None, js=press(tab.start), **quick)
    # In the queue, because what is wrong with a photo is only shown by events that are.
    settings = [tab.status, tab.model, model_restored, *changing]
    about_photo = [tab.recipe_box, tab.recipe, tab.recipe_words, tab.elsewhere]
    tab.photo.change(read_photo, tab.photo, [*about_photo, *settings], **quick)
    reopened = opening.on_saved(tab.saved, restore, [], settings, **quick)
    opening.connect_link(tab.link, tab.download, TASKS[tab.task].tab)
    tab.model.change(model_changed, [tab.model, model_restored, *held], [model_restored, tab.card, *changing], **quick)
    return replace(tab, forget_result=forget_result, running=running, reopened=reopened)


def result_parts(tab: PhotoTab) -> list[Any]:
    """The components that show a result, for :func:`result_shown`, and the status line."""
    return [
        tab.status, tab.pair, tab.download, tab.chain, tab.again, *tab.senders.values(), *tab.job.shown,
    ]  # fmt: skip


def result_shown(tab: PhotoTab, photo: Image.Image, image: Image.Image, path: str) -> Changes:
    """Values that show the result of a photo, whose file is at ``path``."""
    made = read_recipe(image)
    return {
        tab.pair: before_and_after(worked_on(photo, image), image),
        tab.download: gr.DownloadButton(value=path, interactive=True),
        tab.chain: chain.in_words(made) if made else "",
        tab.again: gr.UploadButton(interactive=True),
        **{button: gr.Button(interactive=True) for button in tab.senders.values()},
        **tab.job.show(photo, image),
    }


def take_from(sender: Sender, tabs: gr.Tabs, tab: PhotoTab) -> None:
    """Let another tab's button make its result the photo of this tab, and open it. Its recipe stays in the file."""

    def take(picture: Any) -> Changes:
        return {tabs: gr.Tabs(selected=TASKS[tab.task].tab), tab.photo: picture, **tab.forget_result()}

    outputs = [tabs, tab.photo, *result_parts(tab), tab.running.words]
    sender.button.click(
        take, sender.path, outputs, cancels=[tab.running.event], api_visibility="private", show_progress="hidden"
    )


def _sizes(photo: Image.Image, result: Image.Image) -> str:
    after = f"**{result.width} x {result.height}**"
    return after if photo.size == result.size else f"{photo.width} x {photo.height} to {after}"
