"""Start networks from a finished checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations

from imggen.errors import CheckpointError, InputError, closest, join_names
from imggen.models.gan.refined import RefinedGenerator
from imggen.store import checkpoint
from imggen.store.catalogue import WEIGHTS_DIR, checkpoint_folders
from imggen.store.checkpoint import Checkpoint
from imggen.store.file_names import DISCRIMINATOR_NAME


@runtime_checkable
class TakesSmaller(Protocol):
    """A network that can start from the weights of one for smaller images."""

    def load_smaller(self, state: dict[str, Tensor]) -> None:
        """Load them, and begin as near to that network as new layers can. Raises RuntimeError when one does not fit."""


def initial_folder(init: str) -> Path:
    """Find the checkpoint folder that a recipe names by its path, or by the id of a shipped model.

    Raises:
        InputError: when there is none.
    """
    folder = Path(init) if Path(init).is_dir() else WEIGHTS_DIR / init
    if not folder.is_dir():
        shipped = [each.name for each in checkpoint_folders(WEIGHTS_DIR)]
        raise InputError(
            f"The setting init={init!r} is neither a checkpoint folder nor the id of a shipped model."
            f"{closest(init, shipped)}"
        )
    return folder


def load_initial(init: str, task: str, architecture: str, *convertible: str) -> tuple[Checkpoint, str]:
    """Load the checkpoint a recipe starts from.

    Args:
        init: a checkpoint folder, or the id of a model that ships with the library.
        task: that the checkpoint must be made for.
        architecture: that its network must have.
        convertible: other architectures that the caller can take the weights from.

    Returns:
        The checkpoint and its id, which the result names as its base model.

    Raises:
        InputError: when there is none, or it is of another kind.
        CheckpointError: when it is damaged.
    """
    folder = initial_folder(init)
    initial = checkpoint.load(folder)
    if initial.task != task:
        raise InputError(f"The checkpoint {init!r} is made for {initial.task}, not for {task}.")
    if initial.architecture not in (architecture, *convertible):
        raise InputError(
            f"The checkpoint {init!r} is of the architecture {initial.architecture}, the recipe asks for "
            f"{architecture}: add --set architecture={initial.architecture}."
        )
    return initial, folder.resolve().name


def start_generator(
    network: nn.Module, init: str | None, task: str, architecture: str, class_names: Sequence[str] | None
) -> str | None:
    """Load the weights of a finished checkpoint into a generator, if the recipe names one.

    Of a refined generator only the generator is taken, not the super-resolution network. A StyleGAN2 can start from one
    for smaller images.

    Args:
        network: as the recipe builds it.
        init: as for :func:`load_initial`; nothing happens without it.
        task: of the recipe.
        architecture: of the network.
        class_names: of the data, for conditional models.

    Returns:
        The id of the checkpoint, if any.

    Raises:
        InputError: when there is no such checkpoint, or it does not fit the recipe or the classes of the data.
        CheckpointError: when it is damaged.
    """
    if not init:
        return None
    initial, base_model = load_initial(init, task, architecture, "refined")
    start = initial.network
    if isinstance(start, RefinedGenerator):
        known, start = start.config["generator"]["architecture"], start.generator
        if known != architecture:
            raise InputError(f"The checkpoint {init!r} refines a {known}: add --set architecture={known}.")
    if (initial.class_names or []) != list(class_names or ()):
        known, found = join_names(initial.class_names or ()), join_names(class_names or ())
        raise InputError(f"The checkpoint {init!r} knows the classes {known}; the data has {found}.")
    # Checkpoints hold plain weights: remove spectral normalisation, load them, and add it again with a new estimate.
    normalised = [module for module in network.modules() if is_parametrized(module, "weight")]
    for module in normalised:
        remove_parametrizations(module, "weight")
    try:
        _load(network, start.state_dict())
    except RuntimeError as error:
        raise InputError(
            f"The weights of {init!r} do not fit the recipe's architecture_config; those of the checkpoint are "
            f"{start.config}."
        ) from error
    for module in normalised:
        spectral_norm(module, eps=1e-6)
    return base_model


def start_discriminator(network: nn.Module, init: str) -> bool:
    """Load the weights of the discriminator that a finished generator was trained against, if they were kept.

    A new discriminator starts from random weights, and until it has caught up the generator gets much worse.

    Args:
        network: as the recipe builds it.
        init: as for :func:`load_initial`.

    Returns:
        Whether they were kept.

    Raises:
        InputError: when they do not fit the recipe's discriminator.
        CheckpointError: when the file is damaged.
    """
    path = initial_folder(init) / DISCRIMINATOR_NAME
    if not path.is_file():
        return False
    try:
        _load(network, load_file(path))
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"The {DISCRIMINATOR_NAME} of {init!r} is damaged: it cannot be read.") from error
    except RuntimeError as error:
        raise InputError(
            f"The {DISCRIMINATOR_NAME} of {init!r} does not fit the recipe's discriminator. Set `discriminator` to "
            "what the checkpoint's config.json records, or remove the file to start with a new one."
        ) from error
    return True


def _load(network: nn.Module, state: dict[str, Tensor]) -> None:
    """Load weights, also those for smaller images into a network that can take them. Raises RuntimeError."""
    if isinstance(network, TakesSmaller) and len(state) < len(network.state_dict()):
        network.load_smaller(state)
    else:
        network.load_state_dict(state)
