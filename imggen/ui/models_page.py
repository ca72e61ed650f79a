"""The page of models: what is here and what is offered, how good and how fast each is, and what can go again."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from imggen.engine.engine import Engine
from imggen.engine.jobs import Kind
from imggen.errors import ImageError, InputError
from imggen.imaging.decode import open_image
from imggen.metrics.typical_jobs import Timing, measure
from imggen.store import local_copies
from imggen.store.card import card_text, first_comparison, measurements, table_of
from imggen.store.file_names import NEAREST_NAME, PREVIEW_NAME
from imggen.store.model_info import HubFile, ModelInfo
from imggen.store.visitor_models import VisitorModels
from imggen.tasks import TASKS
from imggen.ui.photo_tab import Surroundings
from imggen.ui.shared import repository
from imggen.ui.shared.cards import plain, safe_html
from imggen.ui.shared.jobs import Changes, build_buttons, connect_job
from imggen.ui.shared.parts import QUIET, chosen_model, progress_line, shown_errors, trust_note, unchecked
from imggen.ui.words import say

TAB = "models"
_COLUMNS = ("Model", "For the tab", "Where", "Licence", "Size", "Measured quality", "Time here")
_SHEETS = {PREVIEW_NAME: "Samples", NEAREST_NAME: "Samples beside the training pictures nearest to them"}


def build(
    surroundings: Surroundings,
    tab: gr.Tab,
    bar: gr.Tabs,
    lists: repository.Lists,
    visitors: VisitorModels | None,
    may_remove: bool,
) -> None:
    """Add the page to the current Blocks.

    Args:
        surroundings: of the app.
        tab: the page is in.
        bar: of all tabs.
        lists: of models, in the tabs.
        visitors: bounds for models that visitors load from the Hub; None where they may not.
        may_remove: whether whoever uses the page may delete downloads from this machine.
    """
    engine = surroundings.engine
    timings: dict[str, Timing] = {}  # for everybody: it is the machine that was measured
    models = engine.catalog.models()
    first = models[0].id if models else None
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            model = unchecked(gr.Dropdown(_choices(engine), value=first, label="Model", elem_id="models-model"))
            start, stop = build_buttons("models", "Measure its time on this machine", main=False)
            status = gr.Markdown("", elem_id="models-status")
            facts = gr.Markdown(elem_id="models-facts")
            with gr.Row():
                use = gr.Button("Open its tab", size="sm", elem_id="models-use")
                remove = gr.Button("Remove the download", size="sm", visible=False, elem_id="models-remove")
            if visitors is not None:
                gr.Markdown("### Add a model")
                adding = gr.Column()
        with gr.Column(scale=3, min_width=320):
            sheets = gr.Gallery(
                show_label=False, columns=1, height="max-content", object_fit="contain", interactive=False,
                buttons=["fullscreen"], elem_id="models-sheets",
            )  # fmt: skip
            quality = gr.HTML(elem_id="models-quality")
    table = gr.HTML(elem_id="models-table")

    def shown(model_id: Any) -> Changes:
        info = chosen_model(engine, model_id)
        pictures = _sheets(info)
        return {
            facts: _facts(engine, info, timings),
            sheets: gr.Gallery(value=pictures, visible=bool(pictures)),
            quality: _quality(info),
            remove: gr.Button(visible=may_remove and local_copies.is_download(info)),
        }

    def choose(model_id: Any) -> Changes:
        with shown_errors():
            return {status: "", **shown(model_id)}

    def opened(model_id: Any) -> Changes:
        """What visitors have loaded meanwhile is listed too, and one that is gone is chosen no longer."""
        choices = _choices(engine)
        kept = model_id if model_id in [value for _, value in choices] else first
        told = shown(kept) if kept is not None else {}
        return {model: gr.Dropdown(choices, value=kept), table: _table(engine, timings), **told}

    def run(model_id: Any) -> Iterator[Changes]:
        info = chosen_model(engine, model_id)
        for progress in engine.stream(info.id, measure, Kind(TAB)):
            if progress.result is not None:
                timings[info.id] = progress.result
                told = f"{info.title}: {_time(progress.result)}"
                yield {status: plain(told), table: _table(engine, timings), **shown(info.id)}
            else:
                yield {status: progress_line(progress)}

    def take_away(model_id: Any) -> Changes:
        with shown_errors():
            info = chosen_model(engine, model_id)
            if not may_remove:
                raise InputError("Downloads can be removed at the machine itself only.")
            freed = local_copies.remove(info)
            engine.catalog.take_back(info.id, engine.catalog.session())
        told = say(f"The download of {info.title} is gone: {freed / 1e6:.1f} MB are free again.")
        return {status: plain(told), **opened(model_id)}

    def open_tab(model_id: Any) -> Changes:
        with shown_errors():
            info = chosen_model(engine, model_id)
        changes: Changes = {bar: gr.Tabs(selected=TASKS[info.task].tab)}
        return {**changes, **lists.refreshed(info)}

    everything = [facts, sheets, quality, remove, table, model]
    connect_job([start.click], stop, status, run, [model], everything)
    model.input(choose, model, [status, *everything], **QUIET)
    tab.select(opened, model, everything, **QUIET)
    remove.click(take_away, model, [status, *everything], **QUIET)
    use.click(open_tab, model, [bar, *lists.blocks()], **QUIET)
    if visitors is not None:
        with adding:
            repository.build("models-hub", lists, engine, visitors, lambda info: opened(info.id), everything)


def _choices(engine: Engine) -> list[tuple[str, str]]:
    marks = {"yours": " (yours)", "to download": " (to download)"}
    return [(say(info.title + marks.get(_where(engine, info), "")), info.id) for info in engine.catalog.models()]


def _where(engine: Engine, info: ModelInfo) -> str:
    if engine.catalog.is_own(info.id):
        return "yours"
    if local_copies.is_download(info):
        return "downloaded"
    if info.id in engine.catalog.lent(engine.catalog.session()):  # and no download: a training of this machine
        return "yours"
    return "to download" if engine.needs_download(info) else "ships with imggen"


def _size(info: ModelInfo) -> str:
    return f"{info.size_bytes / 1e6:.1f} MB"


def _time(timing: Timing) -> str:
    return say(f"{timing.seconds:.2f} s for {timing.what}")


def _card(info: ModelInfo) -> str:
    return (card_text(info.source) if isinstance(info.source, Path) else None) or ""


def _compared(info: ModelInfo) -> str:
    """The first measure of a model's card beside its floor, or what it is compared with."""
    found = first_comparison(_card(info))
    if found is None:
        return ""
    return f"{found.measure} {found.value}; {found.other} {found.other_value}"


