"""The settings of an adversarial recipe and what they may be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imggen.models import GENERATORS
from imggen.models.progan import Growing
from imggen.training.augment import CHANGES
from imggen.training.checks import check_betas, check_ranges, choice, need
from imggen.training.losses import GAN_LOSSES
from imggen.training.recipe import Settings, typed

REGULARISERS = ("r1", "r2", "gradient_penalty", "drift", "orthogonal", "reconstruction")


@dataclass(frozen=True)
class GANRecipe:
    """The settings of an adversarial recipe; ``recipes/dcgan.yaml`` explains each."""

    task: str
    title: str
    license: str
    architecture: str
    architecture_config: dict[str, Any]
    init: str | None
    discriminator: dict[str, Any]
    flip: bool
    batch: int
    accumulate: int
    workers: int
    cache_gb: float
    steps: int
    lr: float
    discriminator_lr: float
    betas: list[float]
    warmup: int
    lr_floor: float
    gradient_clip: float
    ema_decay: float
    gan_loss: str
    critic_steps: int
    regularisers: dict[str, float]
    regularise_every: int
    grow_steps: int
    augment: list[str]
    augment_strength: float
    augment_target: float
    augment_images: float
    precision: str
    seed: int
    log_every: int
    sample_every: int
    checkpoint_every: int

    def weight(self, regulariser: str) -> float:
        """Weight of a regulariser; 0 when the recipe leaves it out."""
        return self.regularisers.get(regulariser, 0.0)

    @property
    def projected(self) -> bool:
        """Whether the discriminator judges features of VGG-16, instead of being the architecture's own."""
        return self.discriminator.get("kind", "own") == "projected"

    @property
    def discriminator_config(self) -> dict[str, Any]:
        """Arguments of the discriminator."""
        return {name: value for name, value in self.discriminator.items() if name not in ("kind", "vgg16")}

    def record(self) -> Settings:
        """The settings for config.json and the model card: of a folder only its name."""
        settings = asdict(self)
        for described_elsewhere in ("task", "title", "license", "architecture", "architecture_config"):
            del settings[described_elsewhere]
        settings["init"] = Path(self.init).name if self.init else None
        if self.projected:
            settings["discriminator"]["vgg16"] = Path(self.discriminator["vgg16"]).name
        return settings


def read_recipe(settings: Settings) -> GANRecipe:
    """Check all settings.

    Raises:
        InputError: naming the first that is missing, unknown, of the wrong type or out of range.
    """
    recipe = typed(GANRecipe, settings)
    choice("architecture", recipe.architecture, GENERATORS)
    choice("gan_loss", recipe.gan_loss, GAN_LOSSES)
    counts = ("batch", "accumulate", "steps", "critic_steps", "regularise_every")
    check_ranges(
        recipe,
        at_least_one=(*counts, "log_every", "sample_every", "checkpoint_every"),
        above_zero=("lr", "discriminator_lr", "augment_images"),
        not_negative=("workers", "warmup", "cache_gb", "seed", "gradient_clip", "grow_steps"),
        shares=("ema_decay", "lr_floor", "augment_strength", "augment_target"),
    )
    check_betas(recipe.betas)
    grows = issubclass(GENERATORS[recipe.architecture], Growing)
    need(grows or not recipe.grow_steps, f"A {recipe.architecture} does not grow: set grow_steps=0.")
    choice("discriminator.kind", recipe.discriminator.get("kind", "own"), ("own", "projected"))
    if recipe.projected:
        check_projected(recipe)
    for name in recipe.augment:
        choice("augment", name, CHANGES)
    for name, weight in recipe.regularisers.items():
        choice("regularisers", name, REGULARISERS)
        fit = isinstance(weight, int | float) and not isinstance(weight, bool) and weight >= 0
        need(fit, "The weights in 'regularisers' must be numbers of at least 0.")
    # One loss scale serves both networks; it may change between the two, which would mix scales inside a sum.
    mixed_scales = recipe.precision == "fp16" and recipe.accumulate > 1
    need(not mixed_scales, "An adversarial loss with precision fp16 needs accumulate=1; or use bf16.")
    return recipe


def check_projected(recipe: GANRecipe) -> None:
    """Check what a discriminator on features of VGG-16 needs and cannot do.

    Raises:
        InputError: naming the first that is missing or too much.
    """
    need(
        isinstance(recipe.discriminator.get("vgg16"), str),
        "A projected discriminator needs VGG-16: add --set discriminator.vgg16=FILE with torchvision's vgg16 as "
        "safetensors.",
    )
    need(not recipe.grow_steps, "A projected discriminator does not grow: set grow_steps=0.")
    need(
        not recipe.weight("gradient_penalty"),
        "A projected discriminator knows no gradient penalty: set regularisers.gradient_penalty=0, and r1 if need be.",
    )
