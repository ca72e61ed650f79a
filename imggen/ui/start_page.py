"""The first page: what the app can do, in finished pictures, and a photo of one's own in three versions at once."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
from PIL import Image

from imggen.engine.engine import Engine
from imggen.engine.jobs import Kind
from imggen.errors import ImggenError, InputError
from imggen.pipelines import Report
from imggen.store.model_info import ModelInfo
from imggen.tasks import TASKS
from imggen.ui import showcase_pictures as showcase
from imggen.ui.photo_job import take_from
from imggen.ui.photo_tab import PhotoTab, Surroundings
from imggen.ui.shared.parts import JOBS, QUIET, UNUSABLE_PHOTO, Sender, photo_input
from imggen.ui.words import say

TAB = "start"
#: The versions of a visitor's photo, by task, and what they are called.
_VERSIONS = {"style_transfer": "Painted", "day_night": "At dusk", "super_resolution": "The middle, enlarged"}
#: Longest side of the photo of which the versions are made, in pixels.
_SIDE = 900
#: The same of the part that is enlarged.
_PART = 300


def build(surroundings: Surroundings) -> Callable[[dict[str, Any], gr.Tabs], None]:
    """Add the page to the current Blocks.

    Returns:
        A function that connects it with the tabs, once these are there: it takes what each task's tab returned, by
        task, and the bar of tabs.
    """
    engine = surroundings.engine
    gr.set_static_paths([showcase.FOLDER])
    gr.HTML(_before_and_after(), elem_id="start-hero")
    photo = photo_input(label="Try it with your photo", elem_id="start-photo", height=200)
    status = gr.Markdown("", elem_id="start-status")
    versions: dict[str, gr.Image] = {}
    refine: dict[str, gr.Button] = {}
    with gr.Row(visible=False) as made:
        for task, label in _VERSIONS.items():
            with gr.Column(min_width=240):
                versions[task] = gr.Image(label=label, interactive=False, format="png", elem_id=f"start-{task}")
                refine[task] = gr.Button("Refine", visible=False, size="sm", elem_id=f"start-refine-{task}")
    opens: dict[str, gr.Button] = {}
    tasks = list(showcase.CARDS)
    for row in (tasks[:3], tasks[3:]):
        with gr.Row():
            for task in row:
                sentence = showcase.CARDS[task].sentence
                with gr.Column(min_width=260):
                    gr.HTML(_picture(showcase.card_picture(task), sentence))
                    opens[task] = gr.Button(TASKS[task].title, elem_id=f"start-open-{task}")
                    gr.Markdown(sentence)
    gr.Markdown(f"<small>{html.escape(showcase.CREDIT)}</small>")

    def connect(built: dict[str, Any], bar: gr.Tabs) -> None:
        for task, button in opens.items():
            button.visible = task in built
            button.click(lambda task=task: gr.Tabs(selected=TASKS[task].tab), None, bar, **QUIET)
        for task, button in refine.items():
            if isinstance(built.get(task), PhotoTab):
                take_from(Sender(button, photo), bar, built[task])

    def show_versions(image: Image.Image | None) -> Iterator[dict[Any, Any]]:
        if image is None:
            return
        small = image.copy()
        small.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
        yield {status: say("Working"), made: gr.Row(visible=True), **dict.fromkeys(versions.values())}
        # All at once: of values that follow each other within a moment, Gradio's client can lose one.
        shown: dict[Any, Any] = {status: say("Refine any of these in its tab, at the full size of your photo.")}
        for task, component in versions.items():
            if _first(engine, task) is None:
                continue
            try:
                shown |= {component: make_version(engine, task, small), refine[task]: gr.Button(visible=True)}
            except ImggenError as error:
                shown[status] = say(str(error))
                break
        yield shown

    outputs = [status, made, *versions.values(), *refine.values()]
    running = photo.upload(
        show_versions,
        photo,
        outputs,
        **QUIET,
        **JOBS,
    )
    running.failure(
        lambda: [None, f"**{say(UNUSABLE_PHOTO)}**", gr.Row(visible=False)],
        None,
        [photo, status, made],
        **QUIET,
        queue=False,
    )
    photo.clear(
        lambda: ["", gr.Row(visible=False), *[None] * len(versions), *[gr.Button(visible=False)] * len(refine)],
        None,
        outputs,
        cancels=[running],
        **QUIET,
    )
    return connect


def make_version(engine: Engine, task: str, photo: Image.Image) -> Image.Image:
    """One of the three versions of a photo, with settings that suit most. Raises :class:`ImggenError`."""
    model = _first(engine, task)
    if model is None:
        raise InputError(f"There is no model for {TASKS[task].title!r}.")
    kind = Kind(task, photo.width * photo.height / 1e6)
    made: Image.Image = engine.run(model.id, lambda pipeline, report: _WORK[task](pipeline, photo, report), kind)
    return made


def _first(engine: Engine, task: str) -> ModelInfo | None:
    return next(iter(engine.catalog.models(task)), None)


def _paint(pipeline: Any, photo: Image.Image, report: Report) -> Image.Image:
    style = next((style.id for style in pipeline.styles if style.id == showcase.STYLE), pipeline.styles[0].id)
    painted: Image.Image = pipeline.stylize(photo, style, strength=showcase.STRENGTH, report=report)
    return painted


def _relight(pipeline: Any, photo: Image.Image, report: Report) -> Image.Image:
    night: Image.Image = pipeline.translate(photo, pipeline.directions[0], time=showcase.DUSK, report=report)
    return night


def _enlarge(pipeline: Any, photo: Image.Image, report: Report) -> Image.Image:
    """The middle of a photo: the whole of one this size would fill many screens."""
    width, height = min(_PART, photo.width), min(_PART, photo.height)
    left, top = (photo.width - width) // 2, (photo.height - height) // 2
    large: Image.Image = pipeline.upscale(photo.crop((left, top, left + width, top + height)), report=report)
    return large


_WORK: dict[str, Callable[[Any, Image.Image, Report], Image.Image]] = {
    "style_transfer": _paint,
    "day_night": _relight,
    "super_resolution": _enlarge,
}


def _before_and_after() -> str:
    """Two pictures on top of each other; the handle, a range input, says where the upper one begins."""
    move = "this.parentNode.style.setProperty('--left', this.value + '%'); this.parentNode.classList.add('moved')"
    return f"""
<div class="start-compare">
  <img src="{_address(showcase.BEFORE)}" alt="A castle by day">
  <img src="{_address(showcase.AFTER)}" alt="The same castle at dusk" class="start-after">
  <div class="start-handle"></div>
  <input type="range" min="0" max="100" value="50" aria-label="Where day ends and dusk begins" oninput="{move}">
</div>"""


def _picture(path: Any, sentence: str) -> str:
    return f'<img class="start-card" src="{_address(path)}" alt="{html.escape(sentence)}">'


def _address(path: Any) -> str:
    return f"gradio_api/file={path}"
