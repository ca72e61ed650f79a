"""One micro-step of style-transfer training, and its losses on the features of a fixed network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from torch import Tensor, nn

from imggen.imaging.tensors import as_input
from imggen.models.style.arbitrary_style import ArbitraryStyle
from imggen.models.style.style_table import StyleTable
from imggen.training.common.update import Learner, descend
from imggen.training.style.data import StyleSample
from imggen.training.style.recipe import StyleRecipe

Features = Mapping[str, Tensor]


class Stylist(nn.Module):
    """Encode the style and paint the content in one forward, as distributed training needs."""

    def __init__(self, styliser: ArbitraryStyle | StyleTable) -> None:
        super().__init__()
        self.styliser = styliser

    def forward(self, content: Tensor, style: Tensor, index: Tensor) -> Tensor:
        """Paint (B, 3, H, W) in 0..1.

        Args:
            content: what to paint.
            style: the style pictures (B, 3, H, W), for networks that encode them.
            index: their numbers (B,), for networks with a table of styles.
        """
        if isinstance(self.styliser, ArbitraryStyle):
            code = self.styliser.encode(style)
        else:
            code = F.one_hot(index, self.styliser.code_size).to(content.dtype)
        return self.styliser(content, code)


def content_distance(found: Features, wanted: Features, layers: Mapping[str, float]) -> Tensor:
    """Weighted mean over layers of the squared distance of features, each channel brought to mean 0 and deviation 1.

    The layout of the content counts; colour and contrast, which belong to the style, do not.

    Args:
        found: layer name -> features (B, C, H, W) of the output.
        wanted: likewise of the content.
        layers: weight of each layer.
    """
    distances = [
        weight * F.mse_loss(F.instance_norm(found[name].float()), F.instance_norm(wanted[name].float()))
        for name, weight in layers.items()
        if weight
    ]
    return torch.stack(distances).sum() / sum(layers.values())


def style_distance(found: Features, wanted: Features, layers: Mapping[str, float]) -> Tensor:
    """Weighted mean over layers of the relative squared distances of the channels' means and covariances.

    The Gram matrix of Gatys et al., 2016 (https://arxiv.org/abs/1508.06576) is the sum of the covariance and the
    means' outer product, which dominates after a ReLU. Compared apart, both count: strokes and palette. Distances
    are relative to the style's own size, so that every layer and every picture counts alike.

    Args:
        found: layer name -> features (B, C, H, W) of the output.
        wanted: likewise of the style pictures, which may be of another size.
        layers: weight of each layer.
    """
    distances = []
    for name, weight in layers.items():
        if weight:
            mean, covariance = moments(found[name])
            style_mean, style_covariance = moments(wanted[name])
            energy = style_mean.square().sum(1)
            # A flat picture has almost no covariance: part of the mean's energy bounds the quotient.
            spread = style_covariance.square().sum((1, 2)) + 0.01 * energy.square()
            relative = (mean - style_mean).square().sum(1) / energy.clamp_min(1e-6)
            relative = relative + (covariance - style_covariance).square().sum((1, 2)) / spread.clamp_min(1e-6)
            distances.append(weight * relative.mean())
    return torch.stack(distances).sum() / sum(layers.values())


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (B, C) and covariance (B, C, C) of the channels of (B, C, H, W) over all places, in float32."""
    flat = features.float().flatten(2)
    mean = flat.mean(2)
    centred = (flat - mean[:, :, None]) / flat.shape[2] ** 0.5  # in front of the product, for the range of fp16
    return mean, (centred @ centred.mT).float()


def variation(images: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels of (B, C, H, W), both directions added."""
    images = images.float()
    return images.diff(dim=2).square().mean() + images.diff(dim=3).square().mean()


@dataclass
class StyleStep:
    """A :class:`imggen.training.common.session.Step` on batches of :class:`StyleSample`.

    Attributes:
        accelerator: that prepared the network.
        recipe: the losses.
        stylist: a :class:`Stylist` that learns.
        features: VGG-16 with the layers of both losses.
        content_features: VGG-16 with those of the content loss only.
    """

    accelerator: Accelerator
    recipe: StyleRecipe
    stylist: Learner
    features: nn.Module
    content_features: nn.Module

    def __call__(self, number: int, batch: StyleSample) -> dict[str, Tensor]:
        content, style = as_input(batch.content), as_input(batch.style)
        output = self.stylist.network(content, style, batch.number)
        with self.accelerator.autocast():
            with torch.no_grad():
                wanted_content, wanted_style = self.content_features(content), self.features(style)
            found = self.features(output)
            losses = {
                "content": content_distance(found, wanted_content, self.recipe.content_layers),
                "style": style_distance(found, wanted_style, self.recipe.style_layers),
                "identity": ((output.float() - content).abs().mean((1, 2, 3)) * batch.own).mean(),
                "variation": variation(output),
            }
        loss = torch.stack([self.recipe.weight(name) * value for name, value in losses.items()]).sum()
        descend(self.accelerator, loss, self.stylist, self.recipe.gradient_clip)
        return {"loss": loss, **losses}
