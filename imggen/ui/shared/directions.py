"""The part of the interpolation tab that moves one picture along the directions of its model."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

import gradio as gr
from gradio.blocks import Block
from PIL import Image

from imggen.engine.engine import Engine
from imggen.engine.jobs import Kind
from imggen.errors import ImggenError, InputError
from imggen.imaging.recipe import RECIPE_KEY
from imggen.pipelines import Pipeline, Report
from imggen.pipelines.generators.point import Keyframe, Point
from imggen.ranges import FURTHEST, MAX_DIRECTION_NAME
from imggen.ui.shared import result_names
from imggen.ui.shared.cards import plain
from imggen.ui.shared.jobs import Changes
from imggen.ui.shared.keyframes import Places, appended, parse
from imggen.ui.shared.latent_panel import Panel, latent_space
from imggen.ui.shared.parts import JOBS, QUIET, chosen_model, png_file, shown_errors, unchecked
from imggen.ui.words import say

SLIDERS = 6
_ENDS = (f"{-FURTHEST:g}", f"{FURTHEST:g}")
#: Side of the pictures of the ends, in pixels of the page.
_SIDE = 72


class Row(NamedTuple):
    """One direction: its slider, its name, and the pictures of its ends."""

    low: gr.HTML
    name: gr.Textbox
    slider: gr.Slider
    high: gr.HTML


class Moving(NamedTuple):
    """Where a picture starts from, and how far it goes along each direction."""

    base: gr.Textbox
    amounts: list[gr.Slider]


def build(panel: Panel) -> Moving:
    """Add the components and events."""
    with (
        gr.Accordion("Semantic directions", open=False, elem_id="interpolation-directions") as box,
        gr.Row(),
    ):
        with gr.Column(scale=3, min_width=320):
            base = gr.Textbox(
                "3",
                label="Start from",
                info="One keyframe: a seed, or a name such as photo 1",
                max_length=200,
                elem_id="directions-base",
            )
            gr.Markdown(
                "The pictures show both ends of each slider. Names that you give stay in this browser, for each model."
            )
            told = gr.Markdown("", elem_id="directions-status")
            rows = [_slider(number) for number in range(SLIDERS)]
        with gr.Column(scale=2, min_width=280):
            picture = gr.Image(
                label="Picture", type="filepath", format="png", height=320, interactive=False,
                buttons=["download", "fullscreen"], elem_id="directions-picture",
            )  # fmt: skip
            with gr.Row():
                reset = gr.Button("All to 0", size="sm", elem_id="directions-reset")
                add = gr.Button("Add it to the keyframes", size="sm", elem_id="directions-add")
    moving = Moving(base, [row.slider for row in rows])
    _connect_sliders(panel, moving, picture, reset, add)
    _connect_names(panel, box, [row.name for row in rows])
    _connect_ends(panel, box, base, picture, told, rows)
    return moving


def _connect_sliders(panel: Panel, moving: Moving, picture: gr.Image, reset: gr.Button, add: gr.Button) -> None:
    """Let the sliders move the picture, which can become a keyframe."""

    def file_of(image: Image.Image) -> str:
        return png_file(picture, image, f"{result_names.of_seeds(image.info[RECIPE_KEY], 'directions')}.png")

    def show(model_id: str, text: str, chosen: Any, known: Places, share: Any, *amounts: Any) -> str:
        with shown_errors():
            _, image = move(panel.engine, model_id, text, chosen, known, share, amounts)
            return file_of(image)

    def add_to_keyframes(
        keyframes: str, model_id: str, text: str, chosen: Any, known: Places, share: Any, *amounts: Any
    ) -> list[Any]:
        with shown_errors():
            point, image = move(panel.engine, model_id, text, chosen, known, share, amounts)
            known, name = known.add(model_id, "edit", point)
        return [
            appended(keyframes, name),
            known,
            file_of(image),
            say(f"Added as **{name}**."),
        ]

    start = [panel.model, moving.base, panel.class_name, panel.places, panel.truncation, *moving.amounts]
    gr.on(
        [*(slider.input for slider in moving.amounts), moving.base.submit],
        show,
        start,
        picture,
        **JOBS,
        **QUIET,
        trigger_mode="always_last",
    )
    reset.click(lambda: [0] * SLIDERS, None, moving.amounts, api_visibility="private", queue=False).then(
        show, start, picture, **JOBS, api_visibility="private"
    )
    add.click(
        add_to_keyframes,
        [panel.text, *start],
        [panel.text, panel.places, picture, panel.status],
        **JOBS,
        api_visibility="private",
        show_progress_on=[picture],
    )


def _connect_names(panel: Panel, box: gr.Accordion, names: list[gr.Textbox]) -> None:
    """Show the names of a model's directions in the box, and keep those that the visitor gives, in the browser."""
    # The secret only has to stay the same: what it hides from the visitor is the visitor's own.
    saved = gr.BrowserState({}, storage_key="imggen-directions", secret="imggen")

    def names_of(model_id: str, kept: Any) -> list[str]:
        values = kept.get(model_id) if isinstance(kept, dict) else None
        values = values if isinstance(values, list) else []
        own = _own_names(panel.engine, model_id)
        return [_name(values[number] if number < len(values) else "") or own[number] for number in range(SLIDERS)]

    def keep(model_id: str, kept: Any, *values: Any) -> Any:
        own = _own_names(panel.engine, model_id)
        given = ["" if _name(value) == name else _name(value) for value, name in zip(values, own, strict=True)]
        return {**(kept if isinstance(kept, dict) else {}), model_id: given}

    gr.on(
        [name.blur for name in names] + [name.submit for name in names],
        keep,
        [panel.model, saved, *names],
        saved,
        **QUIET,
    )
    gr.on([box.expand, panel.model.change, saved.change], names_of, [panel.model, saved], names, **QUIET)


