"""The page of trainings: how far each below a folder is, its newest sample sheet and its losses, while they change."""

from __future__ import annotations

import html
import shlex
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import gradio as gr
import pandas as pd
from gradio.blocks import Block
from PIL import Image

from imggen.errors import ImageError
from imggen.imaging.decode import open_image
from imggen.store.run_log import Losses
from imggen.store.runs import Run, Runs
from imggen.ui.shared.cards import plain
from imggen.ui.shared.parts import QUIET
from imggen.ui.words import say

TAB = "training"
#: Seconds between two looks at the folder.
EVERY = 5.0
#: Curves that are shown at most; the trainers have fewer.
_CURVES = 16
#: Points of a curve at most: more than its picture is wide would be drawn on top of each other.
_POINTS = 300
_COLUMNS = ("Training", "Model", "Recipe", "Progress", "Left", "State")
#: Name of the curve that is no loss.
_RATE = "learning rate"
_WORDS = {"silent": "no news", "unknown": "told nothing"}
_QUICK: dict[str, Any] = {**QUIET, "queue": False}


class RunsPage(NamedTuple):
    """What other parts of the app connect with.

    Attributes:
        runs: looks after the trainings.
        chosen: name of the one that is shown.
        use: asks for its model in the tabs; hidden where there is none.
    """

    runs: Runs
    chosen: gr.Dropdown
    use: gr.Button


def build(runs: Runs, opens: Any, can_use: bool = False) -> RunsPage:
    """Add the page to the current Blocks. It looks at the folder once it is opened, and from then on by itself.

    Args:
        runs: looks after the trainings.
        opens: the event with which the page opens, such as ``tab.select``.
        can_use: whether :attr:`RunsPage.use` is connected with something.
    """
    timer = gr.Timer(EVERY, active=False)
    shown = gr.State({})
    status = gr.Markdown("", elem_id="runs-status")
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            chosen = gr.Dropdown([], label="Training", elem_id="runs-run")
            facts = gr.Markdown("", elem_id="runs-facts")
            use = gr.Button("Use it in the tabs", size="sm", visible=False, elem_id="runs-use")
        with gr.Column(scale=3, min_width=320):
            sheet = gr.Image(
                show_label=False, format="png", type="filepath", interactive=False, visible=False,
                buttons=["download", "fullscreen"], elem_id="runs-sheet",
            )  # fmt: skip
    with gr.Row(elem_id="runs-curves"):
        curves = [
            gr.LinePlot(None, x="step", y="value", y_title=" ", visible=False, height=200, buttons=["fullscreen"])
            for _ in range(_CURVES)
        ]
    table = gr.HTML("", elem_id="runs-table")

    def look(name: Any, known: Any) -> dict[Block, Any]:
        """The outputs whose contents are not those that the page has: ``known`` says which these are."""
        found = runs.all()
        run = runs.get(name) or next(iter(found), None)
        told = dict(known) if isinstance(known, dict) else {}
        changes: dict[Block, Any] = {}

        def set_(block: Block, contents: Hashable, value: Any) -> None:
            if told.get(block._id) != contents:
                told[block._id], changes[block] = contents, value

        names = [each.name for each in found]
        picked = run.name if run else None
        set_(chosen, (tuple(names), picked), gr.Dropdown(names, value=picked, visible=len(names) > 1))
        for block, text in ((status, _overview(runs, found)), (facts, _facts(run)), (table, _table(found))):
            set_(block, text, text)
        usable = can_use and run is not None and run.can_be_used
        set_(use, usable, gr.Button(visible=usable))
        picture, drawn = _sheet(run, told.get(sheet._id))
        set_(sheet, drawn, gr.Image(picture, visible=picture is not None))
        lines = run.losses if run else ()
        contents = (picked, len(lines), lines[-1].step if lines else 0)
        if told.get("curves") != contents:
            told["curves"] = contents
            changes |= {plot: _plot(*curve) for plot, curve in zip(curves, _curves(lines), strict=True)}
        return {shown: told, **changes} if changes else {shown: gr.skip()}

    outputs = [shown, chosen, status, facts, table, use, sheet, *curves]
    timer.tick(look, [chosen, shown], outputs, **_QUICK)
    chosen.input(look, [chosen, shown], outputs, **_QUICK)
    opens(look, [chosen, shown], outputs, **_QUICK)
    opens(lambda: gr.Timer(active=True), None, timer, **_QUICK)
    return RunsPage(runs, chosen, use)


