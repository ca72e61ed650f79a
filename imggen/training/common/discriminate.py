"""Discriminators in training: several batches in one forward, and frozen while a generator learns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from accelerate import Accelerator
from torch import Tensor, nn

#: Input of a discriminator for a batch of images: the images, or their features at several resolutions.
View = Tensor | list[Tensor]


class BatchwiseDiscriminator(nn.Module):
    """A discriminator that scores several batches in one forward, as distributed training needs.

    The batches go through it one after another: real and generated images keep apart in batch normalisation and in
    minibatch statistics (Chintala et al., "How to train a GAN", 2016, point 4).
    """

    def __init__(self, discriminator: nn.Module) -> None:
        super().__init__()
        self.discriminator = discriminator

    def forward(self, batches: Sequence[View], labels: Tensor | None, auxiliary: bool = False) -> list[Tensor]:
        """Map batches, all with the same labels, to their scores (B,) or (B, patches).

        Args:
            batches: images (B, 3, S, S) in -1..1, or their features.
            labels: (B, classes) or None.
            auxiliary: append the discriminator's auxiliary loss on the first batch, a scalar.
        """
        if not auxiliary:
            return [self.discriminator(batch, labels) for batch in batches]
        discriminator: Any = self.discriminator
        real, *others = batches
        scores, loss = discriminator.with_auxiliary_loss(real, labels)
        return [scores, *(self.discriminator(batch, labels) for batch in others), loss]


@contextmanager
def frozen(accelerator: Accelerator, network: nn.Module) -> Iterator[Any]:
    """Freeze a prepared discriminator for the block; yield its unwrapped network in eval mode, with autocast on.

    A generator's loss goes through it: no gradient of its weights is computed or exchanged, and spectral normalisation
    keeps its estimate for both halves of a step.
    """
    bare = accelerator.unwrap_model(network).eval().requires_grad_(False)
    with accelerator.autocast():
        yield bare
    bare.train().requires_grad_(True)
