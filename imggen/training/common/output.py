"""The output folder: the checkpoint itself, and training state, samples and logs in folders inside it."""

from __future__ import annotations

import shutil
from pathlib import Path

from accelerate import Accelerator

from imggen.errors import InputError

STATE_DIR = "state"
SAMPLES_DIR = "samples"
LOGS_DIR = "tensorboard"
_UNFINISHED = "unfinished"


def check_output(output: Path, resume: bool) -> None:
    """Refuse to mix a new training into a folder that is in use, or to resume where nothing was saved.

    Raises:
        InputError: in both cases.
    """
    if resume and latest_state(output) is None:
        raise InputError(
            f"There is no training state in {str(output)!r} to resume. Start in an empty folder, without --resume."
        )
    if not resume and output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise InputError(f"The output {str(output)!r} is not empty. Add --resume to go on, or choose another folder.")


def latest_state(output: Path) -> tuple[int, Path] | None:
    """The last complete training state, as (optimiser steps taken, folder), or None."""
    states = [(int(path.name), path) for path in (output / STATE_DIR).glob("*") if path.name.isdigit()]
    return max(states, default=None)


def save_state(accelerator: Accelerator, output: Path, step: int) -> None:
    """Write the training state of all processes, then drop older ones. A kill at any moment leaves one complete."""
    folder = output / STATE_DIR
    unfinished, finished = folder / _UNFINISHED, folder / f"{step:08d}"
    if accelerator.is_main_process:
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(finished, ignore_errors=True)
    accelerator.wait_for_everyone()
    accelerator.save_state(str(unfinished))
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        unfinished.rename(finished)
        for path in folder.iterdir():
            if path != finished:
                shutil.rmtree(path, ignore_errors=True)
    accelerator.wait_for_everyone()


def load_state(accelerator: Accelerator, output: Path) -> int:
    """Restore the latest training state; return the optimiser steps it had taken.

    Raises:
        InputError: when there is none, or it was made by another recipe.
    """
    latest = latest_state(output)
    if latest is None:
        raise InputError(f"There is no training state in {str(output)!r} to resume.")
    step, folder = latest
    try:
        accelerator.load_state(str(folder))
    except (RuntimeError, KeyError, ValueError, OSError) as error:
        raise InputError(
            f"The training state in {str(output)!r} does not fit this recipe. Resume with the settings it began with."
        ) from error
    return step
