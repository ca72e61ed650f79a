"""The widgets both sampling tabs have: settings, the pictures of a run, and what to do with one of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from imggen.engine.engine import Engine
from imggen.imaging.recipe import RECIPE_KEY
from imggen.ranges import MAX_COUNT
from imggen.ui import showcase_pictures as showcase
from imggen.ui.shared import chain, result_names, seeds
from imggen.ui.shared.jobs import Changes, Running, build_buttons, connect_job, press
from imggen.ui.shared.parts import QUIET, build_senders, png_file, progress_line, shown_errors, unchecked
from imggen.ui.shared.sampling import (
    TRUNCATIONS,
    Plan,
    caption,
    draw_all,
    draw_truncations,
    recipe_of_result,
    saved_files,
    seed_arguments,
)
from imggen.ui.shared.sheet import sheet
from imggen.ui.shared.typeface_panel import TypefacePanel
from imggen.ui.words import say

DEFAULT_TRUNCATION = 1.0
#: Seeds the dice throw, from 0: few enough digits to remember.
DICE = 1_000_000


@dataclass(frozen=True)
class Controls:
    """The settings both tabs have, and their buttons. ``more`` is closed: for settings that few people need."""

    seed: gr.Textbox
    dice: gr.Button
    count: gr.Slider
    truncation: gr.Slider
    compare: gr.Button
    start: gr.Button
    stop: gr.Button
    more: gr.Accordion


@dataclass(frozen=True)
class Results:
    """Where pictures appear.

    Attributes:
        senders: send the picture that was clicked on to other tabs, by task.
        made: paths of the files of the pictures.
        chosen: path of the one that was clicked on.
        running: the job; set by :func:`connect`.
        reopened: takes the path of a result whose settings are restored; set by the tab.
        words: the panel that sets words, where the tab has one; set by the tab.
    """

    status: gr.Markdown
    gallery: gr.Gallery
    actions: gr.Column
    title: gr.Markdown
    keep: gr.Button
    senders: dict[str, gr.Button]
    interpolate: gr.Button
    whole: gr.Image
    download: gr.DownloadButton
    link: gr.Button
    strip: gr.Gallery
    made: gr.State
    chosen: gr.State
    running: Any = None
    reopened: Any = None
    words: TypefacePanel | None = None


def build_controls(task: str, count: int, begin: str = "0") -> Controls:
    """Add seed, count, truncation and the buttons.

    Args:
        task: begins the elements' ids.
        count: the number of pictures to begin with.
        begin: the seeds to begin with.
    """
    seed = gr.Textbox(
        begin,
        label="Seed",
        info="The same number makes the same picture again. One, or several such as 5, 9, 20-35",
        max_length=1000,
        elem_id=f"{task}-seed",
    )
    dice = gr.Button("Another seed", size="sm", elem_id=f"{task}-dice")
    start, stop = build_buttons(task, "Generate")
    pictures = unchecked(
        gr.Slider(
            1,
            MAX_COUNT,
            count,
            step=1,
            label="Pictures",
            info="How many from a single seed on; several seeds make one picture each.",
            elem_id=f"{task}-count",
        )
    )
    with gr.Accordion("More", open=False, elem_id=f"{task}-more") as more:
        truncation = unchecked(
            gr.Slider(
                0,
                1,
                DEFAULT_TRUNCATION,
                step=0.05,
                label="Variety",
                info="1 is all the variety the model has; lower is more typical and more alike (truncation).",
                elem_id=f"{task}-truncation",
            )
        )
        compare = gr.Button("Show the first seed from typical to varied", size="sm", elem_id=f"{task}-compare")
    return Controls(seed, dice, pictures, truncation, compare, start, stop, more)


def build_results(task: str) -> Results:
    """Add the pictures and what can be done with them."""
    status = gr.Markdown("Press **Generate**. Here is an example.", elem_id=f"{task}-status")
    examples = showcase.samples(task)
    strip = gr.Gallery(
        label="Truncations",
        show_label=False,
        format="png",
        columns=len(TRUNCATIONS),
        object_fit="contain",
        height="max-content",
        allow_preview=False,
        buttons=[],
        visible=False,
        interactive=False,
        elem_id=f"{task}-strip",
    )
    whole = gr.Image(
        type="filepath",
        format="png",
        show_label=False,
        buttons=["fullscreen"],
        visible=False,
        interactive=False,
        elem_id=f"{task}-whole",
    )
    gallery = gr.Gallery(
        [(path, caption(recipe_of_result(path))) for path in examples],
        label="Pictures",
        show_label=False,
        format="png",
        columns=4,
        object_fit="contain",
        height="max-content",
        buttons=["download", "fullscreen"],
        interactive=False,
        elem_id=f"{task}-gallery",
    )
    with gr.Column(visible=False) as actions:
        title = gr.Markdown(elem_id=f"{task}-chosen")
        with gr.Row():
            keep = gr.Button("Keep this seed", size="sm", elem_id=f"{task}-keep")
            senders = build_senders(task, "interpolation")
            interpolate = gr.Button("Interpolate from it", size="sm", elem_id=f"{task}-interpolate")
    with gr.Row():
        download = gr.DownloadButton(
            "Download all as one PNG", interactive=False, size="sm", elem_id=f"{task}-download"
        )
        link = gr.Button("Copy link", size="sm", elem_id=f"{task}-link")
    made, chosen = gr.State(examples), gr.State("")
    return Results(
        status, gallery, actions, title, keep, senders, interpolate, whole, download, link, strip, made, chosen
    )


def connect(
    engine: Engine, plan: Callable[..., Plan], settings: list[Any], controls: Controls, shown: Results
) -> Running:
    """Let the buttons do what they say; ``plan`` takes the values of ``settings``. Returns the main job."""

    def generate(*values: Any) -> Iterator[Changes]:
        planned = plan(*values)
        for progress in draw_all(engine, planned):
            if progress.result is None:
                yield {shown.status: progress_line(progress)}
                continue
            files = saved_files(shown.gallery, progress.result)
            arguments = {**seed_arguments(planned.seeds), **planned.parameters}
            together = sheet(progress.result, planned.rows, arguments)
            whole = png_file(shown.download, together, f"{result_names.of_seeds(together.info[RECIPE_KEY])}.png")
            labelled = len(planned.rows) > 1
            written = seeds.write(planned.seeds)
            listed = f"Seeds {written}" if len(planned.seeds) > 1 else f"Seed {written}"
            columns = 2 if len(files) <= 4 else 4  # one that is clicked on fills the gallery: it must not be low
            yield {
                shown.status: say(f"{listed}. Click on a picture to see it large."),
                shown.gallery: gr.Gallery(files, columns=columns, selected_index=None),
                shown.actions: gr.Column(visible=False),
                shown.strip: gr.Gallery(visible=False),
                shown.whole: gr.Image(whole if labelled else None, visible=labelled),
                shown.download: gr.DownloadButton(value=whole, interactive=True),
                shown.made: [path for path, _ in files],
            }

    def compare(*values: Any) -> Iterator[Changes]:
        planned = plan(*values)
        for progress in draw_truncations(engine, planned):
            if progress.result is None:
                yield {shown.status: progress_line(progress)}
                continue
            files = [
                (path, f"{share:g}")
                for (path, _), share in zip(saved_files(shown.strip, progress.result), TRUNCATIONS, strict=True)
            ]
            yield {
                shown.status: say(
                    f"Seed {planned.seeds[0]}, more and more varied. Click on one to use its truncation."
                ),
                shown.strip: gr.Gallery(files, visible=True),
            }

    def choose(paths: list[str], event: gr.SelectData) -> list[Any]:
        if event.index not in range(len(paths)):
            return [gr.skip()] * 3
        path = paths[event.index]
        with shown_errors():
            return [path, f"{say('Chosen')}: {chain.in_words(recipe_of_result(path))}", gr.Column(visible=True)]

    def keep(path: str) -> str:
        with shown_errors():
            return str(recipe_of_result(path)["parameters"]["seed"])

    def take_truncation(event: gr.SelectData) -> Any:
        return TRUNCATIONS[event.index] if event.index in range(len(TRUNCATIONS)) else gr.skip()

    outputs = [shown.gallery, shown.actions, shown.strip, shown.whole, shown.download, shown.made]
    triggers = [controls.start.click, controls.seed.submit]
    running = connect_job(triggers, controls.stop, shown.status, generate, settings, outputs)
    connect_job([controls.compare.click], controls.stop, shown.status, compare, settings, [shown.strip])
    controls.dice.click(lambda: str(random.randrange(DICE)), None, controls.seed, **QUIET).success(
        None, None, None, js=press(controls.start), **QUIET
    )
    shown.gallery.select(choose, shown.made, [shown.chosen, shown.title, shown.actions], **QUIET)
    shown.keep.click(keep, shown.chosen, controls.seed, **QUIET)
    shown.strip.select(take_truncation, None, controls.truncation, **QUIET)
    return running
