"""What a model can do, told from its architecture, before its weights are loaded."""

from __future__ import annotations

from imggen.store.model_info import ModelInfo

#: Architectures with ``takes_pictures`` and with ``has_styles``, by name: to ask their classes would load PyTorch.
TAKE_PICTURES = ("arbitrary_style",)
HAVE_STYLES = ("stylegan2",)


def optimises(info: ModelInfo) -> bool:
    """Whether a model is a pretrained VGG-16, on whose features Gatys' style transfer optimises a picture."""
    return info.architecture == "vgg16"


def takes_any_style(info: ModelInfo) -> bool:
    """Whether a model of style transfer can take any picture for its style."""
    return optimises(info) or info.architecture in TAKE_PICTURES


def has_styles(info: ModelInfo) -> bool:
    """Whether a generator has a space W of styles."""
    return info.architecture in HAVE_STYLES