def duration(seconds: float) -> str:
    """A length of time in words for people, such as ``2 h 10 min``."""
    minutes, hours, days = round(seconds / 60), round(seconds / 3600), int(seconds // 86400)
    if seconds < 90:
        return say(f"{max(1, round(seconds))} s")
    if minutes < 90:
        return say(f"{minutes} min")
    if days < 2:
        return say(f"{int(minutes // 60)} h {minutes % 60} min")
    return say(f"{days} days {hours - 24 * days} h")


def _overview(runs: Runs, found: list[Run]) -> str:
    folder = plain(str(runs.folder))
    if not found:
        there = "" if runs.folder.is_dir() else " This folder is not there."
        return say(
            f"There is no training in **{folder}**.{there} Start one, and it appears here: "
            "`python train.py RECIPE --data PICTURES --output FOLDER`, with a FOLDER in there."
        )
    running = sum(run.state == "running" for run in found)
    return say(f"{len(found)} training{'s' if len(found) > 1 else ''} in **{folder}**, {running or 'none'} running.")


def _progress(run: Run) -> str:
    if not run.steps:
        return say(f"step {run.step:,}") if run.step else ""
    return say(f"step {run.step:,} of {run.steps:,} ({run.step / run.steps:.0%})")


def _facts(run: Run | None) -> str:
    """How a training is, in a few lines of Markdown."""
    if run is None:
        return ""
    lines = [f"### {plain(run.title or run.name)}"]
    at = _progress(run)
    again = say("The same command with `--resume` goes on.")
    match run.state:
        case "running" if run.seconds_per_step is None:
            lines.append(say(f"It has begun, at {at}. The time left is known after the first losses."))
        case "running":
            left = "" if run.seconds_left is None else f", {say(f'about **{duration(run.seconds_left)}** left')}"
            lines.append(say(f"It runs: {at}{left}; {run.seconds_per_step:.2g} s a step."))
        case "silent":
            lines.append(say(f"No news for long, since {at}: it may have been ended from outside.") + f" {again}")
        case "finished":
            lines.append(say(f"It is finished: {at}."))
        case "stopped":
            lines.append(say(f"It was stopped at {at}.") + f" {again}")
        case "failed":
            lines.append(f"{say(f'It failed at {at}')}: {plain(say(run.words))}")
        case "unknown":
            lines.append(
                say(
                    "There is no record of its progress that can be read: it has just begun, or a version before this "
                    "one made it."
                )
            )
    if run.sheet:
        lines.append(say(f"Newest sample sheet: step {int(run.sheet.stem):,}"))
    if run.recipe:
        lines.append(f"{say('Recipe')}: **{plain(run.recipe)}**")
    if run.can_be_used:
        what = "The model" if run.state == "finished" else "What it has learned so far"
        folder = shlex.quote(str(run.folder)).replace("`", "")
        lines.append(f"{say(f'{what} in the app')}: `python app.py --models {folder}`")
    return "\n\n".join(lines)


def _sheet(run: Run | None, before: Any) -> tuple[Image.Image | None, Hashable]:
    """The newest sheet and what tells it from others; a sheet that is just being written leaves the one before."""
    if run is None or run.sheet is None:
        return None, None
    try:
        drawn = (str(run.sheet), run.sheet.stat().st_mtime_ns)
        return (None, before) if drawn == before else (open_image(run.sheet), drawn)
    except (OSError, ImageError):
        of_this_run = before if isinstance(before, tuple) and before[0].startswith(str(run.folder)) else None
        return None, of_this_run


def _curves(lines: Sequence[Losses]) -> list[tuple[str, list[Losses]]]:
    """Names of the curves, the learning rate's last, each with the lines that have a value; then empty ones."""
    names = sorted({name for line in lines for name in line.values})[: _CURVES - 1]
    found = [(name, [line for line in lines if line.values.get(name) is not None]) for name in names]
    if lines:
        found.append((_RATE, list(lines)))
    return found + [("", [])] * (_CURVES - len(found))


def _plot(label: str, points: list[Losses]) -> gr.LinePlot:
    """A curve; where it has many points, the means of neighbouring ones."""
    if not points:
        return gr.LinePlot(visible=False)
    values = [line.lr if label == _RATE else line.values[label] for line in points]
    drawn = pd.DataFrame({"step": [line.step for line in points], "value": values})
    parts = -(-len(drawn) // _POINTS)
    drawn = drawn.groupby(drawn.index // parts).mean()
    return gr.LinePlot(drawn, title=say(label), visible=True)


def _table(found: list[Run]) -> str:
    """All trainings, where there are several."""
    if len(found) < 2:
        return ""
    rows = []
    for run in found:
        left = "" if run.seconds_left is None else duration(run.seconds_left)
        cells = (run.name, run.title, run.recipe, _progress(run), left, say(_WORDS.get(run.state, run.state)))
        rows.append("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th scope='col'>{say(name)}</th>" for name in _COLUMNS)
    return (
        f"<div class='models-scroll' tabindex='0'><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
