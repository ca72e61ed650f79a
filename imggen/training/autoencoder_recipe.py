"""The settings of an autoencoder recipe and what they may be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imggen.models import AUTOENCODERS
from imggen.training.checks import check_betas, check_ranges, choice, need
from imggen.training.recipe import Settings, typed

LOSSES = ("pixels", "similarity", "kl", "adversarial")


@dataclass(frozen=True)
class AutoencoderRecipe:
    """The settings of an autoencoder recipe; ``recipes/vae.yaml`` explains each."""

    task: str
    title: str
    license: str
    architecture: str
    architecture_config: dict[str, Any]
    init: str | None
    flip: bool
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
    deviation: float
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

    @property
    def has_discriminator(self) -> bool:
        """Whether a loss needs a discriminator."""
        return self.weight("similarity") > 0 or self.weight("adversarial") > 0

    def record(self) -> Settings:
        """The settings for config.json and the model card: of a folder only its name."""
        settings = asdict(self)
        for described_elsewhere in ("task", "title", "license", "architecture", "architecture_config"):
            del settings[described_elsewhere]
        settings["init"] = Path(self.init).name if self.init else None
        return settings


def read_recipe(settings: Settings) -> AutoencoderRecipe:
    """Check all settings.

    Raises:
        InputError: naming the first that is missing, unknown, of the wrong type or out of range.
    """
    recipe = typed(AutoencoderRecipe, settings)
    choice("architecture", recipe.architecture, AUTOENCODERS)
    check_ranges(
        recipe,
        at_least_one=("batch", "accumulate", "steps", "log_every", "sample_every", "checkpoint_every"),
        above_zero=("lr", "discriminator_lr", "deviation"),
        not_negative=("workers", "warmup", "cache_gb", "seed", "gradient_clip"),
        shares=("ema_decay", "lr_floor"),
    )
    check_betas(recipe.betas)
    need(recipe.batch >= 2, "The setting 'batch' must be at least 2: these networks normalise over the batch.")
    for name, weight in recipe.losses.items():
        choice("losses", name, LOSSES)
        fit = isinstance(weight, int | float) and not isinstance(weight, bool) and weight >= 0
        need(fit, "The weights in 'losses' must be numbers of at least 0.")
    compared = recipe.weight("pixels") > 0 or recipe.weight("similarity") > 0
    need(compared, "Nothing compares input and output: give the loss 'pixels' or 'similarity' a weight.")
    # One loss scale serves both networks; it may change between the two, which would mix scales inside a sum.
    mixed_scales = recipe.precision == "fp16" and recipe.accumulate > 1 and recipe.has_discriminator
    need(not mixed_scales, "An adversarial loss with precision fp16 needs accumulate=1; or use bf16.")
    return recipe
