"""The settings of a style-transfer recipe and what they may be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imggen.models import STYLISERS
from imggen.models.vgg16 import RELU_INDEX
from imggen.training.checks import check_betas, check_ranges, choice, need
from imggen.training.recipe import Settings, typed

LOSSES = ("content", "style", "identity", "variation")


@dataclass(frozen=True)
class StyleRecipe:
    """The settings of a style-transfer recipe; ``recipes/arbitrary-style.yaml`` explains each."""

    task: str
    title: str
    license: str
    architecture: str
    architecture_config: dict[str, Any]
    init: str | None
    style_data: str | None
    vgg16: str | None
    size: int
    content_zoom: float
    style_zoom: float
    recolour: float
    identity_share: float
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
    content_layers: dict[str, float]
    style_layers: dict[str, float]
    precision: str
    seed: int
    log_every: int
    sample_every: int
    checkpoint_every: int

    @property
    def has_table(self) -> bool:
        """Whether the network holds a table of styles, rather than encode them from pictures."""
        return self.architecture == "transformer_net"

    def weight(self, loss: str) -> float:
        """Weight of a loss; 0 when the recipe leaves it out."""
        return self.losses.get(loss, 0.0)

    def record(self) -> Settings:
        """The settings for config.json and the model card: of files only their names."""
        settings = asdict(self)
        for described_elsewhere in ("task", "title", "license", "architecture", "architecture_config"):
            del settings[described_elsewhere]
        for path in ("init", "style_data", "vgg16"):
            settings[path] = Path(settings[path]).name if settings[path] else None
        return settings


def read_recipe(settings: Settings) -> StyleRecipe:
    """Check all settings.

    Raises:
        InputError: naming the first that is missing, unknown, of the wrong type or out of range.
    """
    recipe = typed(StyleRecipe, settings)
    choice("architecture", recipe.architecture, STYLISERS)
    check_ranges(
        recipe,
        at_least_one=(
            "batch",
            "accumulate",
            "steps",
            "log_every",
            "sample_every",
            "checkpoint_every",
            "content_zoom",
            "style_zoom",
        ),
        above_zero=("lr", "gradient_clip"),
        not_negative=("workers", "warmup", "cache_gb", "seed"),
        shares=("ema_decay", "lr_floor", "recolour", "identity_share"),
    )
    check_betas(recipe.betas)
    need(recipe.size >= 32, "The setting 'size' must be at least 32 pixels.")
    for name in recipe.losses:
        choice("losses", name, LOSSES)
    for name in (*recipe.content_layers, *recipe.style_layers):
        choice("content_layers and style_layers", name, RELU_INDEX)
    for weights in (recipe.losses, recipe.content_layers, recipe.style_layers):
        fit = all(
            isinstance(weight, int | float) and not isinstance(weight, bool) and weight >= 0
            for weight in weights.values()
        )
        need(fit, "The weights in 'losses', 'content_layers' and 'style_layers' must be numbers of at least 0.")
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