def _connect_ends(
    panel: Panel, box: gr.Accordion, base: gr.Textbox, picture: gr.Image, told: gr.Markdown, rows: list[Row]
) -> None:
    """Draw both ends of each direction, as long as the box is open."""
    is_open, drawn = gr.State(False), gr.State(None)

    def draw_ends(
        model_id: str, text: str, chosen: Any, known: Places, share: Any, opened: bool, before: Any
    ) -> Changes:
        """Pictures of the ends, where they can be seen and are others than those that are there."""
        wanted = (model_id, text, chosen, share)
        if not opened or wanted == before:
            return {drawn: gr.skip()}
        found, sentence = [], ""
        try:
            found = _ends(panel.engine, model_id, text, chosen, known, share)
        except ImggenError as error:
            sentence = plain(say(str(error)))
        changes: Changes = {drawn: wanted if found else None, told: sentence}
        for number, row in enumerate(rows):
            of_row = found[number] if number < len(found) else None
            for block, image, amount in zip((row.low, row.high), of_row or (None, None), _ENDS, strict=True):
                changes[block] = "" if image is None else _thumbnail(image, say(f"Direction {number + 1} at {amount}"))
        return changes

    def typed(model_id: str, text: str, chosen: Any, known: Places, share: Any, opened: bool, before: Any) -> Changes:
        """The ends, unless what stands there is no keyframe, or not yet."""
        changes = draw_ends(model_id, text, chosen, known, share, opened, before)
        return changes if changes[drawn] else {drawn: gr.skip()}

    def open_box(model_id: str, text: str, chosen: Any, known: Places, share: Any, before: Any) -> Changes:
        return {is_open: True, **draw_ends(model_id, text, chosen, known, share, True, before)}

    ends: list[Block] = [end for row in rows for end in (row.low, row.high)]
    of_base = [panel.model, base, panel.class_name, panel.places, panel.truncation]
    events: dict[str, Any] = {**JOBS, **QUIET}
    box.expand(open_box, [*of_base, drawn], [is_open, drawn, told, *ends], **events)
    box.collapse(lambda: False, None, is_open, api_visibility="private", queue=False)
    inputs, outputs = [*of_base, is_open, drawn], [drawn, told, *ends]
    # By a person, or by a saved result that is opened again.
    gr.on(base.change, typed, inputs, outputs, trigger_mode="always_last", **events)
    others = [
        base.submit,
        base.blur,
        panel.model.change,
        panel.class_name.change,
        panel.truncation.release,
        picture.change,  # the model may have been downloaded for it
    ]
    gr.on(others, draw_ends, inputs, outputs, trigger_mode="always_last", **events)


