"""Images of chosen classes, or of mixtures of them, each from its own seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch import Tensor

from imggen.device import Compute
from imggen.errors import CheckpointError, InputError, closest
from imggen.imaging.recipe import RECIPE_KEY
from imggen.models.generator_network import GeneratorNetwork
from imggen.models.latents import draw
from imggen.pipelines import Report, recipe, silent
from imggen.pipelines.arguments import number
from imggen.pipelines.generators.arguments import Choice, expand_seeds
from imggen.pipelines.generators.generator import Generator
from imggen.pipelines.generators.interpolation import interpolate
from imggen.store.model_info import ModelInfo

if TYPE_CHECKING:
    from imggen.pipelines.generators.typeface import Typeface


class Conditional(Generator):
    """Draw images from a generator that knows classes.

    Args:
        info: the catalogue's entry.
        network: see :class:`.generator.Generator`.
        compute: where and in which precision to run.
        class_names: in the order of the network's labels.

    Raises:
        CheckpointError: when the names are not as many as the network's classes.
    """

    task = "conditional"
    interpolate = interpolate

    def __init__(
        self, info: ModelInfo, network: GeneratorNetwork, compute: Compute, class_names: Sequence[str]
    ) -> None:
        super().__init__(info, network, compute)
        self.class_names = list(class_names)
        if len(self.class_names) != network.classes or len(set(self.class_names)) != network.classes:
            raise CheckpointError(f"{info.id!r} knows {network.classes} classes, but names {len(self.class_names)}.")

    def sample(
        self,
        classes: Choice | Sequence[Choice],
        count: int = 1,
        seed: int | Sequence[int] = 0,
        truncation: float = 1.0,
        report: Report = silent,
    ) -> list[Image.Image]:
        """Draw images of each class, with the seeds ``seed``, ``seed + 1`` and so on, or those listed, for every class.

        Args:
            classes: one class or several in a row: a name, an index, or ``{name: weight}`` for what lies between
                classes, with weights of at least 0 that count relative to each other.
            count: images of each class from a single seed on, at least 1; it stays 1 with a list of seeds.
            seed: of the first image of each class, from 0, where the last one may be at most 2**32 - 1; or a list, one
                for each image of a class.
            truncation: 1 for all the variety the model has, towards 0 for ever more typical images.
            report: gets the fraction done after every image; may raise to stop.

        Returns:
            RGB images, class by class; each carries the recipe that makes it alone in ``info["imggen"]``.

        Raises:
            InputError: when a class is unknown or an argument is out of range.
        """
        seeds = expand_seeds(count, seed, truncation)
        if not isinstance(classes, str | int | Mapping | Sequence):
            raise InputError("A class is a name, an index, or names with weights.")
        chosen = [classes] if isinstance(classes, str | int | Mapping) else list(classes)
        mixes = [self.mix(choice) for choice in chosen]
        if not mixes:
            raise InputError("Choose at least one class.")
        report(0.0)
        images: list[Image.Image] = []
        for mix in mixes:
            labels = self.labels(mix)
            (name, *others) = mix
            for one in seeds:
                image = self.picture(draw(one, self.latent_size), labels, truncation)
                parameters = {
                    "classes": mix if others else name,
                    "seed": one,
                    "count": 1,
                    "truncation": float(truncation),
                }
                image.info[RECIPE_KEY] = recipe(self.task, self.info, parameters, [])
                images.append(image)
                report(len(images) / (len(mixes) * len(seeds)))
        return images

    def typeface(self) -> Typeface:
        """Words, fonts and drawn letters, for a model whose classes are characters. Raises :class:`InputError`."""
        from imggen.pipelines.generators.typeface import Typeface  # brings the libraries for fonts

        return Typeface(self)

    def mix(self, choice: Choice | None) -> dict[str, float]:
        """The weights of a choice of classes by name: those above 0, adding up to 1.

        Raises:
            InputError: when there is no choice, an unknown class, or a weight that is none.
        """
        if isinstance(choice, bool) or not isinstance(choice, str | int | Mapping):
            raise InputError("A class is a name, an index, or names with weights.")
        if isinstance(choice, int):
            if not 0 <= choice < len(self.class_names):
                raise InputError(f"The classes have the indices 0 to {len(self.class_names) - 1}, not {choice}.")
            return {self.class_names[choice]: 1.0}
        weights = {choice: 1.0} if isinstance(choice, str) else dict(choice)
        for name, weight in weights.items():
            if name not in self.class_names:
                raise InputError(f"There is no class {name!r}.{closest(str(name), self.class_names)}")
            number(weight, 0, math.inf, f"The weight of {name!r} must be a number of at least 0.")
        total = sum(weights.values())
        if not 0 < total < math.inf:
            raise InputError("Give at least one class a weight above 0.")
        if math.isclose(total, 1):
            total = 1.0  # the weights a recipe records stay as they are
        return {name: weight / total for name, weight in weights.items() if weight > 0}

    def labels(self, mix: Mapping[str, float] | None) -> Tensor:
        """Weights (1, classes) of all classes in float32; a mix from :meth:`mix` is needed."""
        assert mix is not None
        labels = torch.zeros(1, len(self.class_names))
        for name, weight in mix.items():
            labels[0, self.class_names.index(name)] = weight
        return labels
