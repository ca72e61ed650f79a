"""The settings of a style-transfer recipe and what they may be."""

from __future__ import annotations

from dataclasses import dataclass

from imggen.models import STYLISERS
from imggen.models.vgg16 import RELU_INDEX
from imggen.training.common.checks import check_ranges, need
from imggen.training.common.common_recipe import CommonRecipe, check_common, check_weights
from imggen.training.common.recipe import Settings, typed

LOSSES = ("content", "style", "identity", "variation")


@dataclass(frozen=True)
class StyleRecipe(CommonRecipe):
    """The settings of a style-transfer recipe; ``recipes/arbitrary-style.yaml`` explains each."""

    paths = ("init", "style_data", "vgg16")

    init: str | None
    style_data: str | None
    vgg16: str | None
    size: int
    content_zoom: float
    style_zoom: float
    recolour: float
    identity_share: float
    warmup: int
    lr_floor: float
    losses: dict[str, float]
    content_layers: dict[str, float]
    style_layers: dict[str, float]

    @property
    def has_table(self) -> bool:
        """Whether the network holds a table of styles, rather than encode them from pictures."""
        return self.architecture == "style_table"

    def weight(self, loss: str) -> float:
        """Weight of a loss; 0 when the recipe leaves it out."""
        return self.losses.get(loss, 0.0)


def read_recipe(settings: Settings) -> StyleRecipe:
    """Check all settings.

    Raises:
        InputError: naming the first that is missing, unknown, of the wrong type or out of range.
    """
    recipe = typed(StyleRecipe, settings)
    check_common(recipe, STYLISERS)
    check_ranges(
        recipe,
        at_least_one=("content_zoom", "style_zoom"),
        above_zero=("gradient_clip",),
        not_negative=("warmup",),
        shares=("lr_floor", "recolour", "identity_share"),
    )
    need(recipe.size >= 32, "The setting 'size' must be at least 32 pixels.")
    check_weights("losses", recipe.losses, LOSSES)
    check_weights("content_layers", recipe.content_layers, RELU_INDEX)
    check_weights("style_layers", recipe.style_layers, RELU_INDEX)
    need(recipe.weight("style") > 0, "Nothing asks for the style: give losses.style a weight.")
    layers = any(recipe.content_layers.values()) and any(recipe.style_layers.values())
    need(layers, "Give at least one of the content_layers and one of the style_layers a weight.")
    plain = not recipe.has_table or (recipe.recolour == 0 and recipe.identity_share == 0)
    need(
        plain,
        "A network with a table of styles cannot learn other colours or identity: set recolour=0, identity_share=0.",
    )
    need(bool(recipe.style_data), "Training needs pictures of the styles: add --set style_data=DIR.")
    need(
        bool(recipe.vgg16),
        "The losses need VGG-16: add --set vgg16=FILE with torchvision's vgg16 as safetensors.",
    )
    return recipe
