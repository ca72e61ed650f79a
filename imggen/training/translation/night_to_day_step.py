"""One micro-step of night to day, on simulated nights and on real nights of scenes with a known day photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from torch import Tensor, nn
from torch.utils.data import Dataset

from imggen.imaging.sky import find_sky
from imggen.imaging.tensors import as_signed
from imggen.models.translation.cyclegan import CycleGAN
from imggen.models.translation.day_generator import DayParts
from imggen.training.common.update import Learner, descend
from imggen.training.translation.data import DomainCrops
from imggen.training.translation.night_to_day_recipe import NightToDayRecipe
from imggen.training.translation.simulated_night import photograph, simulate_night
from imggen.training.translation.step import coarse_l1

#: Makes the random numbers drawn here independent of others drawn from the same seed.
_STREAM = 3


class NightSample(NamedTuple):
    """One item of training, or a batch of them.

    Attributes:
        day: uint8 (3, S, S).
        simulated: uint8 (3, S, S), a night simulated from ``day``.
        night: uint8 (3, S, S), a real night.
        aligned: bool (); whether the real night shows the same place.
    """

    day: Tensor
    simulated: Tensor
    night: Tensor
    aligned: Tensor


class NightCrops(Dataset[NightSample]):
    """An endless run of crops, each a pure function of (seed, number).

    Args:
        crops: of days and nights.
        seed: of everything random.
    """

    def __init__(self, crops: DomainCrops, seed: int) -> None:
        self.crops = crops
        self.seed = seed

    def __getitem__(self, number: int) -> NightSample:
        rng = np.random.default_rng((self.seed, _STREAM, number))
        sample = self.crops[number]
        simulated = simulate_night(sample.a / 255, rng)
        night = photograph(sample.b / 255, rng)
        return NightSample(sample.a, _as_bytes(simulated), _as_bytes(night), sample.aligned)


def _as_bytes(image: Tensor) -> Tensor:
    return (image * 255).round().to(torch.uint8)


class NightToDay(nn.Module):
    """The generator from night to day, and the one that finds the sky of day photos, in one forward.

    Args:
        networks: both generators.
        by_day: whether the second is trained too.
    """

    def __init__(self, networks: CycleGAN, by_day: bool) -> None:
        super().__init__()
        networks.a2b.requires_grad_(by_day)
        self.networks = networks
        self.by_day = by_day

    def forward(self, nights: Tensor, days: Tensor) -> tuple[DayParts, Tensor | None]:
        """Map nights (B, 3, S, S) in -1..1 to the parts of days, and days (N, 3, S, S) to sky logits."""
        return self.networks.find_day_parts(nights, "b2a"), self.networks.find_sky(days, "a2b") if self.by_day else None


@dataclass
class NightToDayStep:
    """A :class:`imggen.training.common.session.Step` on batches of :class:`NightSample`.

    Attributes:
        accelerator: that prepared the network.
        recipe: weights of the losses.
        generator: a :class:`NightToDay` that learns.
        features: (output, target), both (N, 3, S, S) in -1..1, -> scalar; None without perceptual losses.
    """

    accelerator: Accelerator
    recipe: NightToDayRecipe
    generator: Learner
    features: Callable[[Tensor, Tensor], Tensor] | None

    def __call__(self, number: int, batch: NightSample) -> dict[str, Tensor]:
        day = as_signed(batch.day)
        sky = torch.stack([find_sky(image / 2 + 0.5) for image in day])
        nights = as_signed(torch.cat([batch.simulated, batch.night[batch.aligned]]))
        found, sky_by_day = self.generator.network(nights, day)
        true_day, true_sky = (torch.cat([true, true[batch.aligned]]) for true in (day, sky))
        # Blended with the true sky mask, land is trained on land pixels only and sky on sky pixels only.
        output = torch.lerp(found.land, found.sky, true_sky)
        # Simulated nights come first, then the aligned real ones, if there are any.
        parts = zip(*(x.split(len(day)) for x in (output, found.where, true_day, true_sky)), strict=True)
        kinds = ("simulated", self.recipe.simulated), ("aligned", self.recipe.aligned)
        scalars: dict[str, Tensor] = {}
        loss = torch.zeros((), device=day.device)
        if sky_by_day is not None:
            scalars["sky_by_day"] = F.binary_cross_entropy_with_logits(sky_by_day, sky)
            loss = self.recipe.by_day["sky"] * scalars["sky_by_day"]
        for (kind, weights), part in zip(kinds, parts, strict=False):
            for name, value in self._losses(weights, *part).items():
                scalars[f"{name}_{kind}"] = value
                loss = loss + weights[name] * value
        descend(self.accelerator, loss, self.generator, self.recipe.gradient_clip)
        return {"loss": loss, **scalars}

    def _losses(
        self, weights: dict[str, float], output: Tensor, where: Tensor, day: Tensor, sky: Tensor
    ) -> dict[str, Tensor]:
        """The losses whose weight is not 0, by name."""
        losses = {}
        if weights.get("l1"):
            losses["l1"] = F.l1_loss(output, day)
        if weights.get("coarse"):
            losses["coarse"] = coarse_l1(output, day)
        if weights.get("sky"):
            losses["sky"] = F.binary_cross_entropy_with_logits(where, sky)
        if weights.get("perceptual") and self.features:
            with self.accelerator.autocast():
                losses["perceptual"] = self.features(output, day)
        return losses
