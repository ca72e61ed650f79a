"""The settings of a style-transfer recipe and what they may be."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from imggen.models import STYLISERS
from imggen.models.vgg16 import RELU_INDEX
from imggen.training.common.common_recipe import CommonRecipe
from imggen.training.common.validation import AboveZero, CountFromZero, Number, Share, need, weights_of

LOSSES = ("content", "style", "identity", "variation")
Zoom = Annotated[Number, Field(ge=1)]


class StyleRecipe(CommonRecipe):
    """The settings of a style-transfer recipe; ``recipes/arbitrary-style.yaml`` explains each."""

    architectures = STYLISERS
    paths = ("init", "style_data", "vgg16")

    gradient_clip: AboveZero
    init: str | None
    style_data: str | None
    vgg16: str | None
    size: Annotated[int, Field(ge=32)]
    content_zoom: Zoom
    style_zoom: Zoom
    recolour: Share
    identity_share: Share
    warmup: CountFromZero
    lr_floor: Share
    losses: Annotated[dict[str, Number], weights_of("losses", LOSSES)]
    content_layers: Annotated[dict[str, Number], weights_of("content_layers", RELU_INDEX)]
    style_layers: Annotated[dict[str, Number], weights_of("style_layers", RELU_INDEX)]

    @property
    def has_table(self) -> bool:
        """Whether the network holds a table of styles, rather than encode them from pictures."""
        return not STYLISERS[self.architecture].takes_pictures

    @property
    def one_network(self) -> bool:
        """There is no discriminator."""
        return True

    def weight(self, loss: str) -> float:
        """Weight of a loss; 0 when the recipe leaves it out."""
        return self.losses.get(loss, 0.0)

    @model_validator(mode="after")
    def check_losses(self) -> StyleRecipe:
        """Check that a style is learned, by what the network can learn. Raises :class:`InputError`."""
        need(self.weight("style") > 0, "Nothing asks for the style: give losses.style a weight.")
        layers = any(self.content_layers.values()) and any(self.style_layers.values())
        need(layers, "Give at least one of the content_layers and one of the style_layers a weight.")
        plain = not self.has_table or (self.recolour == 0 and self.identity_share == 0)
        need(
            plain,
            "A network with a table of styles cannot learn other colours or identity: set recolour=0 and "
            "identity_share=0.",
        )
        need(bool(self.style_data), "Training needs pictures of the styles: add --set style_data=DIR.")
        need(
            bool(self.vgg16),
            "The losses need VGG-16: add --set vgg16=FILE with torchvision's vgg16 as safetensors.",
        )
        return self
