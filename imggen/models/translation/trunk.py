"""The part that the generators of CycleGAN share: a residual network with skips, for images of any size.

Zhu et al., 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks"
(https://arxiv.org/abs/1703.10593), appendix 7.2, after Johnson et al., 2016. In the paper's notation
``c7s1-k, d2k, d4k, R4k x blocks, u2k, uk``. Departures:

- The features of every pixel are normalised to a mean square of 1 (Karras et al., 2018,
  https://arxiv.org/abs/1710.10196, section 4.2) where the paper has instance normalisation. That would remove the
  brightness of the picture, which a change of light depends on, amplify noise in fog and dark skies, and make every
  pixel depend on the whole picture.
- Features from before each halving are added at the same size on the way up (Ronneberger et al., 2015,
  https://arxiv.org/abs/1505.04597), so that the change of light follows edges.
- More halvings, for a larger receptive field: at night sky and ground are both black and differ by position. Below a
  quarter of the size, padding with zeros tells positions (Islam et al., 2020, https://arxiv.org/abs/2001.08248).
- Resizing and a convolution where the paper has transposed convolutions, which leave checkerboards (Odena et al.,
  2016, https://distill.pub/2016/deconv-checkerboard).
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

#: Channels of the deepest levels, as a multiple of those at full resolution.
_WIDEST = 4
#: Halvings down to which convolutions pad by reflection, which needs at least two pixels; below they pad with zeros.
_REFLECTED = 2
_Border = Literal["zeros", "reflect"]


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and an identity skip (``R`` in the paper). The second starts at zero, so that a deep stack
    starts as the identity (Zhang et al., 2019, https://arxiv.org/abs/1901.09321)."""

    def __init__(self, channels: int, border: _Border) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, padding_mode=border)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, padding_mode=border)
        start_at_zero(self.conv2)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(_activate(self.conv1(_normalise(x))))


class Trunk(nn.Module):
    """Features of images, from coarse to fine. Generators add the layers that turn them into a picture.

    Args:
        channels: features at full resolution (64 in the paper), doubled at each of the first two halvings.
        blocks: residual blocks at the smallest size (6 in the paper at 128 px, 9 at 256 px).
        halvings: of the resolution before the blocks (2 in the paper).
    """

    def __init__(self, channels: int = 32, blocks: int = 4, halvings: int = 4) -> None:
        super().__init__()
        widths = [channels * min(2**level, _WIDEST) for level in range(halvings + 1)]
        borders: list[_Border] = ["reflect" if level <= _REFLECTED else "zeros" for level in range(halvings + 1)]
        self.widths = widths
        self.multiple = 2**halvings
        self.smallest = max(self.multiple, 2 ** (_REFLECTED + 1))
        self.head = nn.Conv2d(3, channels, 7, padding=3, padding_mode="reflect")
        self.down = nn.ModuleList(
            nn.Conv2d(before, after, 3, stride=2, padding=1, padding_mode=border)
            for before, after, border in zip(widths, widths[1:], borders, strict=False)
        )
        self.body = nn.Sequential(*(ResidualBlock(widths[-1], borders[-1]) for _ in range(blocks)))
        self.up = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1, padding_mode=border)
            for before, after, border in zip(widths[:0:-1], widths[-2::-1], borders[-2::-1], strict=True)
        )

    def pad(self, x: Tensor) -> Tensor:
        """Pad images (B, C, H, W) at the right and at the bottom to sides that the network can take."""
        return F.pad(x, (0, self._missing(x.shape[-1]), 0, self._missing(x.shape[-2])), mode="replicate")

    def features(self, x: Tensor) -> list[Tensor]:
        """Features of padded images (B, 3, H, W) in -1..1: (B, ``widths[k]``, H / 2^k, W / 2^k), the coarsest first."""
        features = _normalise(_activate(self.head(x)))
        skips = []
        for down in self.down:
            skips.append(features)
            features = _normalise(_activate(down(features)))
        levels = [_normalise(self.body(features))]
        for up in self.up:
            wider = F.interpolate(levels[-1], scale_factor=2.0, mode="nearest")
            levels.append(_normalise(_activate(up(wider) + skips.pop())))
        return levels

    def _missing(self, side: int) -> int:
        """Pixels to add to a side for the next length that the network can take."""
        return max(self.smallest, -(-side // self.multiple) * self.multiple) - side


def start_at_zero(convolution: nn.Conv2d) -> None:
    """Initialise a convolution to give zeros."""
    for parameter in convolution.parameters():
        nn.init.zeros_(parameter)


def _activate(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


def _normalise(x: Tensor) -> Tensor:
    """Bring the features of every pixel to a mean square of 1."""
    return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-4)
