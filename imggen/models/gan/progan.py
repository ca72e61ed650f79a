"""The networks of ProGAN, which grow while they are trained.

Karras et al., 2018, "Progressive Growing of GANs for Improved Quality, Stability, and Variation"
(https://arxiv.org/abs/1710.10196): both networks begin at 4 x 4 and double the resolution step by step, each new block
faded in beside the path it replaces (section 2, figure 2); minibatch standard deviation at the end of the
discriminator (section 3); equalised learning rate and pixelwise normalisation in the generator (section 4); layers of
table 2. The stage is part of the network's state, so a checkpoint of an unfinished training works too.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imggen.models.gan.equalised import EqualConv, EqualLinear, append_minibatch_std, pixel_norm, scaled_leaky_relu
from imggen.models.gan.sizes import resolutions, widths
from imggen.models.generator_network import GeneratorNetwork

#: Stages are stored in thousandths as integers: a moving average of weights copies integers and blends floats.
_UNIT = 1000


class Growing(nn.Module):
    """A network that knows how far it has grown.

    Args:
        image_size: side at the end of growth.
    """

    grown: Tensor

    def __init__(self, image_size: int) -> None:
        super().__init__()
        self.sides = resolutions(image_size)
        self.register_buffer("grown", torch.tensor(_UNIT * (len(self.sides) - 1)))

    def grow(self, stage: float) -> None:
        """Set the stage: 0 is 4 x 4, 1 is 8 x 8, 0.25 is 8 x 8 of which a quarter has faded in. It stops at the end."""
        self.grown.fill_(round(_UNIT * min(max(stage, 0.0), len(self.sides) - 1)))

    def level(self) -> tuple[int, float]:
        """The index of the present resolution, and how much of it has faded in, above 0 and up to 1."""
        stage = int(self.grown) / _UNIT
        level = math.ceil(stage)
        return level, 1 - (level - stage)

    def faded(self, images: Tensor) -> Tensor:
        """Reduce real images (B, 3, S, S) to the present resolution, faded like the generator's (section 2)."""
        level, share = self.level()
        images = F.avg_pool2d(images, images.shape[2] // self.sides[level])
        if share < 1:
            coarse = F.interpolate(F.avg_pool2d(images, 2), scale_factor=2, mode="nearest")
            images = torch.lerp(coarse, images, share)
        return images


class UpBlock(nn.Module):
    """Two convolutions, before which the resolution may be doubled."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = EqualConv(inputs, outputs, 3)
        self.last = EqualConv(outputs, outputs, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, 2H, 2W)."""
        x = pixel_norm(scaled_leaky_relu(self.first(F.interpolate(x, scale_factor=2, mode="nearest"))))
        return pixel_norm(scaled_leaky_relu(self.last(x)))


class ProGANGenerator(Growing, GeneratorNetwork):
    """Latent vectors to square RGB images.

    Args:
        image_size: side of the images, a power of two from 8 on.
        channels: features at that resolution, doubled at every halving.
        max_channels: limit on that doubling.
        latent_size: length of the latent vector.
    """

    def __init__(
        self, image_size: int = 64, channels: int = 32, max_channels: int = 256, latent_size: int = 128
    ) -> None:
        super().__init__(image_size)
        self.config = {
            "image_size": image_size,
            "channels": channels,
            "max_channels": max_channels,
            "latent_size": latent_size,
        }
        features = widths(self.sides, channels, max_channels)
        self.image_size = image_size
        self.latent_size = latent_size
        self.first = EqualLinear(latent_size, 16 * features[0])
        self.conv = EqualConv(features[0], features[0], 3)
        self.blocks = nn.ModuleList(UpBlock(inputs, outputs) for inputs, outputs in pairwise(features))
        self.to_rgb = nn.ModuleList(EqualConv(width, 3, 1) for width in features)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents (B, latent_size) to images in about -1..1; ``labels`` are not used.

        Returns:
            In training images of the present resolution, otherwise (B, 3, image_size, image_size).
        """
        level, share = self.level()
        x = pixel_norm(scaled_leaky_relu(self.first(pixel_norm(z))).unflatten(1, (-1, 4, 4)))
        x = below = pixel_norm(scaled_leaky_relu(self.conv(x)))
        for block in self.blocks[:level]:
            below, x = x, block(x)
        image = self.to_rgb[level](x)
        if share < 1:
            coarse = F.interpolate(self.to_rgb[level - 1](below), scale_factor=2, mode="nearest")
            image = torch.lerp(coarse, image, share)
        if self.training:
            return image
        return F.interpolate(image, scale_factor=float(self.image_size // image.shape[2]), mode="nearest")

    def first_layer(self) -> Tensor:
        """See :meth:`.GeneratorNetwork.first_layer`."""
        return self.first.weight * self.first.scale


class DownBlock(nn.Module):
    """Two convolutions, after which the resolution is halved."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = EqualConv(inputs, inputs, 3)
        self.last = EqualConv(inputs, outputs, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H/2, W/2)."""
        return F.avg_pool2d(scaled_leaky_relu(self.last(scaled_leaky_relu(self.first(x)))), 2)


class ProGANDiscriminator(Growing):
    """Score square RGB images of the present resolution.

    Args:
        image_size: side of the images at the end of growth, a power of two from 8 on.
        channels: features at that resolution, doubled at every halving.
        max_channels: limit on that doubling.
    """

    def __init__(self, image_size: int = 64, channels: int = 32, max_channels: int = 256) -> None:
        super().__init__(image_size)
        features = widths(self.sides, channels, max_channels)
        self.from_rgb = nn.ModuleList(EqualConv(3, width, 1) for width in features)
        self.blocks = nn.ModuleList(DownBlock(inputs, outputs) for outputs, inputs in pairwise(features))
        self.conv = EqualConv(features[0] + 1, features[0], 3)
        self.hidden = EqualLinear(16 * features[0], features[0])
        self.score = EqualLinear(features[0], 1)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map images (B, 3, side, side) in -1..1 to scores (B,); ``labels`` are not used."""
        level, share = self.level()
        image = x
        x = scaled_leaky_relu(self.from_rgb[level](image))
        for number in range(level - 1, -1, -1):
            x = self.blocks[number](x)
            if share < 1 and number == level - 1:
                coarse = scaled_leaky_relu(self.from_rgb[number](F.avg_pool2d(image, 2)))
                x = torch.lerp(coarse, x, share)
        x = scaled_leaky_relu(self.conv(append_minibatch_std(x)))
        return self.score(scaled_leaky_relu(self.hidden(x.flatten(1)))).flatten()
