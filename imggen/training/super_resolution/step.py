"""One micro-step of super-resolution training: the generator's losses, then the discriminator's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from imggen.models import SCALE
from imggen.training.common.losses import GanLoss
from imggen.training.common.update import descend

#: Compares (output, target), both (B, 3, H, W) in about 0..1; a scalar.
ContentLoss = Callable[[Tensor, Tensor], Tensor]
Batch = tuple[Tensor, Tensor]


@dataclass
class Adversary:
    """The other side of an adversarial training.

    Attributes:
        network: prepared discriminator.
        optimizer: prepared.
        loss: pairing of its loss and the generator's.
        weight: of the generator's adversarial loss.
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    loss: GanLoss
    weight: float


@dataclass
class Step:
    """Callable on a batch of (low, high) uint8 patches; returns the losses as scalars.

    Attributes:
        accelerator: that prepared the networks.
        generator: prepared.
        optimizer: the generator's, prepared.
        content: name of each content loss -> (weight, loss).
        adversary: None for training without a discriminator.
        max_norm: gradient clipping.
    """

    accelerator: Accelerator
    generator: nn.Module
    optimizer: torch.optim.Optimizer
    content: Mapping[str, tuple[float, ContentLoss]]
    adversary: Adversary | None
    max_norm: float

    def __call__(self, batch: Batch) -> dict[str, Tensor]:
        low, high = (as_input(pixels) for pixels in batch)
        output = self.generator(low)
        scalars: dict[str, Tensor] = {}
        loss = torch.zeros((), device=output.device)
        for name, (weight, content) in self.content.items():
            with self.accelerator.autocast():
                scalars[name] = content(output, high)
            loss = loss + weight * scalars[name]
        if self.adversary:
            scalars["generator"] = self._adversarial(self.adversary, *off_the_grid(output, high))
            loss = loss + self.adversary.weight * scalars["generator"]
        descend(self.accelerator, loss, self.generator, self.optimizer, self.max_norm)
        if self.adversary:
            scalars |= self._train(self.adversary, *off_the_grid(output.detach(), high))
        return {"loss": loss, **scalars}

    def _adversarial(self, adversary: Adversary, output: Tensor, high: Tensor) -> Tensor:
        """The generator's adversarial loss, through a discriminator that is held still.

        The bare network is used, frozen and in eval mode: no gradient of its weights is computed or exchanged, and
        spectral normalisation keeps its estimate for both halves.
        """
        bare = self.accelerator.unwrap_model(adversary.network).eval().requires_grad_(False)
        with self.accelerator.autocast():
            fake = bare(output).float()
            real = fake
            if adversary.loss.uses_real:
                with torch.no_grad():
                    real = bare(high).float()
        bare.train().requires_grad_(True)
        return adversary.loss.generator(real, fake)

    def _train(self, adversary: Adversary, output: Tensor, high: Tensor) -> dict[str, Tensor]:
        """Step the discriminator; real and fake go through it in one pass, as distributed training needs."""
        real, fake = adversary.network(torch.cat([high, output])).float().chunk(2)
        loss = adversary.loss.discriminator(real, fake)
        descend(self.accelerator, loss, adversary.network, adversary.optimizer, self.max_norm)
        return {"discriminator": loss, "score_real": real.mean(), "score_fake": fake.mean()}


def off_the_grid(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Shift two batches (B, C, H, W) alike, by a random part of an enlarged pixel, around the borders.

    A network that halves resolutions looks at pictures block by block, and its gradients draw those blocks. Left in one
    place over the blocks of the generator's pixel shuffle, they teach it a grid of dots.
    """
    shift = torch.randint(SCALE, (2,)).tolist()
    return output.roll(shift, (2, 3)), target.roll(shift, (2, 3))


def as_input(pixels: Tensor) -> Tensor:
    """Convert uint8 (B, 3, H, W) to 0..1, channels-last in memory."""
    return pixels.to(torch.float32).div_(255).contiguous(memory_format=torch.channels_last)
