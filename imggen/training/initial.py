"""Start a network from a finished checkpoint."""

from __future__ import annotations

from pathlib import Path

from imggen import checkpoint
from imggen.catalog import WEIGHTS_DIR
from imggen.checkpoint import Checkpoint
from imggen.errors import InputError


def load_initial(init: str, task: str, architecture: str) -> tuple[Checkpoint, str]:
    """Load the checkpoint a recipe starts from.

    Args:
        init: a checkpoint folder, or the id of a model that ships with the library.
        task: what the checkpoint must be made for.
        architecture: what its network must be.

    Returns:
        The checkpoint and its id, which the result names as its base model.

    Raises:
        InputError: when there is none, or it is of another kind.
        CheckpointError: when it is damaged.
    """
    folder = Path(init) if Path(init).is_dir() else WEIGHTS_DIR / init
    if not folder.is_dir():
        raise InputError(f"The setting init={init!r} is neither a checkpoint folder nor the id of a shipped model.")
    initial = checkpoint.load(folder)
    if initial.task != task:
        raise InputError(f"The checkpoint {init!r} is made for {initial.task}, not for {task}.")
    if initial.architecture != architecture:
        raise InputError(
            f"The checkpoint {init!r} is of the architecture {initial.architecture}, the recipe asks for "
            f"{architecture}: add --set architecture={initial.architecture}."
        )
    return initial, folder.resolve().name
