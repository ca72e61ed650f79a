"""Image translators of one direction, for weights that others have published.

Both are called like :class:`imggen.models.translation.cyclegan.CycleGAN`, with the one direction that they know.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

#: Sides of the U-Net's input are multiples of this, for eight halvings.
_UNET_MULTIPLE = 256
#: Sides of the residual generator's input are multiples of this, for two halvings.
_MULTIPLE = 4
#: Least side of the residual generator's input: two halvings leave two pixels, which padding by reflection needs.
_LEAST = 8


class OneWay(nn.Module, ABC):
    """What translators of one direction have in common.

    Args:
        domains: names of the input and of the output domain.

    Attributes:
        one_way: True, because there is no generator for the other direction.
        working_sides: shorter side of the photos it was trained on, for its one direction.
    """

    tasks = ("day_night",)
    one_way = True
    working_sides = (256,)

    def __init__(self, domains: Sequence[str]) -> None:
        super().__init__()
        self.domains = (domains[0], domains[1])

    def forward(self, x: Tensor, direction: str = "a2b") -> Tensor:
        """Map (B, 3, H, W) in -1..1, of any H and W, to the same shape and range.

        Raises:
            KeyError: for another direction than "a2b".
        """
        if direction != "a2b":
            raise KeyError(direction)
        return self.translate(x)

    @abstractmethod
    def translate(self, x: Tensor) -> Tensor:
        """Map (B, 3, H, W) in -1..1, of any H and W, to the same shape and range."""


class UNet(OneWay):
    """The U-Net generator of pix2pix: eight halvings, eight doublings, and skips between them.

    Isola et al., 2017, "Image-to-Image Translation with Conditional Adversarial Networks"
    (https://arxiv.org/abs/1611.07004), appendix 6.1.1, with instance normalisation, a resize before the last
    convolution, and without the dropout that the paper keeps on at test time: a photo has one translation.

    Args:
        widths: features after each halving (64, 128, 256, then five times 512 in the paper).
        domains: names of the input and of the output domain.
    """

    def __init__(self, widths: Sequence[int], domains: Sequence[str]) -> None:
        super().__init__(domains)
        inputs = [3, *widths[:-1]]
        self.down = nn.ModuleList(
            nn.Conv2d(before, after, 4, 2, 1, bias=False) for before, after in zip(inputs, widths, strict=True)
        )
        skips = [*reversed(widths[:-1])]
        wide = [widths[-1], *(2 * width for width in skips[:-1])]
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False) for before, after in zip(wide, skips, strict=True)
        )
        self.to_rgb = nn.Conv2d(2 * widths[0], 3, 4, padding=1)

    def translate(self, x: Tensor) -> Tensor:
        """Map (B, 3, H, W) in -1..1, of any H and W, to the same shape and range.

        Eight halvings need sides that are whole multiples of 256. Images are stretched to the nearest ones, as the
        published weights were trained on photos stretched to squares.
        """
        size = x.shape[2:]
        fitting = [max(1, round(side / _UNET_MULTIPLE)) * _UNET_MULTIPLE for side in size]
        if fitting == list(size):
            return self._translate(x)
        stretched = F.interpolate(x, fitting, mode="bilinear", antialias=True)
        return F.interpolate(self._translate(stretched), size, mode="bilinear", antialias=True)

    def _translate(self, x: Tensor) -> Tensor:
        skips: list[Tensor] = []
        for place, down in enumerate(self.down):
            x = down(x)
            if 0 < place < len(self.down) - 1:
                x = F.instance_norm(x)
            x = F.leaky_relu(x, 0.2)
            skips.append(x)
        skips.pop()
        for up in self.up:
            x = torch.cat([F.relu(F.instance_norm(up(x))), skips.pop()], 1)
        x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return torch.tanh(self.to_rgb(F.pad(x, (1, 0, 1, 0))))


class PaintingResnet(OneWay):
    """A residual generator of CycleGAN that paints its output.

    As in the demonstration by the authors of the published weights, the darkest value of every output becomes black and
    the brightest white.

    Zhu et al., 2017 (https://arxiv.org/abs/1703.10593), appendix 7.2, with nearest-neighbour resizing and a convolution
    for the transposed convolutions. :mod:`imggen.models.translation.resnet_generator`, which is made to be trained
    here, predicts a change of light instead.

    Args:
        channels: features at full resolution (64 in the paper).
        blocks: residual blocks (9 in the paper at 256 px).
        domains: names of the input and of the output domain.
    """

    working_sides = (512,)

    def __init__(self, channels: int, blocks: int, domains: Sequence[str]) -> None:
        super().__init__(domains)
        self.head = nn.Conv2d(3, channels, 7)
        self.down = nn.ModuleList(nn.Conv2d(channels * wide, channels * wide * 2, 3, 2, padding=1) for wide in (1, 2))
        self.body = nn.ModuleList(nn.Conv2d(channels * 4, channels * 4, 3) for _ in range(2 * blocks))
        self.up = nn.ModuleList(nn.Conv2d(channels * wide * 2, channels * wide, 3, padding=1) for wide in (2, 1))
        self.to_rgb = nn.Conv2d(channels, 3, 7)

    def translate(self, x: Tensor) -> Tensor:
        """Map (B, 3, H, W) in -1..1, of any H and W, to the same shape and range."""
        height, width = x.shape[2:]
        right, bottom = (max(_LEAST, -(-side // _MULTIPLE) * _MULTIPLE) - side for side in (width, height))
        x = F.pad(x, (0, right, 0, bottom), mode="replicate")
        x = F.relu(F.instance_norm(self.head(_reflected(x, 3))))
        for down in self.down:
            x = F.relu(F.instance_norm(down(x)))
        for first, second in zip(self.body[::2], self.body[1::2], strict=True):
            inner = F.relu(F.instance_norm(first(_reflected(x, 1))))
            x = x + F.instance_norm(second(_reflected(inner, 1)))
        for up in self.up:
            x = F.relu(F.instance_norm(up(F.interpolate(x, scale_factor=2.0, mode="nearest"))))
        y = torch.tanh(self.to_rgb(_reflected(x, 3)))[:, :, :height, :width]
        darkest, brightest = y.amin((1, 2, 3), keepdim=True), y.amax((1, 2, 3), keepdim=True)
        return 2 * (y - darkest) / (brightest - darkest).clamp(min=1e-5) - 1


def _reflected(x: Tensor, margin: int) -> Tensor:
    return F.pad(x, (margin, margin, margin, margin), mode="reflect")
