"""What happens in every tab that turns one photo into another: its job, its endpoint, and the recipes of photos."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component
from PIL import Image

from imggen.engine.jobs import Kind, Progress
from imggen.errors import InputError
from imggen.imaging.decode import recipe_of
from imggen.imaging.limits import shrink_note, worked_on
from imggen.imaging.recipe import read_recipe
from imggen.pipelines import Pipeline, Report
from imggen.store.model_info import ModelInfo
from imggen.tasks import TASKS
from imggen.ui.photo_tab import Made, PhotoTab, Values
from imggen.ui.shared import chain, formats, opening, result_names
from imggen.ui.shared.cards import plain
from imggen.ui.shared.jobs import Changes, Running, connect_job, press
from imggen.ui.shared.parts import (
    DAMAGED,
    FILE,
    JOBS,
    QUIET,
    UNUSABLE_PHOTO,
    Sender,
    about,
    answered,
    before_and_after,
    chosen_model,
    pair_files,
    photo_from,
    png_file,
    progress_line,
    shown_errors,
)
from imggen.ui.shared.saved import settings_of
from imggen.ui.words import say

#: Pixels of results that are saved and searched for a close-up in about a quarter of a second of one core. Larger ones
#: are shown before that.
QUICKLY_SAVED = 8_000_000
#: What the status line says when a job was started without a photo.
EXAMPLE_USED = "No photo was chosen, so this is the example photo."


class Comparable(NamedTuple):
    """What differs between pictures of the same photo.

    Attributes:
        offered: words and values to choose from with a model.
        chosen: from the values of a job's settings and one of those values, the settings with it.
    """

    offered: Callable[[ModelInfo], list[tuple[str, Any]]]
    chosen: Callable[[Values, Any], Values]


@dataclass(frozen=True)
class Job:
    """What a tab does with its photo.

    Attributes:
        settings: the components that hold the settings, by name.
        work: ``work(pipeline, photo, report, max_pixels, **arguments)`` makes the result; it runs in the engine.
        suffix: the end of the name of a result's file, from the arguments: ``castle.jpg`` becomes ``castle_night.png``.
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
        compared: of what beside models several can be compared on one sheet, by the name that recipes have for it.
        suited: from the values of the settings, those that suit another model it is compared with, as ``adapt`` does.
    """

    settings: Mapping[str, Component]
    work: Callable[..., Made]
    suffix: Callable[[Values], str]
    restore: Callable[[ModelInfo, Values], Changes]
    adapt: Callable[[ModelInfo, Values], Changes]
    arguments: Callable[[ModelInfo, Values], Values] = lambda info, values: values
    dependent: Sequence[Block] = ()
    show: Callable[[Image.Image, Image.Image], Changes] = lambda photo, result: {}
    shown: Sequence[Component] = ()
    repeated: Callable[[Values], Values] = lambda parameters: parameters
    compared: Mapping[str, Comparable] = field(default_factory=dict)
    suited: Callable[[ModelInfo, Values], Values] = lambda info, values: values


class Endpoint(NamedTuple):
    """How programs call a job.

    Attributes:
        handler: calls :func:`answer`; its name is the endpoint's, and its arguments are those of the endpoint.
        inputs: the components that the arguments have their defaults from.
    """

    handler: Callable[..., Iterator[str]]
    inputs: list[Component]


def steps(
    tab: PhotoTab, job: Job, photo: Image.Image | None, model_id: Any, arguments: Values
) -> Iterator[Progress[Made]]:
    """Run a job and yield its progress, the last with the result. Raises :class:`ImggenError`."""
    source, info = _chosen(tab, photo, model_id)
    engine, max_pixels, _ = tab.surroundings
    make = job.work  # without the tab around it, which cannot be sent to another machine

    def work(pipeline: Pipeline, report: Report) -> Made:
        made = make(pipeline, source, report, max_pixels, **arguments)
        return made._replace(note=" ".join(filter(None, [shrink_note(source, made.image), made.note])))

    kind = Kind(info.task, min(max_pixels, source.width * source.height) / 1e6)
    yield from engine.stream(info.id, work, kind)


def _chosen(tab: PhotoTab, photo: Image.Image | None, model_id: Any) -> tuple[Image.Image, ModelInfo]:
    """The photo and the model, once both are chosen. Raises :class:`ImggenError`."""
    if photo is None:
        raise InputError("Choose a photo first.")
    return photo, chosen_model(tab.surroundings.engine, model_id)


def answer(tab: PhotoTab, job: Job, photo: Image.Image | None, model_id: Any, arguments: Values) -> Iterator[Any]:
    """Run a job for the tab's endpoint and yield the path of the result's file."""

    def save(made: Made) -> str:
        if made.note:
            gr.Info(say(made.note))  # clients of the API get it as an event of the log
        return png_file(tab.pair, made.image, f"{result_name(job, file_of(photo), arguments)}.png")

    with shown_errors():
        yield from answered(steps(tab, job, photo, model_id, arguments), save)


def connect(tab: PhotoTab, job: Job, endpoint: Endpoint) -> PhotoTab:
    """Let the components do what they say.

    Args:
        tab: of :func:`lay_out`.
        job: what the tab does.
        endpoint: the same for programs.

    Returns:
        The tab, able to take a photo from another.
    """
    tab = replace(tab, job=job)
    tab = replace(tab, running=_connect_start(tab))
    tab = replace(tab, forget_result=partial(_without_result, tab))
    api_result = gr.Image(type="filepath", format="png", visible=False, label="result")
    gr.Button(visible=False).click(
        endpoint.handler, endpoint.inputs, api_result, api_name=endpoint.handler.__name__, **JOBS
    )
    _connect_photo(tab)
    opening.connect_link(tab.link, tab.result, TASKS[tab.task].tab)
    return replace(tab, reopened=_connect_settings(tab))


def _connect_start(tab: PhotoTab) -> Running:
    """Let the start button run the job."""
    job = tab.job

    def run(photo: Image.Image | None, model_id: Any, *values: Any) -> Iterator[Changes]:
        began = time.monotonic()
        example = tab.example_paths[0] if photo is None else None  # what the stored result that is shown was made of
        photo, info = _chosen(tab, photo_from(example) if example else photo, model_id)
        arguments = job.arguments(info, _named(job, values))
        for progress in steps(tab, job, photo, model_id, arguments):
            line, image = progress_line(progress), progress.preview
            if progress.result is not None:
                image, note = progress.result
                size = f"{_sizes(photo, image)} in {time.monotonic() - began:.1f} s."
                line = say(f"{size} {note}".strip())
                if example:
                    line = f"{say(EXAMPLE_USED)} {line}"
            if image is None:
                yield {tab.status: line}
                continue
            for changes in result_shown(tab, photo, image, result_name(job, file_of(photo), arguments), line):
                yield {**changes, tab.photo: example} if example else changes

    inputs = [tab.photo, tab.model, *job.settings.values()]
    return connect_job([tab.start.click], tab.stop, tab.status, run, inputs, [*result_parts(tab), tab.photo])


def _connect_photo(tab: PhotoTab) -> None:
    """Let the result go with the photo that it was made of."""
    forget = tab.forget_result
    outputs = [tab.photo, *result_parts(tab), tab.running.words]
    # Not when the photo has changed: that is told only after an upload, and who pressed start during the upload has a
    # job by then that is about the new photo.
    empty: dict[str, Any] = {"cancels": [tab.running.event], "queue": False, **QUIET}
    tab.photo.clear(forget, None, outputs[1:], **empty)
    tab.examples.click(
        lambda index: {tab.photo: tab.example_paths[index], **forget()}, tab.examples, outputs, **empty
    ).success(None, None, None, js=press(tab.start), **QUIET)


def _connect_settings(tab: PhotoTab) -> gr.State:
    """Restore settings from the recipes of photos and of results, and suit them to a model that is chosen.

    Returns:
        What takes the path of a result whose settings are to be restored.
    """
    engine, job = tab.surroundings.engine, tab.job
    model_restored = gr.State(None)  # the model whose settings were just restored: they must stay when it changes

    def read_photo(photo: Image.Image | None) -> Changes:
        made = read_recipe(photo) if photo is not None else None
        task = opening.task_of(made)
        shown: Changes = {
            tab.recipe_box: gr.Accordion(visible=made is not None),
            tab.recipe: made,
            tab.recipe_words: chain.in_words(made) if made else "",
            tab.photo_read: time.monotonic(),
            tab.elsewhere: gr.Button(visible=task is not None and task.id != tab.task),
        }
        problem = photo.info.get(DAMAGED, "") if photo is not None else ""
        if made and made["task"] == tab.task:  # results of other tabs are photos like any other here
            try:
                return {**shown, **restored(made)}
            except InputError as error:
                problem = str(error)
        return (
            {**shown, tab.status: plain(f"{say(problem)} {say('The settings stay as they are.')}")}
            if problem
            else shown
        )

    def refuse_photo() -> Changes:
        # An empty photo can be filled again with a drop; what cannot be read would show as a broken picture, beside the
        # result of another photo.
        return {**tab.forget_result(), tab.photo: None, tab.status: f"**{say(UNUSABLE_PHOTO)}**"}

    def restore(path: str) -> Changes:
        with shown_errors():
            return restored(recipe_of(path))  # results are larger than photos may be: only their header is read

    def restored(made: dict[str, Any] | None) -> Changes:
        info, parameters = settings_of(made, tab.offered(engine), tab.task)
        changes = job.restore(info, parameters)
        return {tab.status: say("Settings restored."), tab.model: info.id, model_restored: info.id, **changes}

    def model_changed(model_id: str, restored_id: str | None, *values: Any) -> Changes:
        info = engine.catalog.get(model_id)
        changes = {} if model_id == restored_id else job.adapt(info, _named(job, values))
        return {model_restored: None, tab.card: about(info), **changes}

    held: list[Any] = list(job.settings.values())
    changing: list[Any] = list(dict.fromkeys([*held, *job.dependent]))
    settings = [tab.status, tab.model, model_restored, *changing]
    about_photo = [tab.recipe_box, tab.recipe, tab.recipe_words, tab.elsewhere, tab.photo_read]
    # In the queue, because what is wrong with a photo is only shown by events that are.
    reading = tab.photo.change(read_photo, tab.photo, [*about_photo, *settings], **QUIET)
    emptied = [tab.photo, *result_parts(tab), tab.running.words]
    reading.failure(refuse_photo, None, emptied, cancels=[tab.running.event], queue=False, **QUIET)
    tab.model.change(model_changed, [tab.model, model_restored, *held], [model_restored, tab.card, *changing], **QUIET)
    return opening.on_saved(tab.saved, restore, [], settings, **QUIET)


def _without_result(tab: PhotoTab) -> Changes:
    """The tab without a result."""
    return {
        tab.status: say(tab.welcome),
        tab.running.words: say(tab.welcome),
        tab.pair: None,
        tab.result: None,
        tab.form.download: gr.DownloadButton(value=None, interactive=False),
        tab.chain: "",
        tab.again: gr.UploadButton(interactive=False),
        **{button: gr.Button(interactive=False) for button in tab.senders.values()},
        **{component: gr.update(value=None, visible=False) for component in tab.job.shown},
    }


def _named(job: Job, values: Sequence[Any]) -> Values:
    return dict(zip(job.settings, values, strict=True))


def result_name(job: Job, photo: str, arguments: Values) -> str:
    """The name of a result's file, without its ending: that of the photo, and what was done."""
    return result_names.of_photo(photo, job.suffix(arguments))