def _facts(engine: Engine, info: ModelInfo, timings: dict[str, Timing]) -> str:
    """What there is to know in a few lines of Markdown."""
    timing = timings.get(info.id)
    speed = next((line for line in measurements(_card(info)).splitlines() if line.startswith("Speed: ")), "")
    lines = {
        "For the tab": say(TASKS[info.task].title),
        "Where": say(_where(engine, info)),
        "Licence": info.license or say("none named"),
        "Size": _size(info),
        "Made from": info.base_model or "",
        "Measured quality": _compared(info) or say("not measured"),
        "Time on this machine": _time(timing) if timing else say("not measured yet"),
        "Time on the machine of its card": speed.removeprefix("Speed: "),
    }
    about = f"{info.id}. {info.description}".strip()
    if isinstance(info.source, HubFile):
        about += f" {say(f'From {info.source.repo_id} on the Hugging Face Hub.')}{trust_note(info)}"
    told = "\n".join(f"- {say(name)}: **{plain(value)}**" for name, value in lines.items() if value)
    return f"### {plain(info.title)}\n{plain(about)}\n\n{told}"


def _sheets(info: ModelInfo) -> list[tuple[Image.Image, str]]:
    """The sheets of samples that a model comes with. They may be a stranger's."""
    found = []
    for name, words in _SHEETS.items():
        path = info.source / name if isinstance(info.source, Path) else None
        if path is not None and path.is_file():
            try:
                found.append((open_image(path), say(words)))
            except ImageError:  # a damaged sheet says nothing about the model
                continue
    return found


def _quality(info: ModelInfo) -> str:
    table = table_of(_card(info))
    if not table:
        return ""
    return f"<div class='models-scroll' tabindex='0'>{safe_html(chr(10).join(table))}</div>"


def _table(engine: Engine, timings: dict[str, Timing]) -> str:
    """All models, the operator's own first."""
    rows = []
    for info in engine.catalog.models():
        timing = timings.get(info.id)
        cells = (
            info.title,
            say(TASKS[info.task].title),
            say(_where(engine, info)),
            info.license,
            _size(info),
            _compared(info),
            _time(timing) if timing else say("not measured"),
        )
        rows.append("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th scope='col'>{say(name)}</th>" for name in _COLUMNS)
    return (
        f"<div class='models-scroll' tabindex='0'><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
