"""The settings of the recipe for night to day and what they may be."""

from __future__ import annotations

from typing import Annotated

from pydantic import model_validator

from imggen.training.common.validation import Number, need, weights_of
from imggen.training.translation.recipe import DomainsRecipe

SIMULATED = ("l1", "perceptual", "sky")
ALIGNED = ("l1", "coarse", "perceptual", "sky")
BY_DAY = ("sky",)


class NightToDayRecipe(DomainsRecipe):
    """The settings of a recipe for night to day; ``recipes/night-to-day.yaml`` explains each."""

    simulated: Annotated[dict[str, Number], weights_of("simulated", SIMULATED)]
    aligned: Annotated[dict[str, Number], weights_of("aligned", ALIGNED)]
    by_day: Annotated[dict[str, Number], weights_of("by_day", BY_DAY)]

    @property
    def perceptual(self) -> bool:
        """Whether any perceptual loss counts."""
        return any(losses.get("perceptual") for losses in (self.simulated, self.aligned))

    @property
    def one_network(self) -> bool:
        """There is no discriminator."""
        return True

    @model_validator(mode="after")
    def check_losses(self) -> NightToDayRecipe:
        """Check that something is learned, and what the losses need. Raises :class:`InputError`."""
        need(
            any(self.simulated.values()),
            "All losses of simulated nights have the weight 0; give one of them a weight.",
        )
        if self.perceptual:
            self.check_perceptual("simulated.perceptual=0 --set aligned.perceptual=0")
        return self
