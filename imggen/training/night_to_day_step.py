"""One micro-step of night to day: simulated nights, and real ones of scenes whose day is known."""

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

from imggen.models.cyclegan import CycleGAN
from imggen.training.labelled_images import as_signed
from imggen.training.night_to_day_recipe import NightToDayRecipe
from imggen.training.simulated_night import photograph, simulate_night
from imggen.training.translation_data import DomainCrops
from imggen.training.translation_step import coarse_l1
from imggen.training.update import descend

#: Marks what is drawn here among the uses of a seed.
_NIGHTS = 3


class NightSample(NamedTuple):
    """One item of training, or a batch of them.

    Attributes:
        day: uint8 (3, S, S).
        simulated: uint8 (3, S, S), the same by a simulated night.
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
        rng = np.random.default_rng((self.seed, _NIGHTS, number))
        sample = self.crops[number]
        simulated = simulate_night(sample.a / 255, rng)
        night = photograph(sample.b / 255, rng)
        return NightSample(sample.a, _as_bytes(simulated), _as_bytes(night), sample.aligned)


def _as_bytes(image: Tensor) -> Tensor:
    return (image * 255).round().to(torch.uint8)


class NightToDay(nn.Module):
    """The generator from night to day of a pair whose other one stays as it is."""

    def __init__(self, networks: CycleGAN) -> None:
        super().__init__()
        networks.a2b.requires_grad_(False)
        self.networks = networks

    def forward(self, nights: Tensor) -> Tensor:
        """Map (B, 3, S, S) in -1..1 to the same shape and range."""
        return self.networks.b2a(nights)


@dataclass
class NightToDayStep:
    """Callable on a batch; returns the losses as scalars.

    Attributes:
        accelerator: that prepared the network and the optimiser.
        recipe: weights of the losses.
        network: prepared :class:`NightToDay`.
        optimizer: prepared.
        features: (output, target), both (N, 3, S, S) in -1..1, -> scalar; None without perceptual losses.
    """

    accelerator: Accelerator
    recipe: NightToDayRecipe
    network: nn.Module
    optimizer: torch.optim.Optimizer
    features: Callable[[Tensor, Tensor], Tensor] | None

    def __call__(self, batch: NightSample) -> dict[str, Tensor]:
        day = as_signed(batch.day)
        output = self.network(as_signed(torch.cat([batch.simulated, batch.night[batch.aligned]])))
        parts = [("simulated", self.recipe.simulated, output[: len(day)], day)]
        if batch.aligned.any():
            parts.append(("aligned", self.recipe.aligned, output[len(day) :], day[batch.aligned]))
        scalars: dict[str, Tensor] = {}
        loss = torch.zeros((), device=day.device)
        for kind, weights, made, wanted in parts:
            for name, value in self._losses(made.float(), wanted, weights).items():
                scalars[f"{name}_{kind}"] = value
                loss = loss + weights[name] * value
        max_norm = self.recipe.gradient_clip or float("inf")
        descend(self.accelerator, loss, self.network, self.optimizer, max_norm)
        return {"loss": loss, **scalars}

    def _losses(self, output: Tensor, day: Tensor, weights: dict[str, float]) -> dict[str, Tensor]:
        """Those that count."""
        losses = {}
        if weights.get("l1"):
            losses["l1"] = F.l1_loss(output, day)
        if weights.get("coarse"):
            losses["coarse"] = coarse_l1(output, day)
        if weights.get("perceptual") and self.features:
            with self.accelerator.autocast():
                losses["perceptual"] = self.features(output, day)
        return losses
