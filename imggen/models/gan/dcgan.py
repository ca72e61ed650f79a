"""The networks of DCGAN.

Radford et al., 2016, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks"
(https://arxiv.org/abs/1511.06434), section 3 and figure 1: strided convolutions in place of pooling, batch
normalisation everywhere but at the generator's output and the discriminator's input, ReLU in the generator with a tanh
at its end, LeakyReLU in the discriminator, weights from N(0, 0.02). Departures: kernels of 4 for 5, which have no
checkerboard at stride 2, and latents from a normal instead of a uniform distribution, as in the other generators here.

The same networks serve LSGAN (Mao et al., 2017, https://arxiv.org/abs/1611.04076) and WGAN-GP (Gulrajani et al., 2017,
https://arxiv.org/abs/1704.00028), whose section 4 asks for layer normalisation in the critic: a penalty on each
sample's gradient means nothing where a batch is normalised together.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from imggen.models.gan.sizes import resolutions, widths
from imggen.models.generator_network import GeneratorNetwork, normalised


def init_normal(network: nn.Module) -> None:
    """Weights of convolutions from N(0, 0.02), of normalisations from N(1, 0.02), biases 0 (section 4)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(module.weight, std=0.02)
        elif isinstance(module, nn.BatchNorm2d | nn.GroupNorm):
            nn.init.normal_(module.weight, 1.0, 0.02)
        if isinstance(bias := getattr(module, "bias", None), Tensor):
            nn.init.zeros_(bias)


class DCGANGenerator(GeneratorNetwork):
    """Latent vectors to square RGB images.

    Args:
        image_size: side of the images, a power of two from 8 on.
        channels: features before the last doubling (128 in the paper), doubled at every halving of the resolution.
        max_channels: limit on that doubling.
        latent_size: length of the latent vector.
    """

    def __init__(
        self, image_size: int = 64, channels: int = 64, max_channels: int = 512, latent_size: int = 100
    ) -> None:
        super().__init__()
        self.config = {
            "image_size": image_size,
            "channels": channels,
            "max_channels": max_channels,
            "latent_size": latent_size,
        }
        self.image_size = image_size
        self.latent_size = latent_size
        inner = widths(resolutions(image_size)[:-1], channels, max_channels)
        layers: list[nn.Module] = [
            nn.ConvTranspose2d(latent_size, inner[0], 4, bias=False), nn.BatchNorm2d(inner[0]), nn.ReLU()
        ]  # fmt: skip
        for wide, narrow in pairwise(inner):
            layers += [
                nn.ConvTranspose2d(wide, narrow, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(narrow), nn.ReLU()
            ]  # fmt: skip
        layers += [nn.ConvTranspose2d(inner[-1], 3, 4, stride=2, padding=1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        init_normal(self)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents (B, latent_size) to images (B, 3, image_size, image_size) in -1..1; ``labels`` are not used."""
        return self.layers(z[:, :, None, None])

    def first_layer(self) -> Tensor:
        """See :meth:`.GeneratorNetwork.first_layer`."""
        first: Any = self.layers[0]
        return normalised(first.weight.flatten(2).permute(1, 2, 0), self.layers[1])


class DCGANDiscriminator(nn.Module):
    """Score square RGB images.

    Args:
        image_size: side of the images, a power of two from 8 on.
        channels: features after the first halving, doubled at every further one.
        max_channels: limit on that doubling.
        norm: "batch" (DCGAN), "layer" (WGAN-GP), "spectral" (Miyato et al., 2018, https://arxiv.org/abs/1802.05957) or
            "none". Batch statistics are always those of the batch at hand: no running averages are kept.
        inputs: channels of the input.
        outputs: numbers found for an image; the first is its score.
    """

    def __init__(
        self,
        image_size: int = 64,
        channels: int = 64,
        max_channels: int = 512,
        norm: str = "batch",
        inputs: int = 3,
        outputs: int = 1,
    ) -> None:
        super().__init__()
        inner = list(reversed(widths(resolutions(image_size)[:-1], channels, max_channels)))
        self.layers = nn.Sequential(nn.Conv2d(inputs, inner[0], 4, stride=2, padding=1), nn.LeakyReLU(0.2))
        for narrow, wide in pairwise(inner):
            self.layers.append(nn.Conv2d(narrow, wide, 4, stride=2, padding=1, bias=norm in ("none", "spectral")))
            self.layers.append(normalisation(norm, wide))
            self.layers.append(nn.LeakyReLU(0.2))
        self.layers.append(nn.Conv2d(inner[-1], outputs, 4))
        init_normal(self)
        if norm == "spectral":
            for module in self.layers:
                if isinstance(module, nn.Conv2d):
                    spectral_norm(module)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map images (B, 3, image_size, image_size) in -1..1 to scores (B,); ``labels`` are not used."""
        return self.outputs(x)[:, 0]

    def outputs(self, x: Tensor) -> Tensor:
        """All that is found for images, (B, outputs)."""
        return self.layers[-1](self.features(x)).flatten(1)

    def features(self, x: Tensor) -> Tensor:
        """The activations (B, C, 4, 4) that the score is computed from."""
        return self.layers[:-1](x)


def normalisation(norm: str, channels: int) -> nn.Module:
    """The normalisation layer of a name that :class:`DCGANDiscriminator` takes.

    Raises:
        ValueError: for another name.
    """
    if norm == "batch":
        return nn.BatchNorm2d(channels, track_running_stats=False)
    if norm == "layer":
        return nn.GroupNorm(1, channels)
    if norm in ("none", "spectral"):
        return nn.Identity()
    raise ValueError(f"norm must be batch, layer, spectral or none, not {norm!r}")
