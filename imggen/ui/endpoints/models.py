"""``/models``: which models the other endpoints take."""

from __future__ import annotations

from typing import Any

import gradio as gr

from imggen.engine.engine import Engine
from imggen.store.model_info import HubFile


def build(engine: Engine) -> None:
    """Add the endpoint to the current Blocks."""

    def models(task: str) -> list[dict[str, Any]]:
        """List the models that the other endpoints take.

        Args:
            task: one of the six jobs, such as style_transfer; all of them where it is empty.
        Returns:
            For each model its id, task, title, licence, size and classes.
        """
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
