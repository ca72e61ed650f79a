"""The training state: everything that ``--resume`` needs, in folders that are complete or not there at all.

Each state is a folder ``state/STEP`` inside the output: the files that Accelerate writes (weights, optimisers, random
state, averages) and :data:`RECORD_NAME`, which describes the training and holds the sha256 of each file.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from pydantic import BaseModel, ConfigDict, ValidationError

from imggen.errors import ImggenError, InputError, join_names
from imggen.store.file_names import sha256_of
from imggen.training.common.sources import Identity

STATE_DIR = "state"
RECORD_NAME = "training.json"
_UNFINISHED = "unfinished"
#: States that are kept: the last one, and the one before for when the last is damaged.
_KEPT = 2
#: Settings that may change on resuming: they do not affect what is learned, apart from the number of steps.
_FREE = ("title", "license", "steps", "workers", "cache_gb", "log_every", "sample_every", "checkpoint_every")


class Record(BaseModel):
    """What a training is, and how far it has come.

    Attributes:
        settings: of the recipe, as the model card shows them.
        architecture_config: the arguments of the network.
        class_names: of the data, where classes are learned.
        data: the datasets by what they are used for.
        processes: how many train.
        step: optimiser steps taken.
        items: items of the dataset that all processes together have seen.
        files: the sha256 of every file of the state.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    settings: dict[str, Any]
    architecture_config: dict[str, Any]
    class_names: list[str] | None
    data: dict[str, Identity]
    processes: int
    step: int = 0
    items: int = 0
    files: dict[str, str] = {}


def check_output(output: Path, resume: bool) -> None:
    """Refuse to mix a new training into a folder that is in use, or to resume where nothing was saved.

    Raises:
        InputError: in both cases.
    """
    if resume and not saved_states(output):
        raise InputError(
            f"There is no training state in {str(output)!r} to resume. Start in an empty folder, without --resume."
        )
    if not resume and output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise InputError(f"The output {str(output)!r} is not empty. Add --resume to go on, or choose another folder.")


def saved_states(output: Path) -> list[tuple[int, Path]]:
    """The complete training states, the latest first: (optimiser steps taken, folder)."""
    folders = (output / STATE_DIR).glob("*")
    return sorted(((int(folder.name), folder) for folder in folders if folder.name.isdigit()), reverse=True)


def save_state(accelerator: Accelerator, output: Path, record: Record) -> None:
    """Write the training state of all processes, and delete all others but the one before.

    A kill at any moment leaves the states before complete.

    Raises:
        ImggenError: when the disk refuses; the states before stay.
    """
    folder = output / STATE_DIR
    unfinished, finished = folder / _UNFINISHED, folder / f"{record.step:08d}"
    try:
        if accelerator.is_main_process:
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.rmtree(finished, ignore_errors=True)
        accelerator.wait_for_everyone()
        accelerator.save_state(str(unfinished))
        accelerator.wait_for_everyone()
        if accelerator.is_main_process:
            hashes = {path.name: sha256_of(path) for path in sorted(unfinished.iterdir())}
            text = record.model_copy(update={"files": hashes}).model_dump_json(indent=2)
            (unfinished / RECORD_NAME).write_text(text, encoding="utf-8")
            unfinished.rename(finished)
            for _, old in saved_states(output)[_KEPT:]:
                shutil.rmtree(old, ignore_errors=True)
    except (OSError, RuntimeError) as error:  # torch.save raises the second when a disk is full
        raise ImggenError(
            f"The training state of step {record.step} cannot be written into {str(folder)!r} ({error}). "
            "Make room there and go on with --resume from the state before."
        ) from error
    accelerator.wait_for_everyone()


def load_state(accelerator: Accelerator, output: Path, now: Record) -> Record:
    """Restore the latest training state.

    Args:
        accelerator: that prepared the networks.
        output: checkpoint folder.
        now: the present training, which must have the settings, classes and data of the state.

    Returns:
        The record of the state.

    Raises:
        InputError: when there is none, a file of it is damaged, or it was made with other settings, classes or data.
    """
    check_output(output, resume=True)
    (step, folder), *before = saved_states(output)
    try:
        record = _read_record(folder)
        _compare(record, now)
        accelerator.load_state(str(folder))
    except _Damaged as error:
        way_out = (
            f"Delete {str(folder)!r} to go on from step {before[0][0]}" if before else "Start again in another folder"
        )
        raise InputError(f"The training state of step {step} is damaged: {error}. {way_out}.") from error
    except (RuntimeError, KeyError, ValueError, OSError) as error:
        raise InputError(
            f"The training state in {str(output)!r} does not fit this recipe. Resume with the settings it began with."
        ) from error
    return record


class _Damaged(Exception):
    """A file of a state is missing or is not as it was written."""


def _read_record(folder: Path) -> Record:
    """Read the record of a state and compare every file with it. Raises :class:`_Damaged`."""
    try:
        record = Record.model_validate_json((folder / RECORD_NAME).read_bytes())
    except (OSError, ValidationError) as error:
        raise _Damaged(f"{RECORD_NAME!r} is missing or is not as it was written") from error
    for name, sha256 in record.files.items():
        path = folder / name
        if not path.is_file():
            raise _Damaged(f"{name!r} is missing")
        if sha256_of(path) != sha256:
            raise _Damaged(f"{name!r} is not as it was written (it has {path.stat().st_size:,} bytes)")
    return record


def _compare(then: Record, now: Record) -> None:
    """Refuse to resume with other settings, classes or data. Raises :class:`InputError`."""
    changed = next(_differences(_settings(then), _settings(now)), None)
    if changed:
        name, before, present = changed
        raise InputError(
            f"The training state does not fit this recipe: it was made with {name}={_text(before)}, and now it is "
            f"{_text(present)}. Resume with the settings it began with: --set {name}={_text(before)}"
        )
    if then.class_names != now.class_names:
        known, found = (join_names(names or ["none"]) for names in (then.class_names, now.class_names))
        raise InputError(f"The training state knows the classes {known}; the data has {found}.")
    for what, data in then.data.items():
        other = now.data.get(what)
        if other is not None and other.images != data.images:
            raise InputError(
                f"The data is not what the training began with: then {data.images} {what}, now {other.images}."
            )
        if other is None or other.fingerprint != data.fingerprint:
            raise InputError(f"The data is not what the training began with: the {what} are as many, but others.")
    if then.processes != now.processes:
        raise InputError(
            f"The training state was made by {then.processes} processes; resume with as many, not with {now.processes}."
        )


def _settings(record: Record) -> dict[str, Any]:
    settings = {name: value for name, value in record.settings.items() if name not in _FREE}
    return json.loads(json.dumps({**settings, "architecture_config": record.architecture_config}))


def _differences(then: Mapping[str, Any], now: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(name, value then, value now) of all settings that differ; None where one side lacks the setting."""
    for name in [*then, *(name for name in now if name not in then)]:
        before, present = then.get(name), now.get(name)
        if isinstance(before, dict) and isinstance(present, dict):
            yield from _differences(before, present, f"{prefix}{name}.")
        elif before != present:
            yield f"{prefix}{name}", before, present


def _text(value: Any) -> str:
    """A setting as ``--set`` takes it."""
    return value if isinstance(value, str) else json.dumps(value)
