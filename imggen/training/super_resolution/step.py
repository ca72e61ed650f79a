"""One micro-step of super-resolution training: the generator's losses, then the discriminator's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from torch import Tensor

from imggen.imaging.tensors import as_input
from imggen.ranges import SCALE
from imggen.training.common.discriminate import frozen
from imggen.training.common.losses import GAN_LOSSES
from imggen.training.common.update import Learner, descend
from imggen.training.super_resolution.recipe import SRRecipe

#: Compares (output, target), both (B, 3, H, W) in about 0..1; a scalar.
ContentLoss = Callable[[Tensor, Tensor], Tensor]
Batch = tuple[Tensor, Tensor]


@dataclass
class SRStep:
    """A :class:`imggen.training.common.session.Step` on batches of (low, high) uint8 patches.

    Attributes:
        accelerator: that prepared the networks.
        recipe: weights of the losses.
        generator: the network that enlarges.
        content: the losses with a reference picture, by name; those with a weight.
        discriminator: None for training without one.
    """

    accelerator: Accelerator
    recipe: SRRecipe
    generator: Learner
    content: Mapping[str, ContentLoss]
    discriminator: Learner | None

    def __call__(self, number: int, batch: Batch) -> dict[str, Tensor]:
        low, high = (as_input(pixels) for pixels in batch)
        output = self.generator.network(low)
        scalars: dict[str, Tensor] = {}
        loss = torch.zeros((), device=output.device)
        for name, content in self.content.items():
            with self.accelerator.autocast():
                scalars[name] = content(output, high)
            loss = loss + self.recipe.weight(name) * scalars[name]
        if self.discriminator:
            scalars["generator"] = self._adversarial(self.discriminator, *off_the_grid(output, high))
            loss = loss + self.recipe.weight("gan") * scalars["generator"]
        descend(self.accelerator, loss, self.generator, self.recipe.gradient_clip)
        if self.discriminator:
            scalars |= self._train_discriminator(self.discriminator, *off_the_grid(output.detach(), high))
        return {"loss": loss, **scalars}

    def _adversarial(self, discriminator: Learner, output: Tensor, high: Tensor) -> Tensor:
        """The generator's adversarial loss, through the frozen discriminator."""
        pairing = GAN_LOSSES[self.recipe.gan_loss]
        with frozen(self.accelerator, discriminator.network) as bare:
            fake = bare(output).float()
            real = fake
            if pairing.uses_real:
                with torch.no_grad():
                    real = bare(high).float()
        return pairing.generator(real, fake)

    def _train_discriminator(self, discriminator: Learner, output: Tensor, high: Tensor) -> dict[str, Tensor]:
        """Step the discriminator; real and fake go through it in one pass, as distributed training needs."""
        real, fake = discriminator.network(torch.cat([high, output])).float().chunk(2)
        loss = GAN_LOSSES[self.recipe.gan_loss].discriminator(real, fake)
        descend(self.accelerator, loss, discriminator, self.recipe.gradient_clip)
        return {"discriminator": loss, "score_real": real.mean(), "score_fake": fake.mean()}


def off_the_grid(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Roll two batches (B, C, H, W) by the same random shift of 0 to 3 pixels.

    A network with strides computes features block by block, and its gradients have the pattern of these blocks. Always
    aligned with the blocks of the generator's pixel shuffle, they would train it to draw a grid of dots.
    """
    shift = torch.randint(SCALE, (2,)).tolist()
    return output.roll(shift, (2, 3)), target.roll(shift, (2, 3))
