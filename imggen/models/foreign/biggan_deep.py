"""The generator of BigGAN-deep, for weights that others have published.

Brock et al., 2019, "Large Scale GAN Training for High Fidelity Natural Image Synthesis"
(https://arxiv.org/abs/1809.11096), appendix B: bottleneck blocks whose skips drop channels (figure 16), and the whole
latent vector, joined with the class embedding, as the condition of every normalisation. Instead of one running mean and
variance, each normalisation has those for several truncations between 0 and 1, and interpolates between them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imggen.models.gan.biggan import WIDEST, Attention
from imggen.models.gan.sizes import resolutions
from imggen.models.generator_network import GeneratorNetwork
from imggen.models.latents import truncate

#: Added to variances in batch normalisation, as in the published networks.
_EPS = 1e-4
#: The published networks draw latents between -2 and 2 standard deviations: this share of the normal distribution.
_SHARE = 0.9544997
#: Reduction of the channels inside a block.
_BOTTLENECK = 4


class TruncationNorm(nn.Module):
    """Batch normalisation with statistics that depend on the truncation.

    Args:
        channels: of the features.
        condition: length of the condition that gain and bias are linear in; 0 for a plain gain and bias.
        statistics: number of truncations, evenly spaced from 0 to 1.
    """

    means: Tensor
    variances: Tensor

    def __init__(self, channels: int, condition: int, statistics: int) -> None:
        super().__init__()
        self.register_buffer("means", torch.zeros(statistics, channels))
        self.register_buffer("variances", torch.ones(statistics, channels))
        if condition:
            self.gain: nn.Module | nn.Parameter = nn.Linear(condition, channels, bias=False)
            self.bias: nn.Module | nn.Parameter = nn.Linear(condition, channels, bias=False)
        else:
            self.gain = nn.Parameter(torch.ones(channels))
            self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, condition: Tensor, truncation: float) -> Tensor:
        """Normalise (B, channels, H, W) under conditions (B, condition)."""
        place = truncation * (len(self.means) - 1)
        low = min(int(place), len(self.means) - 2)
        mean = torch.lerp(self.means[low], self.means[low + 1], place - low)
        variance = torch.lerp(self.variances[low], self.variances[low + 1], place - low)
        x = F.batch_norm(x, mean, variance, eps=_EPS)
        if isinstance(self.gain, nn.Module) and isinstance(self.bias, nn.Module):
            return x * (1 + self.gain(condition))[:, :, None, None] + self.bias(condition)[:, :, None, None]
        return x * self.gain[:, None, None] + self.bias[:, None, None]  # type: ignore[index]


class DeepBlock(nn.Module):
    """Residual bottleneck, which may double the resolution and then drops channels (figure 16b)."""

    def __init__(self, wide: int, narrow: int, condition: int, statistics: int, doubles: bool) -> None:
        super().__init__()
        self.doubles = doubles
        self.narrow = narrow
        middle = wide // _BOTTLENECK
        self.norms = nn.ModuleList(
            TruncationNorm(channels, condition, statistics) for channels in (wide, middle, middle, middle)
        )
        self.convs = nn.ModuleList(
            [
                nn.Conv2d(wide, middle, 1),
                nn.Conv2d(middle, middle, 3, padding=1),
                nn.Conv2d(middle, middle, 3, padding=1),
                nn.Conv2d(middle, narrow, 1),
            ]
        )

    def forward(self, x: Tensor, condition: Tensor, truncation: float) -> Tensor:
        """Map (B, wide, H, W) to (B, narrow, 2H, 2W), or to (B, narrow, H, W)."""
        inner = x
        for place, (norm, conv) in enumerate(zip(self.norms, self.convs, strict=True)):
            inner = F.relu(norm(inner, condition, truncation))
            if place == 1 and self.doubles:
                inner = F.interpolate(inner, scale_factor=2, mode="nearest")
            inner = conv(inner)
        x = x[:, : self.narrow]
        return inner + (F.interpolate(x, scale_factor=2, mode="nearest") if self.doubles else x)


class BigGANDeepGenerator(GeneratorNetwork):
    """Latent vectors and labels to square RGB images.

    Args:
        image_size: side of the images, 128 or less, a power of two from 8 on.
        channels: features at that resolution (128 in the paper), doubled at every halving up to 16 times.
        latent_size: length of the latent vector, and of the class embedding (128 in the paper).
        attention: resolution with self-attention (64 in the paper); 0 for none.
        classes: number of classes.
        statistics: number of truncations with statistics of their own.
    """

    truncates_inside = True

    def __init__(
        self,
        image_size: int = 128,
        channels: int = 128,
        latent_size: int = 128,
        attention: int = 64,
        classes: int = 1000,
        statistics: int = 51,
    ) -> None:
        super().__init__()
        sides = resolutions(image_size)
        features = [channels * min(WIDEST, image_size // side) for side in sides]
        condition = 2 * latent_size
        self.image_size = image_size
        self.latent_size = latent_size
        self.classes = classes
        self.embedding = nn.Linear(classes, latent_size, bias=False)
        self.first = nn.Linear(condition, 16 * features[0])
        self.blocks = nn.ModuleList()
        self.attentions = nn.ModuleDict()
        for side, (wide, narrow) in zip(sides, pairwise(features), strict=False):
            if side == attention:
                self.attentions[str(len(self.blocks))] = Attention(wide, False)
            self.blocks.append(DeepBlock(wide, wide, condition, statistics, doubles=False))
            self.blocks.append(DeepBlock(wide, narrow, condition, statistics, doubles=True))
        self.norm = TruncationNorm(features[-1], 0, statistics)
        self.to_rgb = nn.Conv2d(features[-1], 3, 3, padding=1)

    def first_layer(self) -> Tensor:
        """See :meth:`.GeneratorNetwork.first_layer`.

        All of a latent goes to every normalisation: their matrices are stacked.
        """
        blocks: Any = self.blocks
        norms = [norm for block in blocks for norm in block.norms]
        layers = [self.first, *(layer for norm in norms for layer in (norm.gain, norm.bias))]
        return torch.cat([layer.weight[:, : self.latent_size] for layer in layers])

    def forward(self, z: Tensor, labels: Tensor, truncation: float = 1.0) -> Tensor:
        """Map standard normal latents and class weights to images.

        Args:
            z: (B, latent_size); cut at two standard deviations here, and scaled by the truncation.
            labels: (B, classes).
            truncation: 0..1.

        Returns:
            (B, 3, image_size, image_size) in -1..1.
        """
        condition = torch.cat([truncation * truncate(z, _SHARE), self.embedding(labels)], 1)
        x = self.first(condition).view(len(z), 4, 4, -1).permute(0, 3, 1, 2)
        for place, block in enumerate(self.blocks):
            if str(place) in self.attentions:
                x = self.attentions[str(place)](x)
            x = block(x, condition, truncation)
        return torch.tanh(self.to_rgb(F.relu(self.norm(x, condition, truncation))))
