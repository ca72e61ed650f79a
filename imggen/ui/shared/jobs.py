"""Run a job from the page: what tells how far it is and what went wrong, and the button that stops it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component
from gradio.events import Dependency

from imggen.ui.shared.cards import plain
from imggen.ui.shared.parts import JOBS, shown_errors

#: What handlers give back: new values of some of their outputs.
Changes = dict[Block, Any]


def build_buttons(name: str, words: str) -> tuple[gr.Button, gr.Button]:
    """Add the buttons that start and stop a job; the second shows only while it runs.

    Args:
        name: begins the elements' ids.
        words: on the first.
    """
    with gr.Row():
        start = gr.Button(words, variant="primary", min_width=100, elem_id=f"{name}-start")
        stop = gr.Button("Stop", variant="stop", min_width=100, visible=False, elem_id=f"{name}-stop")
    return start, stop


def connect_job(
    triggers: Sequence[Any],
    stop: gr.Button,
    status: gr.Markdown,
    handler: Callable[..., Iterator[Changes]],
    inputs: Sequence[Component],
    outputs: Sequence[Block],
    stopped: str = "Stopped.",
) -> Dependency:
    """Let a job start and stop. What it ends with stays in its status line, where a toast fades.

    Args:
        triggers: events that start it.
        stop: stops it.
        status: shows the progress, and the sentence of an :class:`ImggenError`.
        handler: yields new values of ``outputs`` and ``status``.
        inputs: of the handler.
        outputs: of the handler, beside ``status``.
        stopped: what the status line says after ``stop``.
    """
    pressed = gr.State(False)

    def run(*values: Any) -> Iterator[Changes]:
        yield {pressed: False, stop: gr.Button(visible=True), status: "Starting"}
        try:
            with shown_errors():
                yield from handler(*values)
        except gr.Error as error:
            yield {status: f"**{plain(error.message)}**"}
            raise
        yield {stop: gr.Button(visible=False)}

    def ended_early(pressed: bool) -> list[Any]:
        return [stopped if pressed else gr.skip(), False, gr.Button(visible=False)]

    async def press() -> bool:
        return True

    quick: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
    every = list(dict.fromkeys([status, stop, pressed, *outputs]))
    running = gr.on(triggers, run, list(inputs), every, **JOBS, api_visibility="private", show_progress="hidden")
    stop.click(press, None, pressed, cancels=[running], **quick)
    # The page takes a stopped event for a failed one once it is over. Words that follow the button's own event can come
    # before that, while progress still arrives and a press on start is ignored.
    running.failure(ended_early, pressed, [status, pressed, stop], **quick)
    return running
