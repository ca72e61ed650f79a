"""Find the ImageNet features that perceptual losses and metrics stand on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file

from imggen.errors import CheckpointError
from imggen.models.vgg16 import VGG16Features
from imggen.store.finite import refuse_not_finite


def load_vgg16(path: str | Path, layers: Sequence[str], before_relu: bool = False) -> VGG16Features:
    """Load VGG-16 features from a safetensors file in torchvision's layout, in eval mode and without gradients.

    The keys may be those of ``vgg16()`` or of ``vgg16().features`` (``features.0.weight`` or ``0.weight``); a
    classifier in the file is ignored.

    Raises:
        CheckpointError: when the file is missing, is no safetensors file, lacks a needed layer, or holds weights that
            are not finite.
    """
    try:
        state = load_file(str(path))
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"The VGG-16 features {str(path)!r} cannot be read as a safetensors file.") from error
    state = {key.removeprefix("features."): value.float() for key, value in state.items()}
    network = VGG16Features(layers, before_relu)
    wanted = network.features.state_dict()
    missing = [key for key in wanted if key not in state or state[key].shape != wanted[key].shape]
    if missing:
        raise CheckpointError(f"{str(path)!r} is not VGG-16 in torchvision's layout: {missing[0]} is missing.")
    network.features.load_state_dict({key: state[key] for key in wanted})
    refuse_not_finite(network, str(path))
    return network.eval().requires_grad_(False)
