"""Put the tabs together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import gradio as gr

from imggen.engine.engine import Engine
from imggen.errors import ImageError, InputError
from imggen.imaging.limits import WORKING_PIXELS
from imggen.imaging.recipe import parse_recipe
from imggen.store.catalogue import from_folder
from imggen.store.runs import Runs
from imggen.store.visitor_models import VisitorModels
from imggen.tasks import TASKS
from imggen.ui import models_page, photo_job, runs_page, start_page, tabs
from imggen.ui.endpoints import models as list_models
from imggen.ui.photo_tab import PhotoTab, Surroundings
from imggen.ui.shared import compare, film_sources, formats, opening, repeating, repository, session_strip, several
from imggen.ui.shared.jobs import Changes
from imggen.ui.shared.latent_panel import Panel
from imggen.ui.shared.page import Page
from imggen.ui.shared.parts import QUIET, Sender, shown_errors
from imggen.ui.shared.sampling_panel import Results
from imggen.ui.words import say

EXAMPLES = Path(__file__).parent / "examples"
#: Which of them suit which photo tab: buildings and a night to relight, colours to paint, detail to enlarge.
SUITABLE = {
    "day_night": ("blackheads", "pagoda", "water-of-leith", "haupt-garden", "bund-at-night"),
    "style_transfer": ("row-houses", "colosseum", "petit-minou", "haukland-beach", "pagoda"),
    "super_resolution": ("london-eye", "pagoda", "haukland-beach", "blackheads"),
}
#: Scripts that name for screen readers what Gradio leaves without a name, and let keys do what it leaves to the mouse.
_SCRIPTS = [Path(__file__).parent / "names.js", Path(__file__).parent / "keys.js"]
VISITOR_MODELS = VisitorModels()
NO_VISITOR_MODELS = "This app offers its own models only: it was started so that visitors load none from the Hub."
#: A click on a list to search in selects what stands there, so that typing replaces it.
_SELECT = """() => {
  document.addEventListener('click', event => {
    if (event.target.matches('input[role=combobox]')) event.target.select();
  });
}"""
INTRODUCTION = """# imggen
Paint, relight, enlarge and invent pictures. Runs here: your photo goes to no other service."""


#: What adds a tab to the current Blocks, by task: ``build`` of the module in :mod:`imggen.ui.tabs` that is named after
#: the task.
TABS: dict[str, Callable[[Surroundings], Any]] = {
    task: import_module(f"{tabs.__name__}.{task}").build for task in TASKS
}


def build(
    engine: Engine,
    max_pixels: int = WORKING_PIXELS,
    visitors: VisitorModels | None = VISITOR_MODELS,
    may_remove: bool = False,
    runs: Path | None = None,
) -> gr.Blocks:
    """Build the app.

    Args:
        engine: runs the models.
        max_pixels: pixels of the largest photo that is worked on; larger ones are shrunk first.
        visitors: bounds for models that visitors load from the Hub; None where they may not.
        may_remove: whether whoever uses the page may delete downloads from this machine.
        runs: folder above the trainings that a page shows; None for no such page.
    """
    examples = {task: [str(EXAMPLES / f"{name}.jpg") for name in names] for task, names in SUITABLE.items()}
    surroundings = Surroundings(engine, max_pixels, examples)
    built: dict[str, Any] = {}
    with Page(title="imggen", delete_cache=(600, 3600)) as app:
        gr.Markdown(INTRODUCTION)
        with gr.Tabs(selected=start_page.TAB, overflow_behavior="wrap", elem_id="tabs") as bar:
            with gr.Tab("Start", id=start_page.TAB):
                connect_start = start_page.build(surroundings)
            for task in TASKS.values():
                # A tab whose models are all missing would be an empty promise.
                if not task.uses or any(engine.catalog.models(used) for used in task.uses):
                    with gr.Tab(task.title, id=task.tab):
                        built[task.id] = TABS[task.id](surroundings)
            with gr.Tab("Models", id=models_page.TAB) as models_tab:
                lists = repository.Lists(app, engine)
                models_page.build(surroundings, models_tab, bar, lists, visitors, may_remove)
            if runs is not None:
                with gr.Tab("Training", id=runs_page.TAB) as runs_tab:
                    _use_run(engine, lists, bar, runs_page.build(Runs(runs), runs_tab.select, engine.can_lend))
        if not built:
            gr.Markdown("There is no model. Start the app with --models and a checkpoint folder.")
        app.load(None, None, None, js=_SELECT, api_visibility="private")
        for script in _SCRIPTS:
            app.load(None, None, None, js=script.read_text(), api_visibility="private")
        strip, kept = session_strip.build()
        connect_start(built, bar)
        _join(built, bar)
        _open_again(app, built, bar, strip, kept)
        if visitors is not None:
            _hub_box(engine, lists, bar, visitors)
        else:
            gr.Markdown(NO_VISITOR_MODELS)
        list_models.build(engine)
    return app


def _use_run(engine: Engine, lists: repository.Lists, bar: gr.Tabs, page: runs_page.RunsPage) -> None:
    """Let the model of a training be used in its tab, by whoever asks for it."""

    def use(name: Any) -> Changes:
        with shown_errors():
            run = page.runs.get(name)
            if run is None:
                raise InputError("This training is not there any more.")
            info = from_folder(run.folder)
            if info.task not in lists.by_task:
                raise InputError(f"{run.name} is made for {info.task!r}, which no tab here does.")
            info = replace(info, title=f"{info.title} ({run.name})")  # several trainings may make models of one title
            engine.catalog.lend(info, engine.catalog.session())
        return {bar: gr.Tabs(selected=TASKS[info.task].tab), **lists.refreshed(info)}

    page.use.click(use, page.chosen, [bar, *lists.blocks()], **QUIET)


def _hub_box(engine: Engine, lists: repository.Lists, bar: gr.Tabs, visitors: VisitorModels) -> None:
    """Below every tab but the page of models, which has its own: what loads a model from the Hub and opens its tab."""
    with gr.Accordion("Use another model from the Hub", open=False, elem_id="hub"):
        repository.build(
            "hub", lists, engine, visitors, lambda info: {bar: gr.Tabs(selected=TASKS[info.task].tab)}, [bar]
        )


def _join(built: dict[str, Any], bar: gr.Tabs) -> None:
    """Let results go on from one tab to another."""
    photos = {task: tab for task, tab in built.items() if isinstance(tab, PhotoTab)}
    for tab in built.values():
        results = {PhotoTab: "result", Results: "chosen", Panel: "frame"}.get(type(tab))
        if results is None:
            continue
        for task, button in tab.senders.items():
            sender = Sender(button, getattr(tab, results))
            if task in photos:
                photo_job.take_from(sender, bar, photos[task])
            elif task in built:
                film_sources.take_photo(sender, bar, built[task])
            else:
                button.visible = False
        if isinstance(tab, Results):
            film_sources.take_sample(tab, bar, built["interpolation"])


def _open_again(app: gr.Blocks, built: dict[str, Any], bar: gr.Tabs, strip: gr.Gallery, kept: gr.State) -> None:
    """Let links, pictures of other tabs and the strip of results open a tab with its settings."""
    places = {task: tab.reopened for task, tab in built.items() if hasattr(tab, "reopened")}
    outputs = [bar, *places.values()]
    tab_ids = [tab.id for tab in bar.children if isinstance(tab, gr.Tab)]
    photos = {task: tab for task, tab in built.items() if isinstance(tab, PhotoTab)}

    def opened(made: Any) -> Changes:
        with shown_errors():
            return opening.opened(parse_recipe(made) or {"task": ""}, bar, places)

    def open_link(query: str | None) -> Changes:
        try:
            made = parse_recipe(opening.recipe_from(query))
        except ImageError:
            gr.Warning(say("This link holds settings that make no sense; they were left out."))
            return {bar: gr.skip()}
        return opened(made)

    # Handlers of what the address holds, not of the load event: a page without a query asks nothing of the server.
    tab, settings = gr.Textbox("", visible=False), gr.Textbox("", visible=False)
    app.load(None, None, [tab, settings], js=opening.READ_ADDRESS, **QUIET)
    tab.change(lambda tab: gr.Tabs(selected=tab) if tab in tab_ids else gr.skip(), tab, bar, **QUIET)
    settings.change(open_link, settings, outputs, **QUIET)
    session_strip.connect(strip, kept, outputs, opened)
    bar.change(None, None, None, js=opening.TAB_IN_ADDRESS, **QUIET)
    for tab in built.values():
        if isinstance(tab, PhotoTab):
            tab.elsewhere.click(opened, tab.recipe, outputs, **QUIET)
            compare.build(tab)
            several.build(tab)
            jobs = [tab.running, repeating.connect(tab, photos)]
            formats.connect(tab.form, tab.result, jobs)
            for running in jobs:
                session_strip.follow(running, tab.pair, tab.result, strip, kept)
        elif isinstance(tab, Results):
            session_strip.follow(tab.running, tab.download, tab.download, strip, kept)
            if tab.words is not None:
                for running in tab.words.jobs:
                    session_strip.follow(running, tab.words.picture, tab.words.picture, strip, kept)
        elif isinstance(tab, Panel):
            session_strip.follow(tab.running, tab.frame, tab.film, strip, kept)
