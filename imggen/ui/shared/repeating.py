"""Do to another photo what a recipe tells: every job of the chain that takes a photo, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from imggen.errors import InputError
from imggen.imaging.decode import open_image, recipe_of
from imggen.ui.photo_job import result_parts, result_shown, steps
from imggen.ui.photo_tab import PhotoTab
from imggen.ui.shared import chain
from imggen.ui.shared.jobs import Changes, Running, connect_job
from imggen.ui.shared.parts import progress_line
from imggen.ui.words import say


def connect(tab: PhotoTab, tabs: Mapping[str, PhotoTab]) -> Running:
    """Let a tab take another photo for the chain of its result.

    Args:
        tab: shows what comes of it.
        tabs: those whose jobs a chain may have, by task.

    Returns:
        The job.
    """

    def again(path: str, result: str) -> Iterator[Changes]:
        photo = open_image(path)
        made = recipe_of(result)
        for line, image in repeat(tabs, made or {"task": tab.task}, photo):
            if image is None:
                yield {tab.status: line}
                continue
            for changes in result_shown(tab, photo, image, f"{Path(path).stem}_again", line):
                yield {tab.photo: path, **changes}

    outputs = [tab.photo, *result_parts(tab)]
    return connect_job([tab.again.upload], tab.stop, tab.status, again, [tab.again, tab.result], outputs)


def repeat(
    tabs: Mapping[str, PhotoTab], made: dict[str, Any], photo: Image.Image
) -> Iterator[tuple[str, Image.Image | None]]:
    """Do the jobs of a recipe to a photo.

    Yields:
        A line about the progress; the last time, with the result.

    Raises:
        ImggenError: when a job cannot be done, or there is none that takes a photo.
    """
    todo = [step for step in chain.steps(made) if step["task"] in tabs]
    if not todo:
        raise InputError("This recipe has no job that takes a photo.")
    for number, step in enumerate(todo, 1):
        tab, values = tabs[step["task"]], step.get("parameters")
        arguments = tab.job.repeated(values if isinstance(values, dict) else {})
        for progress in steps(tab, tab.job, photo, step.get("model"), arguments):
            if progress.result is None:
                yield f"{say(f'Job {number} of {len(todo)}.')} {progress_line(progress)}", None
            else:
                photo = progress.result.image
    yield say(f"{len(todo)} {'job' if len(todo) == 1 else 'jobs'} done to this photo."), photo
