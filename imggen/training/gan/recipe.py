"""The settings of an adversarial recipe and what they may be."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import model_validator

from imggen.models import GENERATORS
from imggen.models.gan.progan import Growing
from imggen.training.common.augment import CHANGES
from imggen.training.common.common_recipe import CommonRecipe
from imggen.training.common.losses import GAN_LOSSES
from imggen.training.common.recipe import Settings
from imggen.training.common.validation import (
    AboveZero,
    Count,
    CountFromZero,
    Number,
    Share,
    choice,
    need,
    one_of,
    weights_of,
)

REGULARISERS = ("r1", "r2", "gradient_penalty", "drift", "orthogonal", "reconstruction", "classification")
#: Kinds of discriminator: the architecture's own, one with an auxiliary classifier, one on features of VGG-16.
KINDS = ("own", "auxiliary", "projected")


class GANRecipe(CommonRecipe):
    """The settings of an adversarial recipe; ``recipes/dcgan.yaml`` explains each."""

    architectures = GENERATORS
    paths = ("init",)

    init: str | None
    discriminator: dict[str, Any]
    flip: bool
    discriminator_lr: AboveZero
    warmup: CountFromZero
    lr_floor: Share
    gan_loss: Annotated[str, one_of("gan_loss", GAN_LOSSES)]
    critic_steps: Count
    regularisers: Annotated[dict[str, Number], weights_of("regularisers", REGULARISERS)]
    regularise_every: Count
    grow_steps: CountFromZero
    augment: list[Annotated[str, one_of("augment", CHANGES)]]
    augment_strength: Share
    augment_target: Share
    augment_images: AboveZero

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
        """Whether steps leave some of a network's weights out: those of resolutions to come or outgrown."""
        return self.grows

    @property
    def grows(self) -> bool:
        """Whether the networks grow from small images to large ones."""
        return issubclass(GENERATORS[self.architecture], Growing)

    def record(self) -> Settings:
        """The settings for config.json and the model card: of files and folders only their names."""
        settings = super().record()
        if self.projected:
            settings["discriminator"]["vgg16"] = Path(self.discriminator["vgg16"]).name
        return settings

    @model_validator(mode="after")
    def check_networks(self) -> GANRecipe:
        """Check what generator and discriminator can do. Raises :class:`InputError`."""
        need(self.grows or not self.grow_steps, f"A {self.architecture} does not grow: set grow_steps=0.")
        choice("discriminator.kind", self.kind, KINDS)
        need(
            self.kind != "auxiliary" or self.labelled,
            "An auxiliary classifier needs classes: set task=conditional and an architecture that has them, such as "
            "cgan.",
        )
        need(
            not (self.hidden_classes and self.task == "conditional"),
            "Hidden classes are not asked for: set task=sampling, or architecture_config.hidden_classes=false.",
        )
        if self.projected:
            self.check_projected()
        return self

    def check_projected(self) -> None:
        """Check what a discriminator on features of VGG-16 needs and cannot do. Raises :class:`InputError`."""
        need(
            isinstance(self.discriminator.get("vgg16"), str),
            "A projected discriminator needs VGG-16: add --set discriminator.vgg16=FILE with torchvision's vgg16 as "
            "safetensors.",
        )
        need(not self.grow_steps, "A projected discriminator does not grow: set grow_steps=0.")
        need(
            not self.weight("gradient_penalty"),
            "A projected discriminator knows no gradient penalty: set regularisers.gradient_penalty=0, and r1 if need "
            "be.",
        )
