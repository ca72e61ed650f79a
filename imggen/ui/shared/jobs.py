"""Run a job from the page: what tells how far it is and what went wrong, and the button that stops it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component
from gradio.events import Dependency

from imggen.ui.shared.cards import plain
from imggen.ui.shared.parts import JOBS, QUIET, shown_errors
from imggen.ui.words import say

#: Brings the status line, and the result below it, into view where the page is one column: on a phone.
_SHOW = """() => {
  if (innerWidth <= 640) document.getElementById('%s').scrollIntoView({behavior: 'smooth', block: 'start'});
}"""
#: Notes in the page, at once, that a job is to be stopped, and shows that the press was heard; ``imggenSay`` of
#: ``names.js`` translates.
_STOPPING = "() => [true, {__type__: 'update', value: window.imggenSay('Stopping'), interactive: false}]"
#: What handlers give back: new values of some of their outputs.
Changes = dict[Block, Any]


class Running(NamedTuple):
    """A job that the page can run.

    Attributes:
        event: for other events to cancel.
        words: what the status line says once the job was cancelled by another event than its button's, which sets them.
    """

    event: Dependency
    words: gr.State


def build_buttons(name: str, words: str, main: bool = True) -> tuple[gr.Button, gr.Button]:
    """Add the buttons that start and stop a job; the second shows only while it runs.

    Args:
        name: begins the elements' ids.
        words: on the first.
        main: whether this is the job of the tab, whose buttons a phone shows at the bottom of the screen all the time.
    """
    with gr.Row(elem_classes="start-row" if main else None):
        start = gr.Button(words, variant="primary", min_width=100, elem_id=f"{name}-start")
        stop = gr.Button("Stop", variant="stop", min_width=100, visible=False, elem_id=f"{name}-stop")
    return start, stop


def press(button: gr.Button) -> str:
    """A script that presses a button: what starts a job in another way ends and stops as if its button was pressed."""
    return f"() => document.getElementById('{button.elem_id}').click()"


def connect_job(
    triggers: Sequence[Any],
    stop: gr.Button,
    status: gr.Markdown,
    handler: Callable[..., Iterator[Changes]],
    inputs: Sequence[Component],
    outputs: Sequence[Block],
    stopped: str = "Stopped.",
) -> Running:
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
    words = gr.State("")
    pressed = gr.Checkbox(visible=False)  # whether the button has been pressed; kept by the page, which needs no answer

    # Of two values that follow each other at once, Gradio's client writes the second over the first before the page has
    # taken it, where they are new properties. So every value shows the button, and the last one is the job's result: an
    # event of its own hides the button.
    running_now: Changes = {stop: gr.update(visible=True)}

    def run(*values: Any) -> Iterator[Changes]:
        yield {stop: stop_button(visible=True), pressed: False, words: "", status: say("Starting")}
        try:
            with shown_errors():
                for changes in handler(*values):
                    yield {**running_now, **changes}
        except gr.Error as error:
            yield {**running_now, status: f"**{plain(say(error.message))}**"}
            raise

    def stop_button(visible: bool) -> gr.Button:
        return gr.Button(say("Stop"), interactive=True, visible=visible)

    def ended_early(was_pressed: bool, words: str) -> list[Any]:
        return [say(stopped) if was_pressed else words or gr.skip(), "", stop_button(visible=False)]

    every = list(dict.fromkeys([status, stop, pressed, words, *outputs]))
    running = gr.on(triggers, run, list(inputs), every, **JOBS, **QUIET)
    if status.elem_id is not None:
        gr.on(triggers, None, None, None, js=_SHOW % status.elem_id, api_visibility="private")
    running.success(lambda: stop_button(visible=False), None, stop, **QUIET, queue=False)
    stop.click(None, None, [pressed, stop], cancels=[running], js=_STOPPING, api_visibility="private")
    # The page takes a stopped event for a failed one once it is over. The words come no sooner: until then progress may
    # still arrive, and a press on start is ignored.
    running.failure(ended_early, [pressed, words], [status, words, stop], **QUIET, queue=False)
    return Running(running, words)
