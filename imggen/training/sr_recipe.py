"""The settings of a super-resolution recipe and what they may be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imggen.models import UPSCALERS
from imggen.models.vgg16 import RELU_INDEX
from imggen.training.checks import check_betas, check_ranges, choice, need
from imggen.training.degradation import DEGRADATIONS
from imggen.training.losses import CONTENT_LOSSES, DISTANCES
from imggen.training.recipe import Settings, typed

SCALE = 4


@dataclass(frozen=True)
class SRRecipe:
    """The settings of a super-resolution recipe; ``recipes/sr-psnr.yaml`` explains each."""

    task: str
    title: str
    license: str
    architecture: str
    architecture_config: dict[str, Any]
    init: str | None
    patch: int
    degradation: str
    batch: int
    accumulate: int
    workers: int
    cache_gb: float
    steps: int
    lr: float
    betas: list[float]
    warmup: int
    lr_floor: float
    gradient_clip: float
    ema_decay: float
    losses: dict[str, float]
    perceptual_weights: str | None
    perceptual_layers: dict[str, float]
    perceptual_before_relu: bool
    perceptual_distance: str
    gan_loss: str
    discriminator: dict[str, Any]
    discriminator_lr: float
    precision: str
    seed: int
    log_every: int
    sample_every: int
    checkpoint_every: int

    def weight(self, loss: str) -> float:
        """Weight of a loss; 0 when the recipe leaves it out."""
        return self.losses.get(loss, 0.0)

    def record(self) -> Settings:
        """The settings for config.json and the model card: of files only their names."""
        settings = asdict(self)
        for described_elsewhere in ("task", "title", "license", "architecture", "architecture_config"):
            del settings[described_elsewhere]
        for path in ("init", "perceptual_weights"):
            settings[path] = Path(settings[path]).name if settings[path] else None
        return settings


def read_recipe(settings: Settings) -> SRRecipe:
    """Check all settings.

    Raises:
        InputError: naming the first that is missing, unknown, of the wrong type or out of range.
    """
    recipe = typed(SRRecipe, settings)
    choice("architecture", recipe.architecture, UPSCALERS)
    choice("degradation", recipe.degradation, DEGRADATIONS)
    choice("perceptual_distance", recipe.perceptual_distance, DISTANCES)
    choice("gan_loss", recipe.gan_loss, ("nonsaturating", "relativistic"))
    check_ranges(
        recipe,
        at_least_one=("batch", "accumulate", "steps", "log_every", "sample_every", "checkpoint_every", "patch"),
        above_zero=("lr", "discriminator_lr", "gradient_clip"),
        not_negative=("workers", "warmup", "cache_gb", "seed"),
        shares=("ema_decay", "lr_floor"),
    )
    check_betas(recipe.betas)
    for name in recipe.losses:
        choice("losses", name, (*CONTENT_LOSSES, "perceptual", "gan"))
    for name in recipe.perceptual_layers:
        choice("perceptual_layers", name, RELU_INDEX)
    for weights in (recipe.losses, recipe.perceptual_layers):
        numbers = all(isinstance(weight, int | float) and weight >= 0 for weight in weights.values())
        need(numbers, "The weights in 'losses' and 'perceptual_layers' must be numbers of at least 0.")
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
    # One loss scale serves both networks; it may change between the two, which would mix scales inside a sum.
    mixed_scales = recipe.precision == "fp16" and recipe.accumulate > 1 and recipe.weight("gan") > 0
    need(not mixed_scales, "An adversarial loss with precision fp16 needs accumulate=1; or use bf16.")
    return recipe
