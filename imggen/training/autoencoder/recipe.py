"""The settings of an autoencoder recipe and what they may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from imggen.models import AUTOENCODERS
from imggen.training.common.checks import check_ranges, need
from imggen.training.common.common_recipe import CommonRecipe, check_common, check_scaling, check_weights
from imggen.training.common.recipe import Settings, typed

LOSSES = ("pixels", "similarity", "kl", "adversarial")


@dataclass(frozen=True)
class AutoencoderRecipe(CommonRecipe):
    """The settings of an autoencoder recipe; ``recipes/vae.yaml`` explains each."""

    paths = ("init",)

    init: str | None
    flip: bool
    warmup: int
    lr_floor: float
    losses: dict[str, float]
    deviation: float
    discriminator: dict[str, Any]
    discriminator_lr: float

    def weight(self, loss: str) -> float:
        """Weight of a loss; 0 when the recipe leaves it out."""
        return self.losses.get(loss, 0.0)

    @property
    def has_discriminator(self) -> bool:
        """Whether a loss needs a discriminator."""
        return self.weight("similarity") > 0 or self.weight("adversarial") > 0


def read_recipe(settings: Settings) -> AutoencoderRecipe:
    """Check all settings.

    Raises:
        InputError: naming the first that is missing, unknown, of the wrong type or out of range.
    """
    recipe = typed(AutoencoderRecipe, settings)
    check_common(recipe, AUTOENCODERS)
    check_ranges(recipe, above_zero=("discriminator_lr", "deviation"), not_negative=("warmup",), shares=("lr_floor",))
    need(recipe.batch >= 2, "The setting 'batch' must be at least 2: these networks normalise over the batch.")
    check_weights("losses", recipe.losses, LOSSES)
    compared = recipe.weight("pixels") > 0 or recipe.weight("similarity") > 0
    need(compared, "Nothing compares input and output: give the loss 'pixels' or 'similarity' a weight.")
    check_scaling(recipe, recipe.has_discriminator)
    return recipe