def file_of(photo: Image.Image | None) -> str:
    """The name of the file of a photo that was uploaded, without its ending."""
    return str(photo.info.get(FILE, "")) if photo is not None else ""


def result_parts(tab: PhotoTab) -> list[Any]:
    """The components that show a result, for :func:`result_shown`, and the status line."""
    return [
        tab.status, tab.pair, tab.result, tab.form.download, tab.chain, tab.again, *tab.senders.values(),
        *tab.job.shown,
    ]  # fmt: skip


def result_shown(tab: PhotoTab, photo: Image.Image, image: Image.Image, name: str, line: str) -> Iterator[Changes]:
    """Save the result of a photo and yield values that show it; the job's end offers it in other formats.

    Args:
        tab: whose result it is.
        photo: what it was made from.
        image: the result.
        name: of the result's file, without its ending.
        line: about the result.

    Yields:
        All values at the end; what people look at before that, where saving takes a while.

    Raises:
        OSError: when the result cannot be saved.
    """
    pair = pair_files(tab.pair, before_and_after(worked_on(photo, image), image))
    if image.width * image.height > QUICKLY_SAVED:
        saving = gr.DownloadButton(interactive=False)  # what it has is the result before
        yield {tab.status: say("Saving the result"), tab.pair: pair, tab.form.download: saving}
    path = png_file(tab.form.download, image, f"{name}.png")
    made = read_recipe(image)
    yield {
        tab.status: line,
        tab.pair: pair,
        tab.result: path,
        **formats.offered_png(tab.form, path),
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
    sender.button.click(take, sender.path, outputs, cancels=[tab.running.event], **QUIET)


def _sizes(photo: Image.Image, result: Image.Image) -> str:
    after = f"**{result.width} x {result.height}**"
    return after if photo.size == result.size else f"{photo.width} x {photo.height} to {after}"
