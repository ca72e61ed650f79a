"""What a model can do, told from its architecture, before its weights are loaded."""

from __future__ import annotations

from imggen.models import ARCHITECTURES
from imggen.store.model_info import ModelInfo


def optimises(info: ModelInfo) -> bool:
    """Whether a model is a pretrained VGG-16, on whose features Gatys' style transfer optimises a picture."""
    return info.architecture == "vgg16"


def takes_any_style(info: ModelInfo) -> bool:
    """Whether a model of style transfer can take any picture for its style."""
    return optimises(info) or bool(getattr(ARCHITECTURES.get(info.architecture), "takes_pictures", False))


def has_styles(info: ModelInfo) -> bool:
    """Whether a generator has a space W of styles."""
    return bool(getattr(ARCHITECTURES.get(info.architecture), "has_styles", False))
