"""Use a model that somebody published on the Hub with this project's train.py: type ``owner/name``, look, load."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr
from gradio.blocks import Block

from imggen.engine.engine import Engine
from imggen.errors import ImggenError, InputError
from imggen.store.catalogue import downloaded, from_hub
from imggen.store.model_info import HubFile, ModelInfo
from imggen.store.visitor_models import VisitorModels, make_room
from imggen.tasks import TASKS
from imggen.ui.shared.cards import plain
from imggen.ui.shared.jobs import Changes, connect_job
from imggen.ui.shared.parts import QUIET, model_label, progress_line, trust_note, unchecked
from imggen.ui.words import say

#: The list of models in the tab of each task, by its elem_id.
LISTS = {
    "sampling": "sampling-model",
    "conditional": "conditional-model",
    "interpolation": "interpolation-model",
    "style_transfer": "style-model",
    "day_night": "dn-model",
    "super_resolution": "sr-model",
}


class Lists:
    """The lists of models of the tabs that are there.

    Args:
        app: with its tabs.
        engine: runs the models.

    Attributes:
        by_task: the lists.
    """

    def __init__(self, app: gr.Blocks, engine: Engine) -> None:
        dropdowns = {block.elem_id: block for block in app.blocks.values() if isinstance(block, gr.Dropdown)}
        self.by_task = {task: unchecked(dropdowns[name]) for task, name in LISTS.items() if name in dropdowns}
        self._at_first = {task: list(block.choices) for task, block in self.by_task.items()}
        self._engine = engine

    def blocks(self) -> list[gr.Dropdown]:
        """The lists, as outputs of an event."""
        return list(self.by_task.values())

    def refreshed(self, chosen: ModelInfo | None = None) -> Changes:
        """The lists with what was lent to this visitor.

        Args:
            chosen: a model that its task's tab shall use, if it offers it.
        """
        lent = self._engine.catalog.lent(self._engine.catalog.session()).values()
        changes: Changes = {}
        for task, block in self.by_task.items():
            choices: list[Any] = list(self._at_first[task])
            there = [model_id for _, model_id in choices]
            more = [info for info in lent if info.task in TASKS[task].uses and info.id not in there]
            choices += [(model_label(info, self._engine), info.id) for info in more]
            offered = [model_id for _, model_id in choices]
            if chosen is not None and chosen.task == task and chosen.id in offered:
                changes[block] = gr.Dropdown(choices, value=chosen.id)
            else:
                changes[block] = gr.Dropdown(choices)
        return changes


def build(
    name: str,
    lists: Lists,
    engine: Engine,
    bounds: VisitorModels,
    then: Callable[[ModelInfo], Changes],
    outputs: Sequence[Block],
) -> None:
    """Add the components and events to the current Blocks.

    Args:
        name: begins the elements' ids.
        lists: get what is loaded.
        engine: runs the models.
        bounds: for the models that visitors load.
        then: what else changes in the page once a model is loaded.
        outputs: of ``then``.
    """
    with gr.Row(equal_height=True):
        repository = gr.Textbox(
            label="Repository on the Hugging Face Hub",
            placeholder="owner/name",
            info="A model that was trained with this project's train.py and published.",
            max_lines=1,
            scale=3,
            min_width=240,
            elem_id=f"{name}-repository",
        )
        ask = gr.Button("Look it up", min_width=110, elem_id=f"{name}-look-up")
    status = gr.Markdown("", elem_id=f"{name}-status")
    with gr.Row(visible=False) as decision:
        load = gr.Button("Download and use it", variant="primary", elem_id=f"{name}-load")
        stop = gr.Button("Stop", variant="stop", visible=False, elem_id=f"{name}-stop")
    offered = engine.catalog.models()
    of_everybody = {each.source.repo_id if isinstance(each.source, HubFile) else each.id for each in offered}
    found = gr.State(None)

    def admit(repo_id: str, size_bytes: int) -> None:
        if repo_id not in of_everybody:
            make_room(repo_id, size_bytes, bounds)

    def look_up(typed: str) -> Iterator[list[Any]]:
        try:
            repo_id = repository_id(typed)
            yield [say(f"Asking the Hub about {plain(repo_id)}"), None, gr.Row(visible=False)]
            admit(repo_id, 0)
            info = described(engine, repo_id)
            admit(repo_id, info.size_bytes)
        except ImggenError as error:
            yield [plain(say(str(error))), None, gr.Row(visible=False)]
        else:
            yield [summary(info), info, gr.Row(visible=True)]

    def use(info: ModelInfo | None) -> Iterator[Changes]:
        if info is None:
            raise InputError("Look up a repository first.")
        admit(info.id, info.size_bytes)
        for line in loading_steps(engine, info):
            yield {status: plain(line)}
        here = engine.catalog.get(info.id)
        done = say(f"**{plain(here.title)}** is loaded: it is the model of the tab {TASKS[here.task].title!r} now.")
        yield {status: done, decision: gr.Row(visible=False), **lists.refreshed(here), **then(here)}

    gr.on(
        [ask.click, repository.submit],
        look_up,
        repository,
        [status, found, decision],
        **QUIET,
    )
    changed = [decision, *lists.blocks(), *outputs]
    connect_job([load.click], stop, status, use, [found], changed, "Stopped. Nothing of it was kept.")


def repository_id(typed: object) -> str:
    """The repository that somebody means. Raises :class:`InputError` when it is none."""
    name = typed.strip().removeprefix("https://huggingface.co/").strip("/") if isinstance(typed, str) else ""
    if not re.fullmatch(r"[\w.-]{1,96}/[\w.-]{1,96}", name, re.ASCII):
        raise InputError("Type a repository as owner/name.")
    return name


def described(engine: Engine, repo_id: str) -> ModelInfo:
    """What a repository holds, asked of the Hub. Raises :class:`ImggenError`."""
    info = from_hub(repo_id, offline=engine.offline)
    if not any(info.task in task.uses for task in TASKS.values()):
        raise InputError(f"{repo_id} is made for {info.task!r}, which no tab here does.")
    if info.size_bytes > engine.memory_budget:
        room = engine.memory_budget / 1e6
        raise InputError(f"{repo_id} has {info.size_bytes / 1e6:.0f} MB, and there is room for {room:.0f} MB.")
    return info


def summary(info: ModelInfo) -> str:
    """What a person should know before the download."""
    size = f"{info.size_bytes / 1e6:.1f} MB"
    license = f"the licence {info.license}" if info.license else "no licence named"
    what = say(f"({info.id}) for the tab {TASKS[info.task].title!r}: {size}, {license}.")
    return f"**{plain(info.title)}** {plain(what + trust_note(info))}"


def loading_steps(engine: Engine, info: ModelInfo) -> Iterator[str]:
    """Download and load a model for this visitor, saying how far it is.

    If this does not come to its end, the visitor has what was there before.

    Raises:
        ImggenError: with an error message for the user.
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
