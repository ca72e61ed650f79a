"""What the pipelines of all generators share: the loaded network, its classes if any, single pictures and films."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image
from torch import Tensor, nn

from imggen.device import Compute
from imggen.errors import InputError
from imggen.imaging.tensors import to_image
from imggen.models.latents import truncate
from imggen.pipelines import Report, silent
from imggen.pipelines.arguments import number
from imggen.ranges import MAX_SEED
from imggen.store.catalogue import ModelInfo

if TYPE_CHECKING:
    from imggen.pipelines.generators.latent_space import Keyframe

#: A class by name or index, or several with weights.
Choice = str | int | Mapping[str, float]


class Generator:
    """A generator, ready to run.

    Args:
        info: the catalogue's entry.
        network: as described at :data:`imggen.models.GENERATORS`. One that truncates a latent space of its own takes
            a third argument, ``truncation``, and has ``truncates`` set.
        compute: where and in which precision to run.

    Attributes:
        class_names: in the order of the network's labels; empty without classes.
    """

    def __init__(self, info: ModelInfo, network: nn.Module, compute: Compute) -> None:
        self.info = info
        self.compute = compute
        self.network = network.eval().to(compute.device, compute.dtype).to(memory_format=compute.memory_format)
        self.image_size = int(network.image_size)  # type: ignore[arg-type]
        self.latent_size = int(network.latent_size)  # type: ignore[arg-type]
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

    def interpolate(
        self,
        seeds: Sequence[Keyframe],
        frames: int = 60,
        space: str = "z",
        loop: bool = False,
        pacing: str = "eased",
        truncation: float = 1.0,
        report: Report = silent,
        all_classes: bool = False,
    ) -> list[Image.Image]:
        """Go from keyframe to keyframe: see :meth:`.interpolation.Interpolation.interpolate`."""
        from imggen.pipelines.generators.interpolation import Interpolation  # is built on this class

        return Interpolation(self).interpolate(seeds, frames, space, loop, pacing, truncation, report, all_classes)

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
        in_its_own_space = bool(getattr(self.network, "truncates", False))
        z = (z if in_its_own_space else truncate(z, truncation)).to(self.compute.device, self.compute.dtype)
        labels = None if labels is None else labels.to(z)
        x = self.network(z, labels, truncation) if in_its_own_space else self.network(z, labels)
        return x.float() / 2 + 0.5


def check(count: int, seed: int | Sequence[int], truncation: float) -> list[int]:
    """Check the arguments that all kinds of sampling share; return the seeds, one for each image.

    Raises:
        InputError: naming the first that does not fit.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise InputError("The count must be a whole number from 1 on.")
    number(truncation, 0, 1, "The truncation must be a number from 0 (all alike) to 1 (all the variety).")
    listed = list(seed) if isinstance(seed, Sequence) and not isinstance(seed, str | bytes) else None
    if listed is not None and count != 1:
        raise InputError("A list of seeds says itself how many images there are: leave the count at 1.")
    firsts: list[Any] = [seed] if listed is None else listed
    if not firsts or not all(_is_seed(first, MAX_SEED + 1 - count) for first in firsts):
        raise InputError(f"The seeds must be whole numbers from 0 to {MAX_SEED}.")
    return [first + index for first in firsts for index in range(count)]


def _is_seed(value: Any, largest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= largest
