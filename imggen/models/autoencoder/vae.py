"""The variational autoencoder, with or without classes; its decoder is also the generator of VAE-GAN.

Kingma and Welling, 2014, "Auto-Encoding Variational Bayes" (https://arxiv.org/abs/1312.6114), section 3: a Gaussian
encoder with diagonal covariance and the reparameterisation trick. Sohn et al., 2015, "Learning Structured Output
Representation using Deep Conditional Generative Models" (NeurIPS 28), section 4: encoder and decoder see the condition,
and the prior does not depend on it. The convolutions follow table 1 of Larsen et al., 2016, "Autoencoding beyond pixels
using a learned similarity metric" (https://arxiv.org/abs/1512.09300): halvings with batch normalisation, a hidden
layer, mirrored by the decoder; here with kernels of 4 and with as many halvings as lead to 4 x 4.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from imggen.models.gan.sizes import resolutions, widths
from imggen.models.generator_network import GeneratorNetwork, normalised


class VAE(GeneratorNetwork):
    """Encoder and decoder of square RGB images.

    Args:
        image_size: side of the images, a power of two from 8 on.
        channels: features at half of that side, doubled at every further halving.
        max_channels: limit on that doubling.
        hidden: length of the encoder's hidden layer.
        latent_size: length of the latent vector.
        classes: number of classes, 0 for none.
    """

    encodes = True

    def __init__(
        self,
        image_size: int = 64,
        channels: int = 32,
        max_channels: int = 256,
        hidden: int = 256,
        latent_size: int = 128,
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.config = {
            "image_size": image_size,
            "channels": channels,
            "max_channels": max_channels,
            "hidden": hidden,
            "latent_size": latent_size,
            "classes": classes,
        }
        self.image_size = image_size
        self.latent_size = latent_size
        self.classes = classes
        inner = widths(resolutions(image_size)[:-1], channels, max_channels)
        outer = [3, *reversed(inner)]
        self.encoder = nn.Sequential()
        for narrow, wide in pairwise(outer):
            self.encoder.append(nn.Conv2d(narrow, wide, 4, stride=2, padding=1, bias=False))
            self.encoder.extend([nn.BatchNorm2d(wide), nn.ReLU()])
        self.encoder.extend(
            [nn.Flatten(), nn.Linear(16 * inner[0], hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU()]
        )
        self.moments = nn.Linear(hidden + classes, 2 * latent_size)
        self.decoder = nn.Sequential(
            nn.Linear(latent_size + classes, 16 * inner[0], bias=False),
            nn.Unflatten(1, (inner[0], 4, 4)),
            nn.BatchNorm2d(inner[0]),
            nn.ReLU(),
        )
        for wide, narrow in pairwise(inner):
            self.decoder.append(nn.ConvTranspose2d(wide, narrow, 4, stride=2, padding=1, bias=False))
            self.decoder.extend([nn.BatchNorm2d(narrow), nn.ReLU()])
        self.decoder.extend([nn.ConvTranspose2d(inner[-1], 3, 4, stride=2, padding=1), nn.Tanh()])

    def first_layer(self) -> Tensor:
        """See :meth:`.GeneratorNetwork.first_layer`; the decoder's, without the part for the class."""
        first: Any = self.decoder[0]
        norm: Any = self.decoder[2]
        weight = first.weight[:, : self.latent_size]
        return normalised(weight.unflatten(0, (norm.num_features, -1)), norm)

    def encode(self, x: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Map images (B, 3, S, S) in -1..1 to the mean and the logarithm of the variance of their latents.

        Args:
            x: images.
            labels: weights (B, classes), or None without classes.

        Returns:
            Two tensors (B, latent_size).
        """
        mean, log_variance = self.moments(_joined(self.encoder(x), labels)).chunk(2, 1)
        return mean, log_variance

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Decode latents (B, latent_size) to images (B, 3, S, S) in -1..1; labels as for :meth:`encode`."""
        return self.decoder(_joined(z, labels))


def _joined(x: Tensor, labels: Tensor | None) -> Tensor:
    return x if labels is None else torch.cat([x, labels.to(x.dtype)], 1)
