"""Other people's checkpoints as our networks: one file for each foreign format, which renames and rebuilds its tensors.

An adapter reads the sizes of the network from the tensors' shapes, takes every tensor of the file, and leaves none of
ours as it was made.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from torch import nn

from imggen.errors import CheckpointError
from imggen.store.adapters.biggan_deep import biggan_deep
from imggen.store.adapters.fast_style import fast_style
from imggen.store.adapters.fastgan import fastgan
from imggen.store.adapters.files import read
from imggen.store.adapters.lightweight_gan import lightweight_gan
from imggen.store.adapters.studiogan import studiogan
from imggen.store.adapters.translation import night_to_day, reality_to_simulation, simulation_to_reality
from imggen.store.adapters.upscaler import upscaler
from imggen.store.adapters.weights import Weights
from imggen.store.finite import refuse_not_finite

#: What the catalogue's ``architecture`` calls the foreign formats.
ADAPTERS: dict[str, Callable[[Weights], nn.Module]] = {
    "huggan-fastgan": fastgan,
    "lightweight-gan": lightweight_gan,
    "pretrained-biggan-deep": biggan_deep,
    "studiogan-biggan": studiogan,
    "onnx-fast-style": fast_style,
    "huggan-pix2pix-night2day": night_to_day,
    "huggan-cyclegan-sim2real": simulation_to_reality,
    "huggan-cyclegan-real2sim": reality_to_simulation,
    "spandrel": upscaler,
}


def load(architecture: str, path: Path) -> nn.Module:
    """Read a third-party file into one of our networks, in eval mode.

    Args:
        architecture: key of :data:`ADAPTERS`.
        path: a safetensors file, an ONNX file, or a state dict saved by PyTorch, which is read without running code.

    Raises:
        CheckpointError: when the file is damaged, holds something else or more than the network can use, or weights
            that are not finite.
    """
    try:
        weights = Weights(read(path))
        network = ADAPTERS[architecture](weights)
        weights.close()
    except (CheckpointError, ValueError, IndexError, RuntimeError) as error:
        detail = str(error) if isinstance(error, CheckpointError) else "its tensors have unexpected shapes."
        raise CheckpointError(f"{path.name} is no {architecture} checkpoint: {detail}") from error
    refuse_not_finite(network, path.name)
    return network.eval()
