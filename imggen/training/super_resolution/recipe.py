"""The settings of a super-resolution recipe and what they may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from imggen.models import SCALE, UPSCALERS
from imggen.models.vgg16 import RELU_INDEX
from imggen.training.common.checks import check_ranges, choice, need
from imggen.training.common.common_recipe import CommonRecipe, check_common, check_scaling, check_weights
from imggen.training.common.losses import CONTENT_LOSSES, DISTANCES
from imggen.training.common.recipe import Settings, typed
from imggen.training.super_resolution.degradation import DEGRADATIONS


@dataclass(frozen=True)
class SRRecipe(CommonRecipe):
    """The settings of a super-resolution recipe; ``recipes/sr-psnr.yaml`` explains each."""

    paths = ("init", "perceptual_weights")

    init: str | None
    patch: int
    degradation: str
    warmup: int
    lr_floor: float
    losses: dict[str, float]
    perceptual_weights: str | None
    perceptual_layers: dict[str, float]
    perceptual_before_relu: bool
    perceptual_distance: str
    gan_loss: str
    discriminator: dict[str, Any]
    discriminator_lr: float

    def weight(self, loss: str) -> float:
        """Weight of a loss; 0 when the recipe leaves it out."""
        return self.losses.get(loss, 0.0)


def read_recipe(settings: Settings) -> SRRecipe:
    """Check all settings.

    Raises:
        InputError: naming the first that is missing, unknown, of the wrong type or out of range.
    """
    recipe = typed(SRRecipe, settings)
    check_common(recipe, UPSCALERS)
    choice("degradation", recipe.degradation, DEGRADATIONS)
    choice("perceptual_distance", recipe.perceptual_distance, DISTANCES)
    choice("gan_loss", recipe.gan_loss, ("nonsaturating", "relativistic"))
    check_ranges(
        recipe,
        at_least_one=("patch",),
        above_zero=("discriminator_lr", "gradient_clip"),
        not_negative=("warmup",),
        shares=("lr_floor",),
    )
    check_weights("losses", recipe.losses, (*CONTENT_LOSSES, "perceptual", "gan"))
    check_weights("perceptual_layers", recipe.perceptual_layers, RELU_INDEX)
    need(any(recipe.losses.values()), "All losses have the weight 0; give at least one of them a weight.")
    unit = 8 if recipe.weight("gan") else SCALE
    need(recipe.patch % unit == 0, f"The setting 'patch' must be a multiple of {unit}, not {recipe.patch}.")
    if recipe.weight("perceptual"):
        need(
            bool(recipe.perceptual_weights),
            "The perceptual loss needs VGG-16: add --set perceptual_weights=FILE with torchvision's vgg16 as "
            "safetensors, or switch the loss off with --set losses.perceptual=0.",
        )
        need(any(recipe.perceptual_layers.values()), "All perceptual_layers have the weight 0.")
    check_scaling(recipe, recipe.weight("gan") > 0)
    return recipe
