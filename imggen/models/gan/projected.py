"""A discriminator on fixed features of images instead of the images.

Sauer et al., 2021, "Projected GANs Converge Faster" (https://arxiv.org/abs/2111.01007): the features of a pretrained
network, mixed by random convolutions that are never trained, across channels ("CCM" in section 3.2) and from coarse
to fine ("CSM"), and a small spectrally normalised discriminator for each resolution (section 4). Departures: VGG-16 in
place of an EfficientNet, features scaled to a mean square of 1, one convolution at each step of the CSM.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from imggen.models.gan.equalised import upsample
from imggen.models.gan.fastgan import conv
from imggen.models.vgg16 import VGG16Features

#: Activations of VGG-16 that are used: (name, channels, reduction of the resolution).
LAYERS = (("relu1_2", 64, 1), ("relu2_2", 128, 2), ("relu3_3", 256, 4), ("relu4_3", 512, 8))
#: Side to which each head halves its features.
COARSEST = 8
#: Side of the windows that get one score each, at that resolution.
WINDOW = 4
#: Length of the vectors in which a head compares features with a class.
COMPARED = 64


class Projector(nn.Module):
    """Images to randomly mixed features of VGG-16. Nothing in it is trained.

    Args:
        trunk: frozen, giving at least the activations of :data:`LAYERS`.
        channels: features at the finest resolution, doubled at every coarser one.
        seed: of the random convolutions.
    """

    def __init__(self, trunk: VGG16Features, channels: int = 32, seed: int = 0) -> None:
        super().__init__()
        self.trunk = trunk
        outputs = widths(channels)
        self.across = nn.ModuleList(
            nn.Conv2d(inputs, width, 1, bias=False) for (_, inputs, _), width in zip(LAYERS, outputs, strict=True)
        )
        self.down = nn.ModuleList(nn.Conv2d(wide, fine, 3, padding=1, bias=False) for fine, wide in pairwise(outputs))
        generator = torch.Generator().manual_seed(seed)
        for layer in [*self.across, *self.down]:
            nn.init.normal_(layer.weight, std=1 / math.sqrt(layer.weight[0].numel()), generator=generator)
        self.requires_grad_(False).eval()

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map images (B, 3, S, S) in -1..1 to features (B, channels * 2**level, S / 2**level, S / 2**level)."""
        found = self.trunk(x / 2 + 0.5)
        mixed = [
            layer(found[name]) * _scale(found[name]) for (name, _, _), layer in zip(LAYERS, self.across, strict=True)
        ]
        for level in range(len(mixed) - 2, -1, -1):
            mixed[level] = mixed[level] + upsample(self.down[level](mixed[level + 1]))
        return mixed


def widths(channels: int) -> list[int]:
    """Number of features at each resolution, the finest first."""
    return [channels * 2**level for level in range(len(LAYERS))]


def _scale(x: Tensor) -> Tensor:
    """Factor (B, 1, 1, 1) that brings the features of each image to a mean square of 1."""
    norm = torch.linalg.vector_norm(x, dim=(1, 2, 3), keepdim=True, dtype=torch.float32)
    return (math.sqrt(x[0].numel()) / (norm + 1e-8)).to(x.dtype)


def _hidden(layer: nn.Conv2d) -> list[nn.Module]:
    return [layer, nn.LeakyReLU(0.2)]


class Head(nn.Module):
    """The discriminator of one resolution.

    Args:
        channels: of the features.
        side: of the features.
        classes: number of classes; 0 for none.
    """

    def __init__(self, channels: int, side: int, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential()
        while side > COARSEST:
            self.layers.extend(_hidden(conv(channels, channels, 4, 2, 1)))
            side //= 2
        self.layers.extend(_hidden(conv(channels, channels, 3, 1, 1)))
        window = min(WINDOW, side)
        if classes:
            self.layers.append(conv(channels, COMPARED, window))
            self.embedding = spectral_norm(nn.Embedding(classes, COMPARED))
            channels, window = COMPARED, 1
        self.score = conv(channels, 1, window)

    def forward(self, x: Tensor, labels: Tensor | None) -> Tensor:
        """Map features (B, channels, side, side) to scores (B, windows)."""
        x = self.layers(x)
        scores = self.score(x)
        if labels is not None:
            weight: Tensor = self.embedding.weight  # type: ignore[assignment]  # normalised
            classes = labels.to(x.dtype) @ weight.to(x.dtype)
            scores = scores + (classes[:, :, None, None] * x).sum(1, keepdim=True)
        return scores.flatten(1)


class ProjectedDiscriminator(nn.Module):
    """Score projected images at every resolution, as members of a class if there are any (Miyato and Koyama, 2018,
    https://arxiv.org/abs/1802.05637, equation 3).

    Args:
        image_size: side of the images, at least 16.
        channels: of the :class:`Projector`.
        classes: number of classes; 0 for none.
    """

    def __init__(self, image_size: int = 64, channels: int = 32, classes: int = 0) -> None:
        super().__init__()
        if image_size < 16:
            raise ValueError(f"image_size must be at least 16, not {image_size}")
        self.channels = channels
        self.classes = classes
        self.heads = nn.ModuleList(
            Head(width, image_size // smaller, classes)
            for (_, _, smaller), width in zip(LAYERS, widths(channels), strict=True)
        )

    def forward(self, features: list[Tensor], labels: Tensor | None = None) -> Tensor:
        """Map what a :class:`Projector` returns, and class weights (B, classes), to scores (B, windows)."""
        return torch.cat([head(x, labels) for head, x in zip(self.heads, features, strict=True)], 1)
