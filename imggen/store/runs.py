"""The trainings below a folder: how far each is. Reading costs little, however long they run and however many look."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from imggen.store.file_names import CONFIG_NAME, WEIGHTS_NAME
from imggen.store.run_log import LOG_NAME, Losses, Progress

SAMPLES_DIR = "samples"
#: Trainings that are listed at most: those that told something last.
LARGEST = 200
#: How deep below the folder trainings are looked for.
_DEPTH = 3
#: Folders that are looked into at most; somebody may have named a whole disk.
_FOLDERS = 2000
#: Seconds after which what was read is read again.
_FRESH = 2.0
#: Seconds without a line, and how many times what a line takes, after which a training seems to have been killed.
_SILENCE, _MISSED = 900.0, 5

State = Literal["running", "silent", "finished", "stopped", "failed", "unknown"]


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        name: its folder, below the one that is looked into.
        folder: the same as a path.
        recipe: name of the recipe; empty where the training told nothing of itself, as in versions before.
        title: of the model.
        state: "silent" has told nothing for long, "unknown" nothing at all.
        step: optimiser steps taken, when it last told.
        steps: optimiser steps in all, 0 when unknown.
        seconds_per_step: of late; None when unknown.
        told: when it last told something, in seconds since 1970; 0 for never.
        words: why it failed.
        losses: all of them.
        sheet: the newest sample sheet.
        can_be_used: whether there is a checkpoint.
    """

    name: str
    folder: Path
    recipe: str
    title: str
    state: State
    step: int
    steps: int
    seconds_per_step: float | None
    told: float
    words: str
    losses: tuple[Losses, ...]
    sheet: Path | None
    can_be_used: bool

    @property
    def seconds_left(self) -> float | None:
        """Until the end, at the present pace; None where there is none."""
        if self.state != "running" or self.seconds_per_step is None:
            return None
        return max(0.0, (self.steps - self.step) * self.seconds_per_step - (time.time() - self.told))


class Runs:
    """Looks after the trainings below a folder.

    Args:
        folder: of one training, or a folder above several.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._progress: dict[Path, Progress] = {}
        self._reading = threading.Lock()
        self._found: list[Run] = []
        self._read_at = -_FRESH

    def all(self) -> list[Run]:
        """The trainings: those that run first, then what told something last. A folder that is gone has none."""
        with self._reading:
            if time.monotonic() - self._read_at >= _FRESH:
                self._found = self._look()
                self._read_at = time.monotonic()
            return self._found

    def get(self, name: object) -> Run | None:
        """A training by name, if it is still there."""
        return next((run for run in self.all() if run.name == name), None)

    def _look(self) -> list[Run]:
        folders = list(_folders(self.folder))
        self._progress = {folder: self._progress.get(folder, Progress(folder / LOG_NAME)) for folder in folders}
        runs = [run for run in map(self._run, folders) if run is not None]
        return sorted(runs, key=lambda run: (run.state != "running", -run.told, run.name))[:LARGEST]

    def _run(self, folder: Path) -> Run | None:
        progress = self._progress[folder]
        try:
            progress.read_on()
        except FileNotFoundError:
            progress = self._progress[folder] = Progress(progress.path)
        except OSError:  # not ours to read now, which the next look may find otherwise
            pass
        if not folder.is_dir():
            return None
        sheet = _newest_sheet(folder / SAMPLES_DIR)
        start, losses = progress.start, tuple(progress.losses)
        told = max([line.time for line in (start, *losses[-1:], progress.end) if line is not None], default=0.0)
        step = max((line.step for line in (start, *losses[-1:]) if line is not None), default=None)
        return Run(
            name=folder.resolve().name if folder == self.folder else folder.relative_to(self.folder).as_posix(),
            folder=folder,
            recipe=start.recipe if start else "",
            title=start.title if start else "",
            state=_state(progress, told),
            step=step if step is not None else int(sheet.stem) if sheet else 0,
            steps=start.steps if start else 0,
            seconds_per_step=progress.seconds_per_step(),
            told=told,
            words=progress.end.words if progress.end else "",
            losses=losses,
            sheet=sheet,
            can_be_used=(folder / CONFIG_NAME).is_file() and (folder / WEIGHTS_NAME).is_file(),
        )


def _state(progress: Progress, told: float) -> State:
    if progress.start is None:
        return "unknown"
    if progress.end is not None:
        return progress.end.outcome
    times = [progress.start.time, *(line.time for line in progress.losses[-10:] if line.time > progress.start.time)]
    longest = max((later - earlier for earlier, later in itertools.pairwise(times)), default=_SILENCE)
    return "silent" if time.time() - told > max(_SILENCE, _MISSED * longest) else "running"


def _folders(top: Path) -> Iterator[Path]:
    """Folders that look like trainings, breadth first; nothing inside one of them is looked into."""
    level, seen = [top], 0
    for _ in range(_DEPTH + 1):
        below: list[Path] = []
        for folder in level:
            seen += 1
            if seen > _FOLDERS:
                return
            try:
                entries = list(os.scandir(folder))
            except OSError:  # deleted meanwhile, or not ours to read
                continue
            names = {entry.name for entry in entries}
            if LOG_NAME in names or SAMPLES_DIR in names:
                yield folder
            else:
                below += sorted(folder / entry.name for entry in entries if _is_folder(entry))
        level = below


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir() and not entry.name.startswith(".")
    except OSError:
        return False


def _newest_sheet(folder: Path) -> Path | None:
    try:
        sheets = [path for path in folder.iterdir() if path.suffix == ".png" and path.stem.isdecimal()]
    except OSError:
        return None
    return max(sheets, key=lambda path: int(path.stem), default=None)
