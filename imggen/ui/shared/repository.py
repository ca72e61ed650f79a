"""Use a model that somebody published on the Hub with this project's train.py: type ``owner/name``, look, load."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import gradio as gr

from imggen.engine.engine import Engine
from imggen.errors import ImggenError, InputError
from imggen.store.catalogue import downloaded, from_hub
from imggen.store.model_info import HubFile, ModelInfo
from imggen.store.visitor_models import VisitorModels, make_room
from imggen.tasks import TASKS
from imggen.ui.shared.cards import plain
from imggen.ui.shared.jobs import Changes, connect_job
from imggen.ui.shared.parts import model_label, progress_line, trust_note, unchecked

#: The list of models in the tab of each task, by its elem_id.
LISTS = {
    "sampling": "sampling-model",
    "conditional": "conditional-model",
    "interpolation": "interpolation-model",
    "style_transfer": "style-model",
    "day_night": "dn-model",
    "super_resolution": "sr-model",
}


def build(engine: Engine, app: gr.Blocks, tabs: gr.Tabs, bounds: VisitorModels) -> None:
    """Add the components and events to the current Blocks.

    Args:
        engine: runs the models.
        app: whose lists of models get what is loaded; the tabs must be there.
        tabs: of the app.
        bounds: for the models that visitors load.
    """
    lists = {LISTS[task]: unchecked(block) for task, block in lists_of_models(app).items()}
    at_first: dict[str, list[Any]] = {name: list(block.choices) for name, block in lists.items()}
    with gr.Accordion("Use another model from the Hub", open=False, elem_id="hub"):
        with gr.Row(equal_height=True):
            repository = gr.Textbox(
                label="Repository on the Hugging Face Hub",
                placeholder="owner/name",
                info="A model that was trained with this project's train.py and published.",
                max_lines=1,
                elem_id="hub-repository",
            )
            ask = gr.Button("Look it up", elem_id="hub-look-up")
        status = gr.Markdown("", elem_id="hub-status")
        with gr.Row(visible=False) as decision:
            load = gr.Button("Download and use it", variant="primary", elem_id="hub-load")
            stop = gr.Button("Stop", variant="stop", visible=False, elem_id="hub-stop")
    offered = engine.catalog.models()
    of_everybody = {each.source.repo_id if isinstance(each.source, HubFile) else each.id for each in offered}
    found = gr.State(None)
    added = gr.State([])

    def admit(repo_id: str, size_bytes: int) -> None:
        if repo_id not in of_everybody:
            make_room(repo_id, size_bytes, bounds)

    def look_up(name: str) -> Iterator[list[Any]]:
        try:
            repo_id = repository_id(name)
            yield [f"Asking the Hub about {plain(repo_id)}", None, gr.Row(visible=False)]
            admit(repo_id, 0)
            info = described(engine, repo_id)
            admit(repo_id, info.size_bytes)
        except ImggenError as error:
            yield [plain(str(error)), None, gr.Row(visible=False)]
        else:
            yield [summary(info), info, gr.Row(visible=True)]

    def use(info: ModelInfo | None, others: list[ModelInfo]) -> Iterator[Changes]:
        if info is None:
            raise InputError("Look up a repository first.")
        admit(info.id, info.size_bytes)
        for line in loading_steps(engine, info):
            yield {status: plain(line)}
        here = engine.catalog.get(info.id)
        known = [other for other in others if other.id != here.id] + [here]
        task = TASKS[here.task]
        changes: Changes = {decision: gr.Row(visible=False), added: known, tabs: gr.Tabs(selected=task.tab)}
        for name, block in lists.items():
            more = [(model_label(each, engine), each.id) for each in known if name in _lists_for(each.task)]
            choices = [*at_first[name], *more]
            changes[block] = gr.Dropdown(choices, value=here.id) if name == LISTS[task.id] else gr.Dropdown(choices)
        done = f"**{plain(here.title)}** is loaded: it is the model of the tab {task.title!r} now."
        yield {status: done, **changes}

    gr.on(
        [ask.click, repository.submit],
        look_up,
        repository,
        [status, found, decision],
        api_visibility="private",
        show_progress="hidden",
    )
    outputs = [decision, added, tabs, *lists.values()]
    connect_job([load.click], stop, status, use, [found, added], outputs, "Stopped. Nothing of it was kept.")


def lists_of_models(app: gr.Blocks) -> dict[str, gr.Dropdown]:
    """The lists of models of the tabs that are there, by task."""
    dropdowns = {block.elem_id: block for block in app.blocks.values() if isinstance(block, gr.Dropdown)}
    return {task: dropdowns[name] for task, name in LISTS.items() if name in dropdowns}


def _lists_for(task: str) -> list[str]:
    """The lists that the models of a task belong into."""
    return [LISTS[tab.id] for tab in TASKS.values() if task in tab.uses]


def repository_id(typed: object) -> str:
    """The repository that somebody means. Raises :class:`InputError` when it is none."""
    name = typed.strip().removeprefix("https://huggingface.co/").strip("/") if isinstance(typed, str) else ""
    if not re.fullmatch(r"[\w.-]{1,96}/[\w.-]{1,96}", name, re.ASCII):
        raise InputError("Type a repository as owner/name.")
    return name


def described(engine: Engine, repo_id: str) -> ModelInfo:
    """What a repository holds, asked of the Hub. Raises :class:`ImggenError` with a sentence."""
    info = from_hub(repo_id, offline=engine.offline)
    if not _lists_for(info.task):
        raise InputError(f"{repo_id} is made for {info.task!r}, which no tab here does.")
    if info.size_bytes > engine.memory_budget:
        room = engine.memory_budget / 1e6
        raise InputError(f"{repo_id} has {info.size_bytes / 1e6:.0f} MB, and there is room for {room:.0f} MB.")
    return info


def summary(info: ModelInfo) -> str:
    """What a person should know before the download."""
    size = f"{info.size_bytes / 1e6:.1f} MB"
    license = f"the licence {info.license}" if info.license else "no licence named"
    what = f"({info.id}) for the tab {TASKS[info.task].title!r}: {size}, {license}.{trust_note(info)}"
    return f"**{plain(info.title)}** {plain(what)}"


def loading_steps(engine: Engine, info: ModelInfo) -> Iterator[str]:
    """Download and load a model for this visitor, saying how far it is.

    If this does not come to its end, the visitor has what was there before.

    Raises:
        ImggenError: with a sentence.
    """
    catalog = engine.catalog
    session = catalog.session()
    before = catalog.lent(session).get(info.id)
    catalog.lend(info, session)
    try:
        for progress in engine.load(info.id):
            yield progress_line(progress)
        catalog.lend(downloaded(info, offline=engine.offline), session)  # the file may be gone while it is in memory
    except BaseException:
        catalog.take_back(info.id, session)
        if before is not None:
            catalog.lend(before, session)
        raise
