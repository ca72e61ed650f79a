"""The settings of recipes for translation between two domains, and of the unpaired one, and what they may be."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import model_validator

from imggen.models import TRANSLATORS
from imggen.models.vgg16 import RELU_INDEX
from imggen.training.common.augment import CHANGES
from imggen.training.common.common_recipe import CommonRecipe
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

LOSSES = ("gan", "cycle", "identity", "coarse", "highlights", "perceptual")


class DomainsRecipe(CommonRecipe):
    """What recipes for two domains share; ``recipes/cyclegan-day-night.yaml`` explains each."""

    architectures = TRANSLATORS
    paths = ("perceptual_weights", "init")

    init: str | None
    crop: int
    resize: list[Number]
    flip: bool
    holdout: list[str]
    skip: list[str]
    aligned_share: Share
    unaligned: list[str]
    hold: Share
    perceptual_weights: str | None
    perceptual_layers: Annotated[dict[str, Number], weights_of("perceptual_layers", RELU_INDEX)]

    @property
    def domains(self) -> tuple[str, str]:
        """Names of both domains."""
        a, b = self.architecture_config["domains"]
        return a, b

    @model_validator(mode="after")
    def check_domains(self) -> DomainsRecipe:
        """Check what recipes for two domains share. Raises :class:`InputError`."""
        domains = self.architecture_config.get("domains")
        named = (
            isinstance(domains, list | tuple) and len(domains) == 2 and all(isinstance(name, str) for name in domains)
        )
        need(named, "The setting 'architecture_config' needs domains: the names of two folders, such as [day, night].")
        need(self.crop >= 32 and self.crop % 4 == 0, "The setting 'crop' must be a multiple of 4, at least 32.")
        ordered = len(self.resize) == 2 and 1 <= self.resize[0] <= self.resize[1]
        need(ordered, "The setting 'resize' must be two rising numbers of at least 1, such as [1.1, 2.0].")
        return self

    def check_perceptual(self, off: str) -> None:
        """Check what a perceptual loss needs.

        Args:
            off: the settings that switch it off, as on the command line.

        Raises:
            InputError: when there are no weights or no layers.
        """
        need(
            bool(self.perceptual_weights),
            "The perceptual loss needs VGG-16: add --set perceptual_weights=FILE with torchvision's vgg16 as "
            f"safetensors, or switch the loss off with --set {off}.",
        )
        need(any(self.perceptual_layers.values()), "All perceptual_layers have the weight 0.")


class TranslationRecipe(DomainsRecipe):
    """The settings of an unpaired recipe; ``recipes/cyclegan-day-night.yaml`` explains each."""

    discriminator: dict[str, Any]
    discriminator_lr: AboveZero
    losses: Annotated[dict[str, Number], weights_of("losses", LOSSES)]
    every: dict[str, Count]
    pool: CountFromZero
    augment: list[Annotated[str, one_of("augment", CHANGES)]]
    augment_strength: Share

    def weight(self, loss: str, step: int = 0) -> float:
        """Weight of a loss at an optimiser step: 0 when the recipe leaves it out or it is not its turn.

        A loss that is seldom computed counts as much more (lazily, as in Karras et al., 2020,
        https://arxiv.org/abs/1912.04958, section 3.1).
        """
        every = self.every.get(loss, 1)
        return 0.0 if step % every else self.losses.get(loss, 0.0) * every

    @model_validator(mode="after")
    def check_losses(self) -> TranslationRecipe:
        """Check that something is learned, and what the losses need. Raises :class:`InputError`."""
        for name in self.every:
            choice("every", name, ("cycle", "identity"))
        need(any(self.losses.values()), "All losses have the weight 0; give at least one of them a weight.")
        if self.weight("perceptual"):
            self.check_perceptual("losses.perceptual=0")
        return self
