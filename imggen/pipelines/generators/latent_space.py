"""The latent space of a loaded generator: pictures of places in it, and the way to W where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from imggen.errors import InputError
from imggen.models.generator_network import GeneratorNetwork
from imggen.models.latents import draw
from imggen.pipelines.generators.arguments import Choice, expand_seeds
from imggen.pipelines.generators.generator import Generator
from imggen.pipelines.generators.point import FOREIGN, Keyframe, Point


class LatentSpace:
    """The latent space of a loaded generator, whose weights it shares.

    Args:
        pipeline: knows the network, its classes, and where it runs.

    Attributes:
        layers: number of styles a picture has in W; 0 for networks without W.
    """

    def __init__(self, pipeline: Generator) -> None:
        self.pipeline = pipeline
        self.network = pipeline.network
        self.compute = pipeline.compute
        self.size = pipeline.latent_size
        self.layers = int(self.network.style_count) if self.network.has_styles else 0  # type: ignore[arg-type]

    def point(self, keyframe: Keyframe, truncation: float = 1.0) -> Point:
        """Find the place of a keyframe.

        Args:
            keyframe: a seed; with a class where the model knows classes; or a point, which truncation leaves alone.
            truncation: 0..1, as for sampling.

        Raises:
            InputError: when it is no keyframe of this model.
        """
        if isinstance(keyframe, Mapping):
            keyframe = Point.from_json(keyframe)
        if isinstance(keyframe, Point):
            return self._own(keyframe)
        if isinstance(keyframe, tuple | list):
            if len(keyframe) != 2:
                raise InputError("A keyframe is a seed, or a seed and a class.")
            seed, choice = keyframe
        else:
            seed, choice = keyframe, None
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise InputError("A seed is a whole number.")
        expand_seeds(1, seed, truncation)
        mix = self.mix(choice)
        z = draw(seed, self.size)
        if not self.layers:
            return Point(self.network.truncated(z, truncation)[0], None, mix)
        w = self.mapped(z, self.labels(mix), truncation)[0]
        return Point(z[0], w.expand(self.layers, -1), mix)

    def recorded(self, keyframe: Keyframe) -> Any:
        """A keyframe of this model as a recipe holds it, which :meth:`point` takes again."""
        if isinstance(keyframe, Mapping):
            keyframe = Point.from_json(keyframe)
        if isinstance(keyframe, Point):
            return self._own(keyframe).to_json()
        if isinstance(keyframe, int):
            return keyframe
        seed, choice = keyframe
        mix = self.mix(choice)
        if mix is None:
            return seed
        return [seed, mix if len(mix) > 1 else next(iter(mix))]

    def mix(self, choice: Choice | None) -> dict[str, float] | None:
        """The weights of a choice of classes by name; None for a model without classes. Raises :class:`InputError`."""
        if choice is None and self.pipeline.class_names:
            raise InputError(f"Give every seed a class, such as “3 {self.pipeline.class_names[0]}”.")
        return self.pipeline.mix(choice)

    def labels(self, mix: Mapping[str, float] | None) -> Tensor | None:
        """Weights (1, classes) of all classes in float32; None without classes."""
        return self.pipeline.labels(mix)

    @torch.inference_mode()
    def mapped(self, z: Tensor, labels: Tensor | None, truncation: float = 1.0) -> Tensor:
        """Map (B, latent_size) to W, (B, latent_size) in float32 on the CPU; for networks that have it."""
        labels = None if labels is None else labels.to(self.compute.device, self.compute.dtype)
        mapping = self.network.mapping
        w = mapping(z.to(self.compute.device, self.compute.dtype), labels).float()  # type: ignore[operator]
        return torch.lerp(mapping.average.float().expand_as(w), w, truncation).cpu()  # type: ignore[union-attr, operator]

    @torch.inference_mode()
    def render(self, latents: Tensor, labels: Tensor | None, truncation: float) -> Tensor:
        """Make pictures.

        Args:
            latents: (B, latent_size), or (B, layers, latent_size) for networks with W.
            labels: (B, classes), or None without classes.
            truncation: for networks that truncate inside; latents of Z are truncated already for the others, and styles
                always.

        Returns:
            (B, 3, S, S) float32 in 0..1, on the device.
        """
        return self.picture(self.network, latents.to(self.compute.device, self.compute.dtype), labels, truncation)

    def picture(self, network: GeneratorNetwork, latents: Tensor, labels: Tensor | None, truncation: float) -> Tensor:
        """As :meth:`render`, by a copy of the network that is like the latents in device and precision."""
        labels = None if labels is None else labels.to(latents)
        x = network.synthesise(latents) if self.layers else network.draw(latents, labels, truncation)  # type: ignore[operator]
        return (x.float() / 2 + 0.5).clamp(0, 1)

    def latents(self, points: list[Point]) -> tuple[Tensor, Tensor | None]:
        """The latents and labels of places, as :meth:`render` takes them."""
        latents = torch.stack([point.w if self.layers else point.z for point in points])  # type: ignore[misc]
        labels = [self.labels(point.mix) for point in points]
        known = [label for label in labels if label is not None]
        return latents, torch.cat(known) if known else None

    def _own(self, point: Point) -> Point:
        values = point.w if self.layers else point.z
        shape = (self.layers, self.size) if self.layers else (self.size,)
        if values is None or values.shape != shape:
            raise InputError(FOREIGN)
        return Point(point.z, point.w, self.mix(point.mix))
