"""The class-conditional networks of BigGAN, scaled by their arguments.

Brock et al., 2019, "Large Scale GAN Training for High Fidelity Natural Image Synthesis"
(https://arxiv.org/abs/1809.11096), section 3 and appendix B: residual blocks with class-conditional batch normalisation
(Dumoulin et al., 2017, https://arxiv.org/abs/1610.07629), whose gains and biases are linear in a shared class embedding
joined with a part of the latent vector of its own ("hierarchical" latents); a projection discriminator (Miyato and
Koyama, 2018, https://arxiv.org/abs/1802.05637, equation 3); self-attention (Zhang et al., 2019,
https://arxiv.org/abs/1805.08318, section 3) at one resolution; spectral normalisation and orthogonal initialisation of
both networks.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from imggen.models.gan.sizes import resolutions
from imggen.models.generator_network import GeneratorNetwork

Layer = TypeVar("Layer", nn.Linear, nn.Conv2d, nn.Embedding)

#: Features are at most this many times ``channels``.
WIDEST = 16


def prepared(layer: Layer, spectral: bool) -> Layer:
    """Initialise a layer orthogonally, and normalise it spectrally if asked."""
    nn.init.orthogonal_(layer.weight)
    if spectral:
        spectral_norm(layer, eps=1e-6)
    return layer


class ConditionalNorm(nn.Module):
    """Batch normalisation whose gain and bias are linear functions of a condition (appendix B)."""

    def __init__(self, channels: int, condition: int, spectral: bool) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = prepared(nn.Linear(condition, channels, bias=False), spectral)
        self.bias = prepared(nn.Linear(condition, channels, bias=False), spectral)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Normalise (B, channels, H, W) under conditions (B, condition)."""
        return self.norm(x) * (1 + self.gain(condition))[:, :, None, None] + self.bias(condition)[:, :, None, None]


