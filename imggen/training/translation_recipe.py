"""The settings of a recipe for unpaired translation and what they may be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imggen.models import TRANSLATORS
from imggen.models.vgg16 import RELU_INDEX
from imggen.training.augment import CHANGES
from imggen.training.checks import check_betas, check_ranges, choice, need
from imggen.training.recipe import Settings, typed

LOSSES = ("gan", "cycle", "identity", "coarse", "perceptual")


@dataclass(frozen=True)
class TranslationRecipe:
    """The settings of a translation recipe; ``recipes/cyclegan-day-night.yaml`` explains each."""

    task: str
    title: str
    license: str
    architecture: str
    architecture_config: dict[str, Any]
    discriminator: dict[str, Any]
    crop: int
    resize: list[float]
    flip: bool
    holdout: list[str]
    skip: list[str]
    aligned_share: float
    unaligned: list[str]
    batch: int
    accumulate: int
    workers: int
    cache_gb: float
    steps: int
    lr: float
    discriminator_lr: float
    betas: list[float]
    hold: float
    gradient_clip: float
    ema_decay: float
    losses: dict[str, float]
    every: dict[str, int]
    perceptual_weights: str | None
    perceptual_layers: dict[str, float]
    pool: int
    augment: list[str]
    augment_strength: float
    precision: str
    seed: int
    log_every: int
    sample_every: int
    checkpoint_every: int

    @property
    def domains(self) -> tuple[str, str]:
        """Names of both domains."""
        a, b = self.architecture_config["domains"]
        return a, b

    def weight(self, loss: str, step: int = 0) -> float:
        """Weight of a loss at an optimiser step: 0 when the recipe leaves it out or it is not its turn.

        A loss that is seldom computed counts as much more (lazily, as in Karras et al., 2020,
        https://arxiv.org/abs/1912.04958, section 3.1).
        """
        every = self.every.get(loss, 1)
        return 0.0 if step % every else self.losses.get(loss, 0.0) * every

    def record(self) -> Settings:
        """The settings for config.json and the model card: of files only their names."""
        settings = asdict(self)
        for described_elsewhere in ("task", "title", "license", "architecture", "architecture_config"):
            del settings[described_elsewhere]
        if self.perceptual_weights:
            settings["perceptual_weights"] = Path(self.perceptual_weights).name
        return settings


def read_recipe(settings: Settings) -> TranslationRecipe:
    """Check all settings.

    Raises:
        InputError: naming the first that is missing, unknown, of the wrong type or out of range.
    """
    recipe = typed(TranslationRecipe, settings)
    choice("architecture", recipe.architecture, TRANSLATORS)
    check_ranges(
        recipe,
        at_least_one=("batch", "accumulate", "steps", "log_every", "sample_every", "checkpoint_every"),
        above_zero=("lr", "discriminator_lr"),
        not_negative=("workers", "cache_gb", "seed", "gradient_clip", "pool"),
        shares=("aligned_share", "hold", "ema_decay", "augment_strength"),
    )
    check_betas(recipe.betas)
    domains = recipe.architecture_config.get("domains")
    named = isinstance(domains, list | tuple) and len(domains) == 2 and all(isinstance(name, str) for name in domains)
    need(named, "The setting 'architecture_config' needs domains: the names of two folders, such as [day, night].")
    need(recipe.crop >= 32 and recipe.crop % 4 == 0, "The setting 'crop' must be a multiple of 4, at least 32.")
    numbers = len(recipe.resize) == 2 and all(isinstance(number, int | float) for number in recipe.resize)
    ordered = numbers and 1 <= recipe.resize[0] <= recipe.resize[1]
    need(ordered, "The setting 'resize' must be two rising numbers of at least 1, such as [1.1, 2.0].")
    for name in recipe.augment:
        choice("augment", name, CHANGES)
    for name in recipe.losses:
        choice("losses", name, LOSSES)
    for name, steps in recipe.every.items():
        choice("every", name, ("cycle", "identity"))
        counts = isinstance(steps, int) and not isinstance(steps, bool) and steps >= 1
        need(counts, "The numbers in 'every' must be whole numbers of at least 1.")
    for name in recipe.perceptual_layers:
        choice("perceptual_layers", name, RELU_INDEX)
    for weights in (recipe.losses, recipe.perceptual_layers):
        fit = all(
            isinstance(weight, int | float) and not isinstance(weight, bool) and weight >= 0
            for weight in weights.values()
        )
        need(fit, "The weights in 'losses' and 'perceptual_layers' must be numbers of at least 0.")
    need(any(recipe.losses.values()), "All losses have the weight 0; give at least one of them a weight.")
    if recipe.weight("perceptual"):
        need(
            bool(recipe.perceptual_weights),
            "The perceptual loss needs VGG-16: add --set perceptual_weights=FILE with torchvision's vgg16 as "
            "safetensors, or switch the loss off with --set losses.perceptual=0.",
        )
        need(any(recipe.perceptual_layers.values()), "All perceptual_layers have the weight 0.")
    # One loss scale serves both sides; it may change between the two, which would mix scales inside a sum.
    mixed_scales = recipe.precision == "fp16" and recipe.accumulate > 1
    need(not mixed_scales, "An adversarial loss with precision fp16 needs accumulate=1; or use bf16.")
    return recipe
