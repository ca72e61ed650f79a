"""What the pipelines of all generators share: the loaded network, its classes if any, and pictures."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from PIL import Image
from torch import Tensor

from imggen.device import Compute
from imggen.errors import InputError
from imggen.imaging.tensors import to_image
from imggen.models.generator_network import GeneratorNetwork
from imggen.pipelines.generators.arguments import Choice
from imggen.store.model_info import ModelInfo


class Generator:
    """A generator, ready to run.

    Args:
        info: the catalogue's entry.
        network: makes the pictures.
        compute: where and in which precision to run.

    Attributes:
        class_names: in the order of the network's labels; empty without classes.
    """

    def __init__(self, info: ModelInfo, network: GeneratorNetwork, compute: Compute) -> None:
        self.info = info
        self.compute = compute
        self.network = network.eval().to(compute.device, compute.dtype).to(memory_format=compute.memory_format)
        self.image_size = network.image_size
        self.latent_size = network.latent_size
        self.class_names: list[str] = []

    @property
    def size_bytes(self) -> int:
        """Memory the weights take."""
        return sum(value.nbytes for value in self.network.state_dict().values())

    def mix(self, choice: Choice | None) -> dict[str, float] | None:
        """The weights of a choice of classes by name; None without classes.

        Raises:
            InputError: when there is a choice of what the model does not know.
        """
        if choice is not None:
            raise InputError(f"{self.info.id!r} knows no classes. Give seeds alone.")
        return None

    def labels(self, mix: Mapping[str, float] | None) -> Tensor | None:
        """Weights (1, classes) of all classes in float32 from those of :meth:`mix`; None without classes."""
        return None

    def picture(self, z: Tensor, labels: Tensor | None, truncation: float) -> Image.Image:
        """Make one picture.

        Args:
            z: (1, latent_size), from a standard normal distribution.
            labels: (1, classes) weights of the classes, or None.
            truncation: 0..1.
        """
        return to_image(self.pictures(z, labels, truncation))

    @torch.inference_mode()
    def pictures(self, z: Tensor, labels: Tensor | None, truncation: float) -> Tensor:
        """Make several pictures at once, (B, 3, S, S) in float32 around 0..1; the arguments are those of a batch."""
        return self.drawn(self.network.truncated(z, truncation), labels, truncation)

    @torch.inference_mode()
    def drawn(self, z: Tensor, labels: Tensor | None, truncation: float) -> Tensor:
        """As :meth:`pictures`, of latents that are truncated already unless the network does that inside."""
        z = z.to(self.compute.device, self.compute.dtype)
        x = self.network.draw(z, None if labels is None else labels.to(z), truncation)
        return x.float() / 2 + 0.5
