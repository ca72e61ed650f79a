"""Random images from a generator, each from its own seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from imggen.catalog import ModelInfo
from imggen.device import Compute
from imggen.errors import InputError
from imggen.images import RECIPE_KEY, to_image
from imggen.latents import MAX_SEED, draw, truncate
from imggen.pipelines import Report, recipe, silent


class Sampling:
    """Draw images from an unconditional generator.

    Images are made one at a time: convolutions and matrix products may round differently in a batch, and a seed must
    give the same picture alone and among others. It costs little: networks of 3 to 6 million parameters make 16 images
    of 128 x 128 in about half a second on one core in bfloat16, and batches were at most twice as fast.

    Args:
        info: the catalogue's entry.
        network: generator as described at :data:`imggen.models.GENERATORS`. One that truncates a latent space of its
            own takes a third argument, ``truncation``, and has ``truncates`` set.
        compute: where and in which precision to run.
    """

    task = "sampling"

    def __init__(self, info: ModelInfo, network: nn.Module, compute: Compute) -> None:
        self.info = info
        self.compute = compute
        self.network = network.eval().to(compute.device, compute.dtype).to(memory_format=compute.memory_format)
        self.image_size = int(network.image_size)  # type: ignore[arg-type]
        self.latent_size = int(network.latent_size)  # type: ignore[arg-type]

    @property
    def size_bytes(self) -> int:
        """Memory the weights take."""
        return sum(value.nbytes for value in self.network.state_dict().values())

    def sample(
        self, count: int = 1, seed: int | Sequence[int] = 0, truncation: float = 1.0, report: Report = silent
    ) -> list[Image.Image]:
        """Draw images with the seeds ``seed``, ``seed + 1`` and so on, or with those listed.

        Args:
            count: how many from a single seed on, at least 1; it stays 1 with a list of seeds.
            seed: of the first image, from 0, where the last one may be at most 2**32 - 1; or a list, one for each
                image.
            truncation: 1 for all the variety the model has, towards 0 for ever more typical images.
            report: gets the fraction done after every image; may raise to stop.

        Returns:
            RGB images; each carries the recipe that makes it alone in ``info["imggen"]``.

        Raises:
            InputError: when an argument is out of range.
        """
        seeds = check(count, seed, truncation)
        report(0.0)
        images = []
        for done, one in enumerate(seeds, 1):
            image = generate(self.network, self.compute, draw(one, self.latent_size), None, truncation)
            parameters = {"seed": one, "count": 1, "truncation": float(truncation)}
            image.info[RECIPE_KEY] = recipe(self.task, self.info, parameters, [])
            images.append(image)
            report(done / len(seeds))
        return images


def check(count: int, seed: int | Sequence[int], truncation: float) -> list[int]:
    """Check the arguments that all kinds of sampling share; return the seeds, one for each image.

    Raises:
        InputError: naming the first that does not fit.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise InputError("The count must be a whole number from 1 on.")
    if isinstance(truncation, bool) or not isinstance(truncation, int | float) or not 0 <= truncation <= 1:
        raise InputError("The truncation must be a number from 0 (all alike) to 1 (all the variety).")
    listed = list(seed) if isinstance(seed, Sequence) and not isinstance(seed, str | bytes) else None
    if listed is not None and count != 1:
        raise InputError("A list of seeds says itself how many images there are: leave the count at 1.")
    firsts: list[Any] = [seed] if listed is None else listed
    if not firsts or not all(_is_seed(first, MAX_SEED + 1 - count) for first in firsts):
        raise InputError(f"The seeds must be whole numbers from 0 to {MAX_SEED}.")
    return [first + index for first in firsts for index in range(count)]


def _is_seed(value: Any, largest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= largest


@torch.inference_mode()
def generate(network: nn.Module, compute: Compute, z: Tensor, labels: Tensor | None, truncation: float) -> Image.Image:
    """Make one image.

    Args:
        network: in eval mode, on the device.
        compute: of the network.
        z: (1, latent_size), from a standard normal distribution.
        labels: (1, classes) weights of the classes, or None.
        truncation: 0..1.
    """
    in_its_own_space = bool(getattr(network, "truncates", False))
    z = (z if in_its_own_space else truncate(z, truncation)).to(compute.device, compute.dtype)
    labels = None if labels is None else labels.to(compute.device, compute.dtype)
    x = network(z, labels, truncation) if in_its_own_space else network(z, labels)
    return to_image(x.float() / 2 + 0.5)