def move(
    engine: Engine, model_id: Any, text: Any, class_name: Any, places: Places, truncation: Any, amounts: Sequence[Any]
) -> tuple[Point, Image.Image]:
    """Move the picture of one keyframe along the model's directions. Raises :class:`ImggenError`."""
    keyframe = _keyframe(engine, model_id, text, class_name, places)

    def work(pipeline: Pipeline, report: Report) -> tuple[Point, Image.Image]:
        from imggen.pipelines.generators.directions import moved

        return moved(latent_space(pipeline), keyframe, amounts, truncation)

    return engine.run(model_id, work, Kind("directions"))


def _ends(
    engine: Engine, model_id: Any, text: Any, class_name: Any, places: Places, truncation: Any
) -> list[tuple[Image.Image, Image.Image]]:
    """The pictures at both ends of each direction. Raises :class:`ImggenError`."""
    keyframe = _keyframe(engine, model_id, text, class_name, places)
    if engine.needs_download(engine.catalog.get(model_id)):
        raise InputError("The ends are drawn once the model is here: move a slider to download it.")

    def work(pipeline: Pipeline, report: Report) -> list[tuple[Image.Image, Image.Image]]:
        from imggen.pipelines.generators.directions import ends

        return ends(latent_space(pipeline), keyframe, SLIDERS, truncation)

    return engine.run(model_id, work, Kind("directions", 2 * SLIDERS))


def _keyframe(engine: Engine, model_id: Any, text: Any, class_name: Any, places: Places) -> Keyframe:
    """The one keyframe to start from. Raises :class:`ImggenError`."""
    keyframes = parse(text, chosen_model(engine, model_id).class_names, class_name, places.of(model_id))
    if len(keyframes) != 1:
        raise InputError("Start from one keyframe: a seed, or a name such as photo 1.")
    return keyframes[0]


def _slider(number: int) -> Row:
    """Add a slider between the pictures of its ends, with a name above it."""
    with gr.Row(equal_height=True, elem_classes="direction"):
        low = gr.HTML("", elem_id=f"directions-low-{number + 1}")
        with gr.Column(scale=1, min_width=100):
            name = gr.Textbox(
                f"Direction {number + 1}", label=f"Name of direction {number + 1}", show_label=False, container=False,
                max_length=MAX_DIRECTION_NAME, elem_id=f"directions-name-{number + 1}",
            )  # fmt: skip
            slider = gr.Slider(
                -FURTHEST, FURTHEST, 0, step=0.1, label=f"Direction {number + 1}", show_label=False, container=False,
                elem_id=f"directions-amount-{number + 1}",
            )  # fmt: skip
        high = gr.HTML("", elem_id=f"directions-high-{number + 1}")
    return Row(low, name, unchecked(slider), high)


def _thumbnail(image: Image.Image, words: str) -> str:
    """A small picture as HTML that holds it, for twelve files would come later than one answer."""
    small = io.BytesIO()
    image.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS).save(small, "webp", quality=85)
    data = base64.b64encode(small.getvalue()).decode()
    return f'<img src="data:image/webp;base64,{data}" alt="{words}" width="{_SIDE}" height="{_SIDE}">'


def _own_names(engine: Engine, model_id: Any) -> list[str]:
    """The names that a model comes with, and numbers for directions without one."""
    try:
        known = engine.catalog.get(model_id).directions
    except ImggenError:  # a visitor's model that is gone
        known = ()
    numbers = [f"Direction {number + 1}" for number in range(SLIDERS)]
    return [say(name or number) for name, number in zip_longest(known[:SLIDERS], numbers, fillvalue="")]


def _name(value: Any) -> str:
    return value.strip()[:MAX_DIRECTION_NAME] if isinstance(value, str) else ""
