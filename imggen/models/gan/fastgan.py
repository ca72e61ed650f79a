"""The networks of FastGAN, made for few images and little computation.

Liu et al., 2021, "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis"
(https://arxiv.org/abs/2101.04775): skip-layer channel-wise excitation (section 3.1, equation 1 and figure 3), one
convolution for each resolution with gated linear units and batch normalisation (figure 3), noise in every block, and a
discriminator that is also the encoder of an autoencoder (section 3.2, equation 3 and figure 4). Departures: the
reconstruction is compared by absolute difference where the authors use a perceptual distance, and there is no second
discriminator branch for small images. With classes the batch normalisation is class-conditional, as in the generator
of Projected GANs (Sauer et al., 2021, https://arxiv.org/abs/2111.01007, appendix).
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from imggen.models.gan.biggan import ConditionalNorm
from imggen.models.gan.sizes import resolutions, widths
from imggen.models.generator_network import GeneratorNetwork, normalised

#: Length of the class embedding.
EMBEDDING = 64


class Noise(nn.Module):
    """Add one plane of noise with a learned strength; outside of training it is always the same."""

    noise: Tensor

    def __init__(self, side: int) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("noise", torch.randn(1, 1, side, side))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, side, side) to the same shape."""
        noise = torch.randn_like(x[:, :1]) if self.training else self.noise.to(x.dtype)
        return x + self.strength * noise


class Gate(nn.Module):
    """Gated linear unit of the channels: ``nn.GLU(1)``, whose backward pass is several times slower on CPUs."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, 2 C, H, W) to (B, C, H, W)."""
        value, gate = x.chunk(2, 1)
        return value * torch.sigmoid(gate)


class UpBlock(nn.Module):
    """Double the resolution: nearest neighbours, convolution, noise, batch normalisation, gated linear unit.

    Args:
        inputs: features that come in.
        outputs: features that go out.
        side: of the result.
        condition: length of the vector that decides gains and biases of the normalisation; 0 for none.
    """

    def __init__(self, inputs: int, outputs: int, side: int, condition: int = 0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, 2 * outputs, 3, padding=1, bias=False)
        self.noise = Noise(side)
        self.norm = ConditionalNorm(2 * outputs, condition, False) if condition else nn.BatchNorm2d(2 * outputs)
        self.gate = Gate()

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Map (B, inputs, side/2, side/2), and the condition if any, to (B, outputs, side, side)."""
        x = self.noise(self.conv(F.interpolate(x, scale_factor=2, mode="nearest")))
        return self.gate(self.norm(x) if condition is None else self.norm(x, condition))


class Excitation(nn.Module):
    """Scale the channels of high-resolution features by weights computed from low-resolution ones (equation 1)."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(low, high, 4)
        self.weigh = nn.Conv2d(high, high, 1)

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        """Scale ``high`` (B, C, H, W) by ``low`` (B, C', h, w), h and w at least 4."""
        squeezed = F.leaky_relu(self.squeeze(F.adaptive_avg_pool2d(low, 4)), 0.1)
        return high * torch.sigmoid(self.weigh(squeezed))


