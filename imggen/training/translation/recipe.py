"""The settings of recipes for translation between two domains, and of the unpaired one, and what they may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from imggen.models import TRANSLATORS
from imggen.models.vgg16 import RELU_INDEX
from imggen.training.common.augment import CHANGES
from imggen.training.common.checks import check_ranges, choice, need
from imggen.training.common.common_recipe import CommonRecipe, check_common, check_scaling, check_weights
from imggen.training.common.recipe import Settings, typed

LOSSES = ("gan", "cycle", "identity", "coarse", "highlights", "perceptual")


@dataclass(frozen=True)
class DomainsRecipe(CommonRecipe):
    """What recipes for two domains share; ``recipes/cyclegan-day-night.yaml`` explains each."""

    paths = ("perceptual_weights", "init")

    init: str | None
    crop: int
    resize: list[float]
    flip: bool
    holdout: list[str]
    skip: list[str]
    aligned_share: float
    unaligned: list[str]
    hold: float
    perceptual_weights: str | None
    perceptual_layers: dict[str, float]

    @property
    def domains(self) -> tuple[str, str]:
        """Names of both domains."""
        a, b = self.architecture_config["domains"]
        return a, b


@dataclass(frozen=True)
class TranslationRecipe(DomainsRecipe):
    """The settings of an unpaired recipe; ``recipes/cyclegan-day-night.yaml`` explains each."""

    discriminator: dict[str, Any]
    discriminator_lr: float
    losses: dict[str, float]
    every: dict[str, int]
    pool: int
    augment: list[str]
    augment_strength: float

    def weight(self, loss: str, step: int = 0) -> float:
        """Weight of a loss at an optimiser step: 0 when the recipe leaves it out or it is not its turn.

        A loss that is seldom computed counts as much more (lazily, as in Karras et al., 2020,
        https://arxiv.org/abs/1912.04958, section 3.1).
        """
        every = self.every.get(loss, 1)
        return 0.0 if step % every else self.losses.get(loss, 0.0) * every


def read_recipe(settings: Settings) -> TranslationRecipe:
    """Check all settings.

    Raises:
        InputError: naming the first that is missing, unknown, of the wrong type or out of range.
    """
    recipe = typed(TranslationRecipe, settings)
    check_domains(recipe)
    check_ranges(recipe, above_zero=("discriminator_lr",), not_negative=("pool",), shares=("augment_strength",))
    for name in recipe.augment:
        choice("augment", name, CHANGES)
    for name, steps in recipe.every.items():
        choice("every", name, ("cycle", "identity"))
        counts = isinstance(steps, int) and not isinstance(steps, bool) and steps >= 1
        need(counts, "The numbers in 'every' must be whole numbers of at least 1.")
    check_weights("losses", recipe.losses, LOSSES)
    need(any(recipe.losses.values()), "All losses have the weight 0; give at least one of them a weight.")
    if recipe.weight("perceptual"):
        check_perceptual(recipe, "losses.perceptual=0")
    check_scaling(recipe)
    return recipe


def check_domains(recipe: DomainsRecipe) -> None:
    """Check what recipes for two domains share. Raises :class:`InputError`."""
    check_common(recipe, TRANSLATORS)
    check_ranges(recipe, shares=("aligned_share", "hold"))
    domains = recipe.architecture_config.get("domains")
    named = isinstance(domains, list | tuple) and len(domains) == 2 and all(isinstance(name, str) for name in domains)
    need(named, "The setting 'architecture_config' needs domains: the names of two folders, such as [day, night].")
    need(recipe.crop >= 32 and recipe.crop % 4 == 0, "The setting 'crop' must be a multiple of 4, at least 32.")
    numbers = len(recipe.resize) == 2 and all(isinstance(number, int | float) for number in recipe.resize)
    ordered = numbers and 1 <= recipe.resize[0] <= recipe.resize[1]
    need(ordered, "The setting 'resize' must be two rising numbers of at least 1, such as [1.1, 2.0].")
    check_weights("perceptual_layers", recipe.perceptual_layers, RELU_INDEX)


def check_perceptual(recipe: DomainsRecipe, off: str) -> None:
    """Check what a perceptual loss needs.

    Args:
        recipe: that has one.
        off: the settings that switch it off, as on the command line.

    Raises:
        InputError: when there are no weights or no layers.
    """
    need(
        bool(recipe.perceptual_weights),
        "The perceptual loss needs VGG-16: add --set perceptual_weights=FILE with torchvision's vgg16 as "
        f"safetensors, or switch the loss off with --set {off}.",
    )
    need(any(recipe.perceptual_layers.values()), "All perceptual_layers have the weight 0.")
