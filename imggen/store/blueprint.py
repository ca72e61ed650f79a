"""Compare weights with the network they are meant for before memory is taken: by names and shapes alone."""

from __future__ import annotations

import json
import math
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.modules import module as torch_module
from torch.overrides import TorchFunctionMode

from imggen.errors import CheckpointError
from imggen.models import build
from imggen.store.config import Config
from imggen.store.file_names import WEIGHTS_NAME

MAX_PARAMETERS = 250_000_000  # 1 GB in float32
MAX_MODULES = 5_000
MAX_HEADER_BYTES = 4_000_000  # of a safetensors file; 1000 tensors take about 100,000
_NUMBER_FORMATS = ("F16", "BF16", "F32", "I64", "BOOL", "U8", "I32")

Shapes = dict[str, tuple[int, ...]]


def check_weights(config: Config, folder: Path) -> None:
    """Check that the weights of a checkpoint folder are those of the network that its configuration describes.

    Raises:
        CheckpointError: when they are not, when the network is too large, or when the file is damaged.
    """
    stored = _stored_shapes(folder / WEIGHTS_NAME)
    network = blueprint(config)
    places = {f"network.{name}": tuple(value.shape) for name, value in network.state_dict().items()}
    # A tensor that a network uses in two places is stored once.
    different = {*dict(network.named_parameters()), *dict(network.named_buffers())}
    needed = [name for name in places if name.removeprefix("network.") in different]
    wrong = next((name for name in stored if stored[name] != places.get(name)), None)
    missing = next((name for name in needed if name not in stored), None)
    if wrong in places:
        problem = f"{wrong!r} has the shape {stored[str(wrong)]} instead of {places[str(wrong)]}"
    elif wrong is not None:
        problem = f"the network has no place for {wrong[:80]!r}"
    elif missing is not None:
        problem = f"{missing!r} is missing"
    else:
        return
    raise CheckpointError(f"The weights of {folder.name!r} do not fit its configuration: {problem}.")


def largest_file(network: nn.Module) -> int:
    """Size in bytes that the weights of a network can have at most."""
    return MAX_HEADER_BYTES + sum(value.numel() * max(value.itemsize, 4) for value in network.state_dict().values())


def blueprint(config: Config) -> nn.Module:
    """The network of a configuration, without memory for its tensors.

    Raises:
        CheckpointError: when there is no such network, or when it is too large.
    """
    try:
        with torch.device("meta"), _Unfilled(), _bounded():
            return build(config.architecture, config.architecture_config)
    except CheckpointError:
        raise
    except Exception as error:  # a constructor may fail anywhere when it gets a stranger's numbers
        raise CheckpointError(
            f"No {config.architecture} network can be built of this configuration ({type(error).__name__})."
        ) from error


class _Unfilled(TorchFunctionMode):
    """Leaves tensors without the values that they begin with: there is no memory for them.

    PyTorch would accept these calls, but takes seconds to import what it needs for them.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Skip what fills a tensor or scales it by a number; the shape stays the same."""
        kwargs = kwargs or {}
        if func.__name__ in ("normal_", "uniform_"):
            return kwargs.get("tensor", args[0] if args else None)
        if func.__name__ in ("div", "mul") and isinstance(args[1], int | float):
            return args[0]
        return func(*args, **kwargs)


@contextmanager
def _bounded() -> Iterator[None]:
    """Whatever is built in this thread must stay below the bounds."""
    here = threading.get_ident()  # PyTorch's hooks are called for all threads
    numbers = modules = 0

    def count_tensor(owner: nn.Module, name: str, tensor: torch.Tensor | None) -> None:
        nonlocal numbers
        if threading.get_ident() == here and tensor is not None:
            numbers += tensor.numel()
            if numbers > MAX_PARAMETERS:
                raise CheckpointError(f"This network has more than {MAX_PARAMETERS / 1e6:.0f} million parameters.")

    def count_module(owner: nn.Module, name: str, part: nn.Module | None) -> None:
        nonlocal modules
        if threading.get_ident() == here:
            modules += 1
            if modules > MAX_MODULES:
                raise CheckpointError(f"This network has more than {MAX_MODULES} layers.")

    with ExitStack() as stack:
        for hook in (
            torch_module.register_module_parameter_registration_hook(count_tensor),
            torch_module.register_module_buffer_registration_hook(count_tensor),
            torch_module.register_module_module_registration_hook(count_module),
        ):
            stack.callback(hook.remove)
        yield


def _stored_shapes(path: Path) -> Shapes:
    """The shapes of the tensors in a safetensors file (https://github.com/huggingface/safetensors#format).

    Raises:
        CheckpointError: when the file is damaged.
    """
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > MAX_HEADER_BYTES:
                raise ValueError("the header is too long")
            header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        return {name: _shape(entry) for name, entry in header.items()}
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError, struct.error) as error:
        raise CheckpointError(f"The file {path.name} in {path.parent.name!r} is missing or damaged.") from error


def _shape(entry: dict[str, Any]) -> tuple[int, ...]:
    if entry["dtype"] not in _NUMBER_FORMATS:
        raise ValueError(f"unexpected number format {entry['dtype']}")
    shape = tuple(entry["shape"])
    if not all(type(side) is int and side >= 0 for side in shape) or math.prod(shape) > MAX_PARAMETERS:
        raise ValueError("not a shape")
    return shape