class Attention(nn.Module):
    """Self-attention over all positions, with pooled keys, added with a learned strength that starts at 0."""

    def __init__(self, channels: int, spectral: bool) -> None:
        super().__init__()
        inner, values = max(1, channels // 8), max(1, channels // 2)
        self.query = prepared(nn.Conv2d(channels, inner, 1, bias=False), spectral)
        self.key = prepared(nn.Conv2d(channels, inner, 1, bias=False), spectral)
        self.value = prepared(nn.Conv2d(channels, values, 1, bias=False), spectral)
        self.out = prepared(nn.Conv2d(values, channels, 1, bias=False), spectral)
        self.strength = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to the same shape; H and W are even."""
        query = self.query(x).flatten(2)
        key = F.max_pool2d(self.key(x), 2).flatten(2)
        value = F.max_pool2d(self.value(x), 2).flatten(2)
        share = torch.softmax(query.transpose(1, 2) @ key, 2)  # (B, positions, pooled positions)
        mixed = (value @ share.transpose(1, 2)).unflatten(2, x.shape[2:])
        return x + self.strength * self.out(mixed)


class UpBlock(nn.Module):
    """Residual block that doubles the resolution (figure 15b)."""

    def __init__(self, wide: int, narrow: int, condition: int, spectral: bool) -> None:
        super().__init__()
        self.norm1 = ConditionalNorm(wide, condition, spectral)
        self.conv1 = prepared(nn.Conv2d(wide, narrow, 3, padding=1), spectral)
        self.norm2 = ConditionalNorm(narrow, condition, spectral)
        self.conv2 = prepared(nn.Conv2d(narrow, narrow, 3, padding=1), spectral)
        self.skip = prepared(nn.Conv2d(wide, narrow, 1), spectral)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Map (B, wide, H, W) to (B, narrow, 2H, 2W)."""
        inner = F.interpolate(F.relu(self.norm1(x, condition)), scale_factor=2, mode="nearest")
        inner = self.conv2(F.relu(self.norm2(self.conv1(inner), condition)))
        return inner + F.interpolate(self.skip(x), scale_factor=2, mode="nearest")


class DownBlock(nn.Module):
    """Residual block of the discriminator, which may halve the resolution (figure 15c)."""

    def __init__(self, narrow: int, wide: int, halve: bool, first: bool) -> None:
        super().__init__()
        self.halve = halve
        self.first = first
        self.conv1 = prepared(nn.Conv2d(narrow, wide, 3, padding=1), True)
        self.conv2 = prepared(nn.Conv2d(wide, wide, 3, padding=1), True)
        self.skip = prepared(nn.Conv2d(narrow, wide, 1), True)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, narrow, H, W) to (B, wide, H/2, W/2), or to (B, wide, H, W)."""
        inner = self.conv2(F.relu(self.conv1(x if self.first else F.relu(x))))
        x = inner + self.skip(x)
        return F.avg_pool2d(x, 2) if self.halve else x


class BigGANGenerator(GeneratorNetwork):
    """Latent vectors and labels to square RGB images.

    Args:
        image_size: side of the images, a power of two from 8 on.
        channels: features at that resolution (96 in the paper), doubled at every halving.
        latent_part: length of each part of the latent vector (20 in the paper); there is one for the first layer and
            one for every block.
        embedding: length of the shared class embedding (128 in the paper).
        attention: resolution with self-attention (64 in the paper); 0 for none.
        classes: number of classes.
        spectral: normalise spectrally, as training needs; see :meth:`fused`.
        widest: limit on that doubling: features are at most so many times ``channels``.
    """

    def __init__(
        self,
        image_size: int = 64,
        channels: int = 32,
        latent_part: int = 20,
        embedding: int = 128,
        attention: int = 32,
        classes: int = 10,
        spectral: bool = False,
        widest: int = WIDEST,
    ) -> None:
        super().__init__()
        self.config = {
            "image_size": image_size,
            "channels": channels,
            "latent_part": latent_part,
            "embedding": embedding,
            "attention": attention,
            "classes": classes,
            "spectral": spectral,
            "widest": widest,
        }
        sides = resolutions(image_size)
        features = [channels * min(widest, image_size // side) for side in sides]
        self.image_size = image_size
        self.latent_size = latent_part * len(sides)
        self.classes = classes
        self.latent_part = latent_part
        self.attention = attention
        condition = embedding + latent_part
        self.shared = prepared(nn.Embedding(classes, embedding), False)
        self.first = prepared(nn.Linear(latent_part, 16 * features[0]), spectral)
        self.blocks = nn.ModuleList(UpBlock(wide, narrow, condition, spectral) for wide, narrow in pairwise(features))
        self.attentions = nn.ModuleDict(
            {
                str(side): Attention(wide, spectral)
                for side, wide in zip(sides, features, strict=True)
                if side == attention
            }
        )
        self.norm = nn.BatchNorm2d(features[-1])
        self.to_rgb = prepared(nn.Conv2d(features[-1], 3, 3, padding=1), spectral)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Map latents (B, latent_size) and class weights (B, classes) to images (B, 3, S, S) in -1..1."""
        first, *parts = z.split(self.latent_part, 1)
        embedded = labels.to(z.dtype) @ self.shared.weight.to(z.dtype)
        x = self.first(first).view(len(z), -1, 4, 4)
        for block, part in zip(self.blocks, parts, strict=True):
            x = block(x, torch.cat([embedded, part], 1))
            if str(x.shape[2]) in self.attentions:
                x = self.attentions[str(x.shape[2])](x)
        return torch.tanh(self.to_rgb(F.relu(self.norm(x))))

    def first_layer(self) -> Tensor:
        """See :meth:`.GeneratorNetwork.first_layer`.

        Each part of a latent goes to layers of its own: the matrix has a block for each part.
        """
        blocks: list[Any] = [self.first.weight]
        block: Any
        for block in self.blocks:
            layers = [layer for norm in (block.norm1, block.norm2) for layer in (norm.gain, norm.bias)]
            blocks.append(torch.cat([layer.weight[:, -self.latent_part :] for layer in layers]))
        return torch.block_diag(*blocks)

    @torch.no_grad()
    def fused(self) -> BigGANGenerator:
        """The same network with plain weights, each divided by its exact largest singular value.

        In a moving average of the network, the estimates of spectral normalisation are averaged too, and do not fit
        the averaged weights.
        """
        plain = BigGANGenerator(**{**self.config, "spectral": False}).to(self.norm.weight.device)
        state = {}
        for name, value in self.state_dict().items():
            if name.endswith("parametrizations.weight.original"):
                norm = torch.linalg.matrix_norm(value.float().flatten(1), ord=2)
                state[name.replace("parametrizations.weight.original", "weight")] = value / norm
            elif ".parametrizations." not in name:
                state[name] = value
        plain.load_state_dict(state)
        return plain.train(self.training)


class BigGANDiscriminator(nn.Module):
    """Score square RGB images as members of a class.

    Args:
        image_size: side of the images, a power of two from 8 on.
        channels: features at that resolution, doubled at every halving up to :data:`WIDEST` times.
        attention: resolution with self-attention; 0 for none.
        classes: number of classes.
    """

    def __init__(self, image_size: int = 64, channels: int = 32, attention: int = 32, classes: int = 10) -> None:
        super().__init__()
        sides = list(reversed(resolutions(image_size)))
        features = [channels * min(WIDEST, image_size // side) for side in sides]
        self.classes = classes
        self.blocks = nn.Sequential()
        for place, (narrow, wide) in enumerate(pairwise([3, *features])):
            self.blocks.append(DownBlock(narrow, wide, halve=place < len(sides) - 1, first=place == 0))
            if place + 1 < len(sides) and sides[place + 1] == attention:
                self.blocks.append(Attention(wide, True))
        self.score = prepared(nn.Linear(features[-1], 1), True)
        self.embedding = prepared(nn.Embedding(classes, features[-1]), True)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """Map images (B, 3, S, S) in -1..1 and class weights (B, classes) to scores (B,)."""
        features = F.relu(self.blocks(x)).sum((2, 3))
        projection = ((labels.to(features.dtype) @ self.embedding.weight.to(features.dtype)) * features).sum(1)
        return self.score(features).flatten() + projection