class FastGANGenerator(GeneratorNetwork):
    """Latent vectors to square RGB images.

    Args:
        image_size: side of the images, a power of two from 16 on.
        channels: features at that resolution, doubled at every halving.
        max_channels: limit on that doubling.
        latent_size: length of the latent vector (256 in the paper).
        classes: number of classes; 0 for none.
    """

    def __init__(
        self,
        image_size: int = 64,
        channels: int = 64,
        max_channels: int = 512,
        latent_size: int = 256,
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.config = {
            "image_size": image_size,
            "channels": channels,
            "max_channels": max_channels,
            "latent_size": latent_size,
            "classes": classes,
        }
        self.sides = resolutions(image_size)
        features = widths(self.sides, channels, max_channels)
        self.image_size = image_size
        self.latent_size = latent_size
        self.classes = classes
        self.reach = min(16, image_size // 4)  # from the low to the high resolution of an excitation
        condition = EMBEDDING if classes else 0
        self.embedding = nn.Embedding(classes, EMBEDDING) if classes else None
        self.first = nn.ConvTranspose2d(latent_size + condition, 2 * features[0], 4, bias=False)
        self.norm = nn.BatchNorm2d(2 * features[0])
        self.gate = Gate()
        self.blocks = nn.ModuleList(
            UpBlock(inputs, outputs, side, condition)
            for (inputs, outputs), side in zip(pairwise(features), self.sides[1:], strict=True)
        )
        width = dict(zip(self.sides, features, strict=True))
        self.excitations = nn.ModuleDict(
            {
                str(side): Excitation(width[side // self.reach], width[side])
                for side in self.sides
                if side // self.reach in width
            }
        )
        self.to_rgb = nn.Conv2d(features[-1], 3, 3, padding=1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(module.weight, std=0.02)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents (B, latent_size) and class weights (B, classes), if there are classes, to images (B, 3, S, S) in
        -1..1."""
        condition = None
        if self.embedding is not None and labels is not None:
            condition = labels.to(z.dtype) @ self.embedding.weight.to(z.dtype)
            z = torch.cat([z, condition], 1)
        x = self.gate(self.norm(self.first(z[:, :, None, None])))
        at = {4: x}
        for side, block in zip(self.sides[1:], self.blocks, strict=True):
            x = block(x, condition)
            if str(side) in self.excitations:
                x = self.excitations[str(side)](at[side // self.reach], x)
            at[side] = x
        return torch.tanh(self.to_rgb(x))

    def first_layer(self) -> Tensor:
        """See :meth:`.GeneratorNetwork.first_layer`; without the part for the class."""
        weight = self.first.weight[: self.latent_size]
        return normalised(weight.flatten(2).permute(1, 2, 0), self.norm)


def conv(inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0) -> nn.Conv2d:
    """A spectrally normalised convolution without bias, as all of the discriminator's."""
    layer = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
    nn.init.normal_(layer.weight, std=0.02)
    spectral_norm(layer)
    return layer


class DownBlock(nn.Module):
    """Halve the resolution on two paths and average them (figure 4)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            conv(inputs, outputs, 4, 2, 1),
            nn.BatchNorm2d(outputs, track_running_stats=False),
            nn.LeakyReLU(0.2),
            conv(outputs, outputs, 3, 1, 1),
            nn.BatchNorm2d(outputs, track_running_stats=False),
            nn.LeakyReLU(0.2),
        )
        self.direct = nn.Sequential(
            nn.AvgPool2d(2),
            conv(inputs, outputs, 1),
            nn.BatchNorm2d(outputs, track_running_stats=False),
            nn.LeakyReLU(0.2),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H/2, W/2)."""
        return (self.main(x) + self.direct(x)) / 2


class Decoder(nn.Module):
    """Doublings from features to a small image (section 3.2)."""

    def __init__(self, inputs: int, channels: int, doublings: int) -> None:
        super().__init__()
        widths = [inputs, *(max(channels // 2**level, 4) for level in range(doublings))]
        self.layers = nn.Sequential()
        for narrow, wide in pairwise(widths):
            self.layers.append(nn.Upsample(scale_factor=2, mode="nearest"))
            self.layers.extend(
                [
                    nn.Conv2d(narrow, 2 * wide, 3, padding=1, bias=False),
                    nn.BatchNorm2d(2 * wide, track_running_stats=False),
                    Gate(),
                ]
            )
        self.layers.extend([nn.Conv2d(widths[-1], 3, 3, padding=1), nn.Tanh()])

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, 3, H * 2**doublings, W * 2**doublings) in -1..1."""
        return self.layers(x)


class FastGANDiscriminator(nn.Module):
    """Score square RGB images on a grid of 4 x 4, and reconstruct them from the features.

    Args:
        image_size: side of the images, a power of two from 16 on.
        channels: features at half of that resolution, doubled at every further halving.
        max_channels: limit on that doubling.
    """

    auxiliary_loss = "reconstruction"
    auxiliary_loss_trains_generator = False

    def __init__(self, image_size: int = 64, channels: int = 64, max_channels: int = 512) -> None:
        super().__init__()
        sides = resolutions(image_size)
        if len(sides) < 3:
            raise ValueError(f"image_size must be at least 16, not {image_size}")
        features = list(reversed(widths(sides[:-1], channels, max_channels)))  # at image_size / 2 ... 4
        self.first = nn.Sequential(conv(3, features[0], 4, 2, 1), nn.LeakyReLU(0.2))
        self.blocks = nn.ModuleList(DownBlock(inputs, outputs) for inputs, outputs in pairwise(features[:-1]))
        self.last = DownBlock(features[-2], features[-1])
        self.excite = Excitation(features[0], features[-1])
        self.score = nn.Sequential(
            conv(features[-1], features[-1], 1),
            nn.BatchNorm2d(features[-1], track_running_stats=False),
            nn.LeakyReLU(0.2),
            conv(features[-1], 1, 1),
        )
        self.whole = Decoder(features[-1], channels, doublings=3)
        self.part = Decoder(features[-2], channels, doublings=3)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map images (B, 3, S, S) in -1..1 to scores (B, 16), one for each cell; ``labels`` are not used."""
        _, deep = self._features(x)
        return self.score(deep).flatten(1)

    def with_auxiliary_loss(self, x: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Score real images and reconstruct them: the whole at 32 pixels, and one quarter at the same size.

        Args:
            x: images (B, 3, S, S) in -1..1.
            labels: not used.

        Returns:
            Scores (B, 16), and the loss of equation 3, a scalar.
        """
        shallow, deep = self._features(x)
        row, column = (int(number) for number in torch.randint(2, (2,)))
        quarter = _quarter(x, row, column)
        whole = self.whole(deep)
        part = self.part(_quarter(shallow, row, column))
        loss = _difference(whole, x) + _difference(part, quarter)
        return self.score(deep).flatten(1), loss

    def _features(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features at 8 x 8 and at 4 x 4."""
        x = first = self.first(x)
        for block in self.blocks:
            x = block(x)
        return x, self.excite(first, self.last(x))


def _quarter(x: Tensor, row: int, column: int) -> Tensor:
    half = x.shape[2] // 2
    return x[:, :, row * half : (row + 1) * half, column * half : (column + 1) * half]


def _difference(output: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of an image from a target of another size."""
    target = F.interpolate(target.float(), output.shape[2:], mode="area")
    return (output.float() - target.detach()).abs().mean()
