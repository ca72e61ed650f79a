"""The settings of a super-resolution recipe and what they may be."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import model_validator

from imggen.models import UPSCALERS
from imggen.models.vgg16 import RELU_INDEX
from imggen.ranges import SCALE
from imggen.training.common.common_recipe import CommonRecipe
from imggen.training.common.losses import CONTENT_LOSSES, DISTANCES
from imggen.training.common.validation import (
    AboveZero,
    Count,
    CountFromZero,
    Number,
    Share,
    need,
    one_of,
    weights_of,
)
from imggen.training.super_resolution.degradation import DEGRADATIONS

LOSSES = (*CONTENT_LOSSES, "perceptual", "gan")
GAN_LOSSES = ("nonsaturating", "relativistic")


class SRRecipe(CommonRecipe):
    """The settings of a super-resolution recipe; ``recipes/sr-psnr.yaml`` explains each."""

    architectures = UPSCALERS
    paths = ("init", "perceptual_weights")

    gradient_clip: AboveZero
    init: str | None
    patch: Count
    degradation: Annotated[str, one_of("degradation", DEGRADATIONS)]
    warmup: CountFromZero
    lr_floor: Share
    losses: Annotated[dict[str, Number], weights_of("losses", LOSSES)]
    perceptual_weights: str | None
    perceptual_layers: Annotated[dict[str, Number], weights_of("perceptual_layers", RELU_INDEX)]
    perceptual_before_relu: bool
    perceptual_distance: Annotated[str, one_of("perceptual_distance", DISTANCES)]
    gan_loss: Annotated[str, one_of("gan_loss", GAN_LOSSES)]
    discriminator: dict[str, Any]
    discriminator_lr: AboveZero

    def weight(self, loss: str) -> float:
        """Weight of a loss; 0 when the recipe leaves it out."""
        return self.losses.get(loss, 0.0)

    @property
    def one_network(self) -> bool:
        """Whether there is no discriminator."""
        return self.weight("gan") == 0

    @model_validator(mode="after")
    def check_losses(self) -> SRRecipe:
        """Check that something is learned, and what the losses need. Raises :class:`InputError`."""
        need(any(self.losses.values()), "All losses have the weight 0; give at least one of them a weight.")
        unit = 8 if self.weight("gan") else SCALE
        need(self.patch % unit == 0, f"The setting 'patch' must be a multiple of {unit}, not {self.patch}.")
        if self.weight("perceptual"):
            need(
                bool(self.perceptual_weights),
                "The perceptual loss needs VGG-16: add --set perceptual_weights=FILE with torchvision's vgg16 as "
                "safetensors, or switch the loss off with --set losses.perceptual=0.",
            )
            need(any(self.perceptual_layers.values()), "All perceptual_layers have the weight 0.")
        return self
