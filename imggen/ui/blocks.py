"""Put the tabs together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from imggen.catalog import HubFile
from imggen.engine import Engine
from imggen.images import MAX_PIXELS
from imggen.ui import sampling, super_resolution

EXAMPLES = Path(__file__).parent / "examples"
INTRODUCTION = """# imggen
Pictures from small networks that run right here: no other service sees what you upload."""


def build(engine: Engine, max_pixels: int = MAX_PIXELS) -> gr.Blocks:
    """Build the app.

    Args:
        engine: runs the models.
        max_pixels: largest picture accepted, in pixels.
    """
    examples = [str(path) for path in sorted(EXAMPLES.glob("*.jpg"))]
    with gr.Blocks(title="imggen", delete_cache=(600, 3600)) as app:
        gr.Markdown(INTRODUCTION)
        with gr.Tabs():
            # A tab without a model would be an empty promise: these appear when there is one, as with --models.
            if engine.catalog.models("sampling"):
                with gr.Tab("Random sampling", id="sampling"):
                    sampling.build_sampling(engine, max_pixels)
            if engine.catalog.models("conditional"):
                with gr.Tab("Conditional generation", id="conditional"):
                    sampling.build_conditional(engine, max_pixels)
            with gr.Tab("4x super-resolution", id="super-resolution"):
                super_resolution.build(engine, max_pixels, examples)
        _models_endpoint(engine)
    return app


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
