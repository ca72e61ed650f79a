"""The generator of CycleGAN: a residual network from images to images of any size.

Zhu et al., 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks"
(https://arxiv.org/abs/1703.10593), appendix 7.2, after Johnson et al., 2016. In the paper's notation
``c7s1-k, d2k, d4k, R4k x blocks, u2k, uk, c3s1-6``. Departures:

- The network does not paint the output. For every pixel and colour it predicts a contrast ``s`` and an exposure ``t``,
  and the output is ``tanh(s * atanh(x) + t)``. Dark values are nearly multiplied by ``exp(2t)``, as light is, so
  structure survives an untrained or a careful network; ``t`` alone can still paint a lamp or a sky.
  A head for nights fades the day's light and adds lamps instead (:mod:`imggen.models.translation.relight`). One for
  days finds a sky and the light on the land of the developed night (:mod:`imggen.models.translation.daybreak`,
  :mod:`imggen.imaging.night_photo`): there a skyline shows that is one value of 255 high.
- The features of every pixel are brought to one length (Karras et al., 2018, https://arxiv.org/abs/1710.10196, section
  4.2) where the paper has instance normalisation. That would take away how bright the picture is, which a change of
  light must know, makes much of the little there is in fog and dark skies, and ties every pixel to the whole picture.
- Features from before each halving are added at the same size on the way up (Ronneberger et al., 2015,
  https://arxiv.org/abs/1505.04597), so that the change of light follows edges.
- More halvings, to see the whole scene: what is black at night is sky or ground by where it is. Below a quarter of the
  size, zeros beyond the borders tell where those are (Islam et al., 2020, https://arxiv.org/abs/2001.08248).
- Resizing and a convolution where the paper has transposed convolutions, which leave checkerboards (Odena et al.,
  2016, https://distill.pub/2016/deconv-checkerboard).
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imggen.imaging.grids import adjust
from imggen.imaging.night_photo import develop
from imggen.models.translation.daybreak import Daybreak, FindDaybreak
from imggen.models.translation.relight import Ambient, relight, start_dim

_WIDEST = 4  # features of the deepest levels, in those at full resolution
_Border = Literal["zeros", "reflect"]
#: What is predicted for every pixel.
Head = Literal["contrast", "night", "day"]
_REFLECTED = 2  # halvings down to which borders are reflected; that needs two pixels


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and an identity skip (``R`` in the paper). The second starts at zero, so that a deep stack
    starts as the identity (Zhang et al., 2019, https://arxiv.org/abs/1901.09321)."""

    def __init__(self, channels: int, border: _Border) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, padding_mode=border)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, padding_mode=border)
        _start_at_zero(self.conv2)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(_activate(self.conv1(_level(x))))


class ResnetGenerator(nn.Module):
    """Translate images into another domain. An untrained one returns its input, or darkens or develops it by its head.

    Args:
        channels: features at full resolution (64 in the paper), doubled at each of the first two halvings.
        blocks: residual blocks at the smallest size (6 in the paper at 128 px, 9 at 256 px).
        halvings: of the resolution before the blocks (2 in the paper).
        head: what is predicted: "contrast" and exposure, the fading and the lamps of a "night", or the sky and the land
            of a "day" from the developed input.

    Raises:
        ValueError: for another head.
    """

    def __init__(self, channels: int = 32, blocks: int = 4, halvings: int = 4, head: Head = "contrast") -> None:
        super().__init__()
        if head not in get_args(Head):
            raise ValueError(f"a head must be {' or '.join(get_args(Head))}, not {head!r}")
        widths = [channels * min(2**level, _WIDEST) for level in range(halvings + 1)]
        night = head == "night"
        reflected = halvings if night else _REFLECTED  # what a lamp is, it is everywhere in the picture
        borders: list[_Border] = ["reflect" if level <= reflected else "zeros" for level in range(halvings + 1)]
        self.multiple = 2**halvings
        self.smallest = max(self.multiple, 2 ** (reflected + 1))
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
        self.ambient = Ambient(widths[-1]) if night else None
        self.daybreak = FindDaybreak(widths[-2], channels) if head == "day" else None
        if self.daybreak:
            return
        self.tail = nn.Conv2d(channels, 2 if night else 6, 3, padding=1, padding_mode="reflect")
        if night:
            start_dim(self.tail)
        else:
            _start_at_zero(self.tail)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, 3, H, W) in -1..1, of any H and W, to images of the same shape and range."""
        if self.daybreak:
            return self.find_daybreak(x).picture()
        height, width = x.shape[-2:]
        x = self._pad(x)
        deep, *_, fine = self._features(x)
        x, found = x.float(), self.tail(fine).float()
        if self.ambient:
            image = (x / 2 + 0.5).clamp(0, 1)
            output = relight(image, self.ambient(deep, image), found) * 2 - 1
        else:
            contrast, exposure = found.chunk(2, 1)
            output = adjust(x, 1 + contrast, exposure)
        return output[..., :height, :width]

    def find_daybreak(self, x: Tensor) -> Daybreak:
        """Find the parts of the day of nights (B, 3, H, W) in -1..1, of any H and W. Only with the head for days."""
        assert self.daybreak is not None
        height, width = x.shape[-2:]
        x = self._pad(2 * develop(x / 2 + 0.5) - 1)
        _, coarse, *_, fine = self._features(x)
        return Daybreak(*(part[..., :height, :width] for part in self.daybreak(coarse, fine, x)))

    def _pad(self, x: Tensor) -> Tensor:
        """Extend an image to sides that the network can take."""
        return F.pad(x, (0, self._missing(x.shape[-1]), 0, self._missing(x.shape[-2])), mode="replicate")

    def _features(self, x: Tensor) -> list[Tensor]:
        """Features from the deepest to those at full resolution, for sides that are whole multiples."""
        features = _level(_activate(self.head(x)))
        skips = []
        for down in self.down:
            skips.append(features)
            features = _level(_activate(down(features)))
        levels = [_level(self.body(features))]
        for up in self.up:
            wider = F.interpolate(levels[-1], scale_factor=2.0, mode="nearest")
            levels.append(_level(_activate(up(wider) + skips.pop())))
        return levels

    def _missing(self, side: int) -> int:
        """Pixels from a side to the next one the network can take."""
        return max(self.smallest, -(-side // self.multiple) * self.multiple) - side


def _activate(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


def _level(x: Tensor) -> Tensor:
    """Bring the features of every pixel to a mean square of 1."""
    return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-4)


def _start_at_zero(convolution: nn.Conv2d) -> None:
    for parameter in convolution.parameters():
        nn.init.zeros_(parameter)
