"""The settings of an autoencoder recipe and what they may be."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import model_validator

from imggen.models import AUTOENCODERS
from imggen.training.common.common_recipe import CommonRecipe
from imggen.training.common.validation import AboveZero, CountFromZero, Number, Share, need, weights_of

LOSSES = ("pixels", "similarity", "kl", "adversarial")


class AutoencoderRecipe(CommonRecipe):
    """The settings of an autoencoder recipe; ``recipes/vae.yaml`` explains each."""

    architectures = AUTOENCODERS
    paths = ("init",)

    init: str | None
    flip: bool
    warmup: CountFromZero
    lr_floor: Share
    losses: Annotated[dict[str, Number], weights_of("losses", LOSSES)]
    deviation: AboveZero
    discriminator: dict[str, Any]
    discriminator_lr: AboveZero

    def weight(self, loss: str) -> float:
        """Weight of a loss; 0 when the recipe leaves it out."""
        return self.losses.get(loss, 0.0)

    @property
    def has_discriminator(self) -> bool:
        """Whether a loss needs a discriminator."""
        return self.weight("similarity") > 0 or self.weight("adversarial") > 0

    @property
    def one_network(self) -> bool:
        """Whether there is no discriminator."""
        return not self.has_discriminator

    @model_validator(mode="after")
    def check_losses(self) -> AutoencoderRecipe:
        """Check that something is learned. Raises :class:`InputError`."""
        need(self.batch >= 2, "The setting 'batch' must be at least 2: these networks normalise over the batch.")
        compared = self.weight("pixels") > 0 or self.weight("similarity") > 0
        need(compared, "Nothing compares input and output: give the loss 'pixels' or 'similarity' a weight.")
        return self
