"""The style-based networks of StyleGAN2, with or without labels.

Karras et al., 2020, "Analyzing and Improving the Image Quality of StyleGAN" (https://arxiv.org/abs/1912.04958): weight
modulation and demodulation (section 2.2, equations 1 and 3), noise after the modulated convolution (figure 2c), output
skips in the generator and residual blocks in the discriminator (section 4.1 and figure 7). Mapping network, mixing of
styles and truncation in W follow Karras et al., 2019 (https://arxiv.org/abs/1812.04948, sections 2, 3.1, appendix B),
labels StyleGAN2-ADA (Karras et al., 2020, https://arxiv.org/abs/2006.06676, appendix C). Departure: the resolution is
doubled before a convolution, not by a transposed one.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imggen.models.gan.equalised import (
    EqualConv,
    EqualLinear,
    append_minibatch_std,
    downsample,
    pixel_norm,
    scaled_leaky_relu,
    upsample,
)
from imggen.models.gan.sizes import resolutions, widths
from imggen.models.generator_network import GeneratorNetwork, principal_axes

#: Weight of a batch in the running average of W.
_AVERAGE = 0.005
#: Features that carry three colours and their negatives.
_SIGNED = 6
#: Latents whose styles are used to find the directions of W.
_SAMPLES = 2048


class Mapping(nn.Module):
    """From Z, and a label, to W."""

    average: Tensor

    def __init__(self, latent_size: int, layers: int, classes: int) -> None:
        super().__init__()
        self.embedding = EqualLinear(classes, latent_size) if classes else None
        inputs = latent_size * (2 if classes else 1)
        self.layers = nn.ModuleList(
            EqualLinear(inputs if number == 0 else latent_size, latent_size, rate=0.01) for number in range(layers)
        )
        self.register_buffer("average", torch.zeros(latent_size))

    def forward(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """Map (B, latent_size), and (B, classes), to (B, latent_size)."""
        w = pixel_norm(z)
        if self.embedding is not None:
            assert labels is not None
            w = torch.cat([w, pixel_norm(self.embedding(labels.to(z.dtype)))], 1)
        for layer in self.layers:
            w = scaled_leaky_relu(layer(w))
        if self.training:
            self.average.lerp_(w.detach().float().mean(0), _AVERAGE)
        return w


class ModulatedConv(nn.Module):
    """Convolution whose weights a style scales (equation 1), demodulated (equation 3) or not.

    Scaling the input and the output is the same as scaling each sample's own weights, and needs no grouped convolution.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, latent_size: int, demodulate: bool = True) -> None:
        super().__init__()
        self.style = EqualLinear(latent_size, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.scale = 1 / math.sqrt(inputs * kernel**2)
        self.demodulate = demodulate

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Map (B, inputs, H, W) under (B, latent_size) to (B, outputs, H, W)."""
        style = self.style(w)
        weight = self.weight * self.scale
        y = F.conv2d(x * style[:, :, None, None], weight, padding=weight.shape[-1] // 2)
        if self.demodulate:
            energy = style.float().square() @ weight.float().square().sum((2, 3)).T
            y = y * (energy + 1e-8).rsqrt().to(y.dtype)[:, :, None, None]
        return y


class StyledLayer(nn.Module):
    """Modulated convolution, noise, bias and activation; the noise is always the same outside of training."""

    noise: Tensor

    def __init__(self, inputs: int, outputs: int, side: int, latent_size: int) -> None:
        super().__init__()
        self.conv = ModulatedConv(inputs, outputs, 3, latent_size)
        self.strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("noise", torch.randn(1, 1, side, side))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Map (B, inputs, side, side) under (B, latent_size) to (B, outputs, side, side)."""
        x = self.conv(x, w)
        noise = torch.randn_like(x[:, :1]) if self.training else self.noise.to(x.dtype)
        return scaled_leaky_relu(x + self.strength * noise + self.bias.view(1, -1, 1, 1))


class Block(nn.Module):
    """The layers of one resolution, and its contribution to the image."""

    def __init__(self, inputs: int, outputs: int, side: int, latent_size: int) -> None:
        super().__init__()
        self.first = StyledLayer(inputs, outputs, side, latent_size) if side > 4 else None
        self.last = StyledLayer(outputs, outputs, side, latent_size)
        self.to_rgb = ModulatedConv(outputs, 3, 1, latent_size, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor, image: Tensor | None, first: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
        """Add the details of this resolution.

        Args:
            x: features of the resolution below, or the constant.
            image: of the resolution below, None for the first block.
            first: style (B, latent_size) of the first layer.
            last: style of the last layer and of the image.

        Returns:
            Features and image (B, 3, side, side).
        """
        if self.first is not None:
            x = self.first(upsample(x), first)
        x = self.last(x, last)
        share = self.to_rgb(x, last) + self.bias.view(1, 3, 1, 1)
        return x, share if image is None else upsample(image) + share


class StyleGAN2Generator(GeneratorNetwork):
    """Latent vectors, with or without labels, to square RGB images.

    Args:
        image_size: side of the images, a power of two from 8 on.
        channels: features at that resolution, doubled at every halving.
        max_channels: limit on that doubling.
        latent_size: length of z and w.
        mapping_layers: depth of the mapping network (8 in the paper, 2 in StyleGAN2-ADA for small data).
        style_mixing: share of the images in training that get the styles of two latents (0.9 in the paper).
        classes: number of classes, 0 for none.
    """

    truncates_inside = True
    has_styles = True

    def __init__(
        self,
        image_size: int = 64,
        channels: int = 32,
        max_channels: int = 256,
        latent_size: int = 128,
        mapping_layers: int = 4,
        style_mixing: float = 0.9,
        classes: int = 0,
    ) -> None:
        super().__init__()
        self.config = {
            "image_size": image_size,
            "channels": channels,
            "max_channels": max_channels,
            "latent_size": latent_size,
            "mapping_layers": mapping_layers,
            "style_mixing": style_mixing,
            "classes": classes,
        }
        sides = resolutions(image_size)
        features = widths(sides, channels, max_channels)
        self.image_size = image_size
        self.latent_size = latent_size
        self.classes = classes
        self.style_mixing = style_mixing
        self.mapping = Mapping(latent_size, mapping_layers, classes)
        self.constant = nn.Parameter(torch.randn(1, features[0], 4, 4))
        self.blocks = nn.ModuleList(
            Block(inputs, outputs, side, latent_size)
            for inputs, outputs, side in zip([features[0], *features], features, sides, strict=False)
        )

    def forward(self, z: Tensor, labels: Tensor | None = None, truncation: float = 1.0) -> Tensor:
        """Make images.

        Args:
            z: latents (B, latent_size).
            labels: weights (B, classes), or None without classes.
            truncation: 1 leaves w, 0 replaces it by its average over training.

        Returns:
            (B, 3, image_size, image_size), about -1..1.
        """
        w = self.mapping(z, labels)
        if truncation < 1:
            w = torch.lerp(self.mapping.average.to(w.dtype).expand_as(w), w, truncation)
        return self.synthesise(self._mixed(w, labels) if self.training else w[:, None].expand(-1, self.style_count, -1))

    @property
    def style_count(self) -> int:
        """Number of styles an image has."""
        return 2 * len(self.blocks)

    def synthesise(self, styles: Tensor) -> Tensor:
        """Make images (B, 3, S, S) of the styles (B, style_count, latent_size) of all layers."""
        x, image = self.constant.to(styles.dtype).expand(len(styles), -1, -1, -1), None
        for number, block in enumerate(self.blocks):
            x, image = block(x, image, styles[:, 2 * number], styles[:, 2 * number + 1])
        assert image is not None
        return image

    def load_smaller(self, state: dict[str, Tensor]) -> None:
        """Begin with the weights of a network for smaller images; new blocks add nothing to the image at first.

        Args:
            state: of a network that differs in ``image_size`` only, and has as many channels at each of its sides.

        Raises:
            RuntimeError: when a weight does not fit.
        """
        known = _blocks_in(state)
        for block in self.blocks[known:]:
            assert isinstance(block, Block)
            nn.init.zeros_(block.to_rgb.weight)
        new = tuple(f"blocks.{number}." for number in range(known, len(self.blocks)))
        self.load_state_dict({**_beginning_with(new, self.state_dict()), **state})

    @torch.inference_mode()
    def directions(self, count: int) -> Tensor:
        """See :meth:`.GeneratorNetwork.directions`; here the principal components of many styles.

        GANSpace: Härkönen et al., 2020, https://arxiv.org/abs/2004.02546, section 2.1.
        """
        styles = self._many_styles()
        axes, strengths = principal_axes(styles, count)
        return (axes * (strengths / len(styles)).sqrt()[:, None]).float()

    def _many_styles(self) -> Tensor:
        """Styles (_SAMPLES, latent_size) around the average of their class."""
        z = torch.from_numpy(np.random.RandomState(0).standard_normal((_SAMPLES, self.latent_size)))
        z = z.to(self.constant)
        if not self.classes:
            w = self.mapping(z, None).float()
            return w - w.mean(0)
        styles = []
        for part, label in zip(z.chunk(self.classes), torch.eye(self.classes), strict=False):
            w = self.mapping(part, label.to(z).expand(len(part), -1)).float()
            styles.append(w - w.mean(0))
        return torch.cat(styles)

    def _mixed(self, w: Tensor, labels: Tensor | None) -> Tensor:
        """Give a share of the images the styles of a second latent from a random layer on."""
        other = self.mapping(torch.randn_like(w), labels)
        start = torch.randint(1, self.style_count, (len(w), 1), device=w.device)
        start = start.masked_fill(torch.rand(len(w), 1, device=w.device) >= self.style_mixing, self.style_count)
        of_other = torch.arange(self.style_count, device=w.device) >= start
        return torch.where(of_other[:, :, None], other[:, None], w[:, None])


class ResidualBlock(nn.Module):
    """Two convolutions and a halving, beside a linear skip (figure 7c)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = EqualConv(inputs, inputs, 3)
        self.last = EqualConv(inputs, outputs, 3)
        self.skip = EqualConv(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H/2, W/2)."""
        inner = scaled_leaky_relu(self.last(downsample(scaled_leaky_relu(self.first(x)))))
        return (inner + self.skip(downsample(x))) / math.sqrt(2)


class StyleGAN2Discriminator(nn.Module):
    """Score square RGB images, with labels as members of a class (by projection).

    Args:
        image_size: side of the images, a power of two from 8 on.
        channels: features at that resolution, doubled at every halving.
        max_channels: limit on that doubling.
        classes: number of classes, 0 for none.
    """

    def __init__(self, image_size: int = 64, channels: int = 32, max_channels: int = 256, classes: int = 0) -> None:
        super().__init__()
        features = list(reversed(widths(resolutions(image_size), channels, max_channels)))
        self.classes = classes
        self.from_rgb = EqualConv(3, features[0], 1)
        self.blocks = nn.Sequential(*(ResidualBlock(inputs, outputs) for inputs, outputs in pairwise(features)))
        self.conv = EqualConv(features[-1] + 1, features[-1], 3)
        self.hidden = EqualLinear(16 * features[-1], features[-1])
        self.score = EqualLinear(features[-1], features[-1] if classes else 1)
        self.embedding = EqualLinear(classes, features[-1]) if classes else None

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map images (B, 3, S, S) in -1..1, and class weights (B, classes), to scores (B,)."""
        x = self.blocks(scaled_leaky_relu(self.from_rgb(x)))
        x = scaled_leaky_relu(self.conv(append_minibatch_std(x)))
        x = self.score(scaled_leaky_relu(self.hidden(x.flatten(1))))
        if self.embedding is None:
            return x.flatten()
        assert labels is not None
        return (x * pixel_norm(self.embedding(labels.to(x.dtype)))).sum(1) / math.sqrt(x.shape[1])

    def load_smaller(self, state: dict[str, Tensor]) -> None:
        """Begin with the weights of a discriminator of smaller images.

        New blocks stand before its own. Where they have at least six features, they hand the reduced image through at
        first, so that the scores are those of the smaller image: from random ones the generator would unlearn.

        Arguments and errors as for :meth:`StyleGAN2Generator.load_smaller`.
        """
        new = len(self.blocks) - _blocks_in(state)
        known = {}
        for name, value in state.items():
            part, _, rest = name.partition(".")
            if part == "blocks":
                number, _, rest = rest.partition(".")
                known[f"blocks.{int(number) + new}.{rest}"] = value
            elif part != "from_rgb":  # it gives the features of the smaller side
                known[name] = value
        names = ("from_rgb.", *(f"blocks.{number}." for number in range(new)))
        self.load_state_dict({**_beginning_with(names, self.state_dict()), **known})
        if new and len(self.from_rgb.weight) >= _SIGNED:
            weight, bias = (state[f"from_rgb.{name}"].to(self.from_rgb.weight) for name in ("weight", "bias"))
            self._hand_through(new, weight * self.from_rgb.scale, bias)

    @torch.no_grad()
    def _hand_through(self, new: int, weight: Tensor, bias: Tensor) -> None:
        """Let the first ``new`` blocks give what ``from_rgb`` of the smaller side gave, with its weight and bias.

        Six features carry the three colours and their negatives through the activations; the other features begin at
        random, and count for nothing until they have learned.
        """
        colours = torch.eye(3, device=weight.device)
        signed = torch.cat([colours, -colours])[:, :, None, None]
        # From the six features to the colours: scaled_leaky_relu(x) - scaled_leaky_relu(-x) is x times this.
        back = signed.movedim(0, 1) / ((1 + 0.2) * math.sqrt(2))
        zeros = colours.new_zeros(_SIGNED)
        _set(self.from_rgb, signed, zeros)
        for number, block in enumerate(self.blocks[:new]):
            assert isinstance(block, ResidualBlock)
            nn.init.zeros_(block.skip.weight)
            _set(block.first, _joined(signed, back), zeros)
            to, added = (weight, bias) if number == new - 1 else (signed, zeros)
            nn.init.zeros_(block.last.weight)
            _set(block.last, math.sqrt(2) * _joined(to, back), math.sqrt(2) * added)


def _joined(last: Tensor, first: Tensor) -> Tensor:
    """One 1 x 1 convolution in place of two."""
    return torch.einsum("omhw,mihw->oihw", last, first)


def _set(layer: EqualConv, weight: Tensor, bias: Tensor) -> None:
    """Give the first features of a layer the weight (O, I, 1, 1), in the middle of its kernel, and the bias (O,)."""
    outputs, inputs = weight.shape[:2]
    middle = layer.weight.shape[-1] // 2
    assert layer.bias is not None
    layer.weight[:outputs] = 0
    layer.weight[:outputs, :inputs, middle, middle] = weight[:, :, 0, 0] / layer.scale
    layer.bias[:outputs] = bias


def _blocks_in(state: dict[str, Tensor]) -> int:
    """Number of blocks of the network whose weights these are."""
    return len({name.split(".")[1] for name in state if name.startswith("blocks.")})


def _beginning_with(names: tuple[str, ...], state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights of the layers that are new: all others must be in the state that is loaded."""
    return {name: value for name, value in state.items() if name.startswith(names)}
