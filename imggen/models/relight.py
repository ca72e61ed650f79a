"""What turns a day into a night, as light does: daylight fades, lamps are added.

The light of every pixel is multiplied by a gain and joined by that of lamps, in linear values. Gains are coarse: one
for each cell of a grid over position and brightness, as in Gharbi et al., 2017, "Deep Bilateral Learning for Real-Time
Image Enhancement" (https://arxiv.org/abs/1707.02880), section 3. A sky and the roof in front of it fade apart then, and
the edge between them stays the photo's; no streak or halo can be painted. Lamps alone are found pixel by pixel.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imggen.linear_light import decode, encode

#: Levels of brightness that fade apart.
LEVELS = 4
#: Least gain; the largest is 1.
_DARKEST = 0.003
#: Gain of an untrained network.
_START = 0.08
#: How far the logarithms of the gains of colours may lie from each other's mean.
_TINT = 0.5
#: Logit of the lamps, and of their red, green and blue, in an untrained network: next to none, of warm light.
_LAMPS = (-7.0, 2.0, 1.0, -0.5)
_LUMA = (0.299, 0.587, 0.114)


class Ambient(nn.Module):
    """The gain of daylight.

    Args:
        channels: of the features it is found from.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.grid = nn.Conv2d(channels, LEVELS * 4, 1)
        nn.init.zeros_(self.grid.weight)
        with torch.no_grad():
            start = 1 - math.log(_START) / math.log(_DARKEST)
            self.grid.bias.copy_(torch.tensor([math.log(start / (1 - start)), 0, 0, 0]).repeat(LEVELS))  # type: ignore[union-attr]

    def forward(self, features: Tensor, image: Tensor) -> Tensor:
        """Find the gain (B, 3, H, W) in 0..1 for an image (B, 3, H, W) in 0..1 from features (B, channels, h, w)."""
        levels = self.grid(features).float().unflatten(1, (LEVELS, 4))
        darkness = math.log(_DARKEST) * (1 - levels[:, :, :1].sigmoid())
        tint = levels[:, :, 1:].tanh()
        grid = darkness + _TINT * (tint - tint.mean(2, keepdim=True))
        guide = (image * image.new_tensor(_LUMA)[:, None, None]).sum(1, keepdim=True)
        gain = torch.zeros_like(image)
        for level, cells in enumerate(grid.unbind(1)):
            share = (1 - (guide * (LEVELS - 1) - level).abs()).clamp(min=0)
            gain = gain + share * F.interpolate(cells, image.shape[2:], mode="bilinear", align_corners=False)
        return gain.exp().clamp(max=1)


def relight(image: Tensor, gain: Tensor, lamps: Tensor) -> Tensor:
    """Fade the light of an image and add lamps.

    Args:
        image: (B, 3, H, W) in 0..1.
        gain: of its light, (B, 3, H, W) in 0..1.
        lamps: (B, 4, H, W): logits of brightness, and of red, green and blue.

    Returns:
        (B, 3, H, W) in 0..1.
    """
    brightness, colour = lamps.sigmoid().split((1, 3), 1)
    return encode(decode(image) * gain + brightness * colour)


def start_dark(convolution: nn.Conv2d) -> None:
    """Let a convolution that finds lamps find next to none."""
    nn.init.zeros_(convolution.weight)
    with torch.no_grad():
        convolution.bias.copy_(torch.tensor(_LAMPS))  # type: ignore[union-attr]
