"""The table of tasks, and the registries keyed by it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import imggen
from imggen.engine.loading import LOADERS
from imggen.metrics.evaluators import EVALUATORS
from imggen.tasks import TASKS
from imggen.training import TRAINERS
from imggen.ui.blocks import TABS
from imggen.ui.shared.repository import LISTS


def test_every_task_with_models_can_be_loaded_trained_and_measured() -> None:
    with_models = {task.id for task in TASKS.values() if task.has_models}
    assert set(LOADERS) == set(TRAINERS) == set(EVALUATORS) == with_models


def test_every_task_has_a_tab_with_a_list_of_models() -> None:
    assert set(LISTS) == set(TABS) == {task.id for task in TASKS.values() if task.uses}


def test_tasks_use_only_tasks_with_models() -> None:
    assert all(TASKS[used].has_models for task in TASKS.values() for used in task.uses)


GREYSCALE_PIPELINE = '''
"""Pictures without colour."""

from PIL import Image

from imggen.imaging.decode import open_image


def to_grey(image: Image.Image) -> Image.Image:
    """Take the colour out of a picture."""
    return open_image(image).convert("L").convert("RGB")
'''
GREYSCALE_TAB = '''
"""The greyscale tab."""

import gradio as gr

from imggen.pipelines.greyscale import to_grey
from imggen.ui.photo_tab import Surroundings
from imggen.ui.shared.parts import photo_input


def build(surroundings: Surroundings) -> None:
    """Add the tab's components and events to the current Blocks."""
    photo = photo_input(label="Photo")
    result = gr.Image(format="png", label="Without colour")
    gr.Button("Take the colour out").click(to_grey, photo, result, api_name="greyscale")
'''
GREYSCALE_CHECK = """
from imggen.engine.engine import Engine
from imggen.ui import blocks
app = blocks.build(Engine())
labels = [block.label for block in app.blocks.values() if block.get_block_name() == "tabitem"]
print(labels[-2], "/greyscale" in app.get_api_info()["named_endpoints"])
"""


def test_a_seventh_tab_is_a_row_and_two_files(tmp_path: Path) -> None:
    """The walk in CONTRIBUTING.md, on a copy."""
    package = Path(imggen.__file__).parent
    shutil.copytree(package, tmp_path / "imggen", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "weights").symlink_to(package.parent / "weights")
    (tmp_path / "imggen" / "pipelines" / "greyscale.py").write_text(GREYSCALE_PIPELINE)
    (tmp_path / "imggen" / "ui" / "tabs" / "greyscale.py").write_text(GREYSCALE_TAB)
    table = tmp_path / "imggen" / "tasks.py"
    last = '        Task("super_resolution",'
    row = '        Task("greyscale", "Greyscale", "", ()),\n'
    text = table.read_text()
    end = text.index("\n", text.index(last)) + 1
    table.write_text(text[:end] + row + text[end:])
    command = [sys.executable, "-c", GREYSCALE_CHECK]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said.strip() == "Greyscale True"
