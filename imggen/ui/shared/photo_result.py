"""What the tabs share that turn one photo into another: the buttons, and the column where the result appears."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import gradio as gr
from PIL import Image

from imggen.ui.shared.parts import JOBS, Sender, before_and_after, let_stop, png_file


class ResultColumn(NamedTuple):
    """What the column holds; a tab's handler gives new values of all, in this order."""

    status: gr.Markdown
    pair: gr.ImageSlider
    download: gr.DownloadButton
    upscale: gr.Button

    @property
    def sender(self) -> Sender:
        """What sends the result to the super-resolution tab."""
        return Sender(self.upscale, self.download)


def build_buttons(name: str, words: str) -> tuple[gr.Button, gr.Button]:
    """Add the buttons that start and stop.

    Args:
        name: begins the elements' ids.
        words: on the first.
    """
    with gr.Row():
        start = gr.Button(words, variant="primary", min_width=100, elem_id=f"{name}-start")
        stop = gr.Button("Stop", variant="stop", min_width=100, elem_id=f"{name}-stop")
    return start, stop


def build_result(name: str, words: str, welcome: str) -> tuple[tuple[gr.Button, gr.Button], ResultColumn]:
    """Add the column, with the buttons above it: what they do is seen where they are pressed.

    Args:
        name: begins the elements' ids.
        words: on the button that starts.
        welcome: what the status line says at first.

    Returns:
        The buttons that start and stop, and the column.
    """
    with gr.Column(scale=3, min_width=320):
        buttons = build_buttons(name, words)
        status = gr.Markdown(welcome, elem_id=f"{name}-status")
        pair = gr.ImageSlider(
            label="Before | after", format="png", type="filepath", interactive=False, elem_id=f"{name}-pair"
        )
        with gr.Row():
            download = gr.DownloadButton("Download the full PNG", interactive=False, elem_id=f"{name}-download")
            upscale = gr.Button("Upscale it 4x", interactive=False, elem_id=f"{name}-upscale")
    return buttons, ResultColumn(status, pair, download, upscale)


def only_status(line: str) -> list[Any]:
    """The column's values while there is nothing to show."""
    return [line, gr.skip(), gr.skip(), gr.skip()]


def result_values(column: ResultColumn, line: str, before: Image.Image, after: Image.Image, name: str) -> list[Any]:
    """The column's values with a picture.

    Args:
        column: where it will be shown.
        line: for the status.
        before: the photo.
        after: what was made of it, with its recipe.
        name: of the file to download.
    """
    path = png_file(column.download, after, name)
    return [
        line,
        before_and_after(before, after),
        gr.DownloadButton(value=path, interactive=True),
        gr.Button(interactive=True),
    ]


def connect(
    buttons: tuple[gr.Button, gr.Button],
    handler: Callable[..., Any],
    inputs: list[gr.components.Component],
    column: ResultColumn,
) -> None:
    """Let the buttons start and stop a handler that yields values of the column."""
    start, stop = buttons
    running = start.click(
        handler,
        inputs,
        list(column),
        **JOBS,
        api_visibility="private",
        show_progress="minimal",
        show_progress_on=[column.pair],
    )
    let_stop(stop, [running], column.status)
