"""Read the tensors of a file that somebody else made. Nothing in it is executed."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from imggen.errors import CheckpointError
from imggen.store.adapters.onnx import initialisers

#: What files with more than a state dict call it.
_NAMES = ("state_dict", "GAN", "params_ema", "params")


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name, on the CPU; numbers with a fraction in float32.

    Args:
        path: ``.safetensors``, ``.onnx``, or anything else for a state dict of PyTorch, alone or under one of the names
            in ``_NAMES``.

    Raises:
        CheckpointError: when the file is damaged or holds anything but tensors.
    """
    try:
        if path.suffix == ".safetensors":
            found = load_file(path)
        elif path.suffix == ".onnx":
            found = initialisers(path.read_bytes())
        else:
            saved = torch.load(path, map_location="cpu", weights_only=True)
            nested = [saved[name] for name in _NAMES if name in saved] if isinstance(saved, dict) else []
            found = nested[0] if nested else saved
    except (OSError, ValueError, EOFError, RuntimeError, KeyError, SafetensorError, pickle.UnpicklingError) as error:
        raise CheckpointError("it is damaged, or holds more than tensors.") from error
    if not isinstance(found, dict) or not all(isinstance(value, Tensor) for value in found.values()):
        raise CheckpointError("it holds something else than tensors.")
    return {str(name): value.float() if value.is_floating_point() else value for name, value in found.items()}
