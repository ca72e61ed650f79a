"""Put the tabs together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from imggen.engine.engine import Engine
from imggen.imaging.decode import MAX_PIXELS
from imggen.store.catalogue import HubFile
from imggen.tasks import TASKS
from imggen.ui.shared import repository
from imggen.ui.shared.parts import Page, Sender
from imggen.ui.shared.sampling_panel import Results
from imggen.ui.tabs import conditional, day_night, interpolation, sampling, style_transfer, super_resolution

EXAMPLES = Path(__file__).parent / "examples"
#: What :meth:`gradio.Blocks.launch` takes as ``css_paths``.
LOOK = Path(__file__).parent / "look.css"
INTRODUCTION = """# imggen
Pictures from small networks that run right here: no other service sees what you upload."""


def build(engine: Engine, max_pixels: int = MAX_PIXELS) -> gr.Blocks:
    """Build the app.

    Args:
        engine: runs the models.
        max_pixels: largest picture accepted, in pixels.
    """
    examples = [str(path) for path in sorted(EXAMPLES.glob("*.jpg"))]
    with Page(title="imggen", delete_cache=(600, 3600)) as app:
        gr.Markdown(INTRODUCTION)
        sampled: list[Results] = []
        senders: list[Sender] = []
        with gr.Tabs(selected=_first_that_answers(engine)) as tabs:
            # A tab without a model would be an empty promise: these appear when there is one, as with --models.
            if engine.catalog.models("sampling"):
                with _tab("sampling"):
                    sampled.append(sampling.build(engine))
            if engine.catalog.models("conditional"):
                with _tab("conditional"):
                    sampled.append(conditional.build(engine))
            if interpolation.offered(engine):
                with _tab("interpolation"):
                    panel = interpolation.build(engine, max_pixels)
            if engine.catalog.models("day_night"):
                with _tab("day_night"):
                    senders.append(day_night.build(engine, max_pixels, examples))
            if engine.catalog.models("style_transfer"):
                with _tab("style_transfer"):
                    senders.append(style_transfer.build(engine, max_pixels, examples))
            with _tab("super_resolution"):
                photo = super_resolution.build(engine, max_pixels, examples)
        for shown in sampled:
            senders.append(Sender(shown.upscale, shown.chosen))
            interpolation.take_from(shown, tabs, panel)
        for sender in senders:
            super_resolution.take_from(sender, tabs, photo)
        repository.build(engine, app, tabs)
        _models_endpoint(engine)
    return app


def _tab(task: str) -> gr.Tab:
    return gr.Tab(TASKS[task].title, id=TASKS[task].tab)


def _first_that_answers(engine: Engine) -> str:
    """The first tab with a model on this machine: nobody's first click should be a download."""
    for task in TASKS.values():
        if any(isinstance(info.source, Path) for used in task.uses for info in engine.catalog.models(used)):
            return task.tab
    return TASKS["super_resolution"].tab


def _models_endpoint(engine: Engine) -> None:
    def models(task: str) -> list[dict[str, Any]]:
        """List the models; an empty task lists all."""
        return [
            {
                "id": info.id,
                "task": info.task,
                "title": info.title,
                "architecture": info.architecture,
                "license": info.license,
                "sha256": info.sha256,
                "size_bytes": info.size_bytes,
                "base_model": info.base_model,
                "class_names": info.class_names,
                "source": info.source.repo_id if isinstance(info.source, HubFile) else "local",
            }
            for info in engine.catalog.models(task or None)
        ]

    task = gr.Textbox("", visible=False, label="task")
    listing = gr.JSON(visible=False, label="models")
    gr.Button(visible=False).click(models, task, listing, api_name="models")
