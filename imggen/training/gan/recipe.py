"""The settings of an adversarial recipe and what they may be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imggen.models import GENERATORS
from imggen.models.gan.progan import Growing
from imggen.training.common.augment import CHANGES
from imggen.training.common.checks import check_ranges, choice, need
from imggen.training.common.common_recipe import CommonRecipe, check_common, check_scaling, check_weights
from imggen.training.common.losses import GAN_LOSSES
from imggen.training.common.recipe import Settings, typed

REGULARISERS = ("r1", "r2", "gradient_penalty", "drift", "orthogonal", "reconstruction", "classification")
#: Kinds of discriminator: the architecture's own, one with an auxiliary classifier, one on features of VGG-16.
KINDS = ("own", "auxiliary", "projected")


@dataclass(frozen=True)
class GANRecipe(CommonRecipe):
    """The settings of an adversarial recipe; ``recipes/dcgan.yaml`` explains each."""

    paths = ("init",)

    init: str | None
    discriminator: dict[str, Any]
    flip: bool
    discriminator_lr: float
    warmup: int
    lr_floor: float
    gan_loss: str
    critic_steps: int
    regularisers: dict[str, float]
    regularise_every: int
    grow_steps: int
    augment: list[str]
    augment_strength: float
    augment_target: float
    augment_images: float

    def weight(self, regulariser: str) -> float:
        """Weight of a regulariser; 0 when the recipe leaves it out."""
        return self.regularisers.get(regulariser, 0.0)

    @property
    def hidden_classes(self) -> bool:
        """Whether classes are learned apart and then not asked for."""
        return bool(self.architecture_config.get("hidden_classes", False))

    @property
    def labelled(self) -> bool:
        """Whether training needs to know the class of each image."""
        return self.task == "conditional" or self.hidden_classes

    @property
    def kind(self) -> str:
        """Of discriminator, one of :data:`KINDS`."""
        return self.discriminator.get("kind", "own")

    @property
    def projected(self) -> bool:
        """Whether the discriminator sees features of VGG-16 instead of images."""
        return self.kind == "projected"

    @property
    def discriminator_config(self) -> dict[str, Any]:
        """Arguments of the discriminator."""
        return {name: value for name, value in self.discriminator.items() if name not in ("kind", "vgg16")}

    @property
    def leaves_weights_out(self) -> bool:
        """Whether steps leave some of a network's weights out: those of resolutions that are yet to come."""
        return self.grow_steps > 0

    def record(self) -> Settings:
        """The settings for config.json and the model card: of files and folders only their names."""
        settings = super().record()
        if self.projected:
            settings["discriminator"]["vgg16"] = Path(self.discriminator["vgg16"]).name
        return settings


def read_recipe(settings: Settings) -> GANRecipe:
    """Check all settings.

    Raises:
        InputError: naming the first that is missing, unknown, of the wrong type or out of range.
    """
    recipe = typed(GANRecipe, settings)
    check_common(recipe, GENERATORS)
    choice("gan_loss", recipe.gan_loss, GAN_LOSSES)
    check_ranges(
        recipe,
        at_least_one=("critic_steps", "regularise_every"),
        above_zero=("discriminator_lr", "augment_images"),
        not_negative=("warmup", "grow_steps"),
        shares=("lr_floor", "augment_strength", "augment_target"),
    )
    grows = issubclass(GENERATORS[recipe.architecture], Growing)
    need(grows or not recipe.grow_steps, f"A {recipe.architecture} does not grow: set grow_steps=0.")
    choice("discriminator.kind", recipe.kind, KINDS)
    need(
        recipe.kind != "auxiliary" or recipe.labelled,
        "An auxiliary classifier needs classes: set task=conditional and an architecture that has them, such as cgan.",
    )
    need(
        not (recipe.hidden_classes and recipe.task == "conditional"),
        "Hidden classes are not asked for: set task=sampling, or architecture_config.hidden_classes=false.",
    )
    if recipe.projected:
        check_projected(recipe)
    for name in recipe.augment:
        choice("augment", name, CHANGES)
    check_weights("regularisers", recipe.regularisers, REGULARISERS)
    check_scaling(recipe)
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
