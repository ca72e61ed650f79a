"""The settings of the recipe for night to day and what they may be."""

from __future__ import annotations

from dataclasses import dataclass

from imggen.training.common.checks import need
from imggen.training.common.common_recipe import check_scaling, check_weights
from imggen.training.common.recipe import Settings, typed
from imggen.training.translation.recipe import DomainsRecipe, check_domains, check_perceptual


@dataclass(frozen=True)
class NightToDayRecipe(DomainsRecipe):
    """The settings of a recipe for night to day; ``recipes/night-to-day.yaml`` explains each."""

    simulated: dict[str, float]
    aligned: dict[str, float]
    by_day: dict[str, float]

    @property
    def perceptual(self) -> bool:
        """Whether any perceptual loss counts."""
        return any(losses.get("perceptual") for losses in (self.simulated, self.aligned))


def read_recipe(settings: Settings) -> NightToDayRecipe:
    """Check all settings.

    Raises:
        InputError: naming the first that is missing, unknown, of the wrong type or out of range.
    """
    recipe = typed(NightToDayRecipe, settings)
    check_domains(recipe)
    check_weights("simulated", recipe.simulated, ("l1", "perceptual", "sky"))
    check_weights("aligned", recipe.aligned, ("l1", "coarse", "perceptual", "sky"))
    check_weights("by_day", recipe.by_day, ("sky",))
    need(any(recipe.simulated.values()), "All losses of simulated nights have the weight 0; give one of them a weight.")
    if recipe.perceptual:
        check_perceptual(recipe, "simulated.perceptual=0 --set aligned.perceptual=0")
    check_scaling(recipe, adversarial=False)
    return recipe
