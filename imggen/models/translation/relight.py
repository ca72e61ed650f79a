"""What turns a day into a night, as light does: daylight fades, lamps are added.

Daylight is multiplied by a gain, in linear values. Gains are coarse: one for each cell of a grid over position and
brightness, as in Gharbi et al., 2017, "Deep Bilateral Learning for Real-Time Image Enhancement"
(https://arxiv.org/abs/1707.02880), section 3. A sky and the roof in front of it fade apart then, and the edge between
them stays the photo's; no streak or halo can be painted. Lamps are found pixel by pixel, but only in small dark places:
what lights up at night is mostly windows, which are dark by day. Which of them are lit is chance, so that no light can
be spread over all of them to brighten a wall; and where edges run in all directions, as in leaves and stones, there are
none.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imggen.imaging.colour import decode, encode, luma, ramp
from imggen.imaging.filters import mean_across, mean_around, mean_down
from imggen.imaging.grids import slice_grid

#: Levels of brightness that fade apart.
LEVELS = 4
#: Least gain, and the largest.
_DARKEST, _BRIGHTEST = 0.003, 0.15
#: The head's numbers count this many times, so that they can move at the network's learning rate.
_PACE = 8
#: Logit of the brightness of an untrained network's night.
_BRIGHT = 1.0
#: How far the logarithms of the gains of colours may lie from each other's mean.
_TINT = 0.2
#: Logits of a lamp's brightness and of its whiteness in an untrained network.
_LAMPS = (-2.0, 0.0)
#: The warmest and the whitest lamp: linear red, green and blue.
_AMBER, _WHITE = (1.0, 0.4, 0.1), (1.0, 0.78, 0.48)
#: Pixels to both sides that a pixel is compared with, and the differences in brightness from which it may be a window,
#: and surely is as dark as one.
_AROUND, _WINDOW = 4, (0.02, 0.06)
#: Radius of what is taken for one window, and the share of upright and level edges (half of them, where all directions
#: are alike) from which it may be one, and surely is.
_NEAR, _FRAMED = 6, (0.55, 0.7)
#: The same for the region around, and for all that is dark in the picture: whether any of it is built.
_QUARTER, _BUILT = 20, (0.57, 0.67)
_TOWN = (0.565, 0.595)
#: Side of the cells that are lit or not, the share that is, and after how many cells the pattern comes again.
_CELL, _LIT, _PERIOD = 5, 0.4, 96


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
            self.grid.bias.copy_(torch.tensor([_BRIGHT / _PACE, 0, 0, 0]).repeat(LEVELS))  # type: ignore[union-attr]

    def forward(self, features: Tensor, image: Tensor) -> Tensor:
        """Find the gain of an image.

        Args:
            features: (B, channels, h, w).
            image: (B, 3, H, W) in 0..1.

        Returns:
            (B, 3, H, W), above 0 and well below 1.
        """
        levels = _PACE * self.grid(features).float().unflatten(1, (LEVELS, 4))
        low, high = math.log(_DARKEST), math.log(_BRIGHTEST)
        fade = low + (high - low) * levels[:, :, :1].sigmoid()
        tint = levels[:, :, 1:].tanh()
        grid = fade + _TINT * (tint - tint.mean(2, keepdim=True))
        grid = mean_around(grid.flatten(1, 2), 1).unflatten(1, (LEVELS, 3))  # no cell fades alone: that shows in fog
        return slice_grid(grid, luma(image)[:, None]).exp()


def relight(image: Tensor, gain: Tensor, lamps: Tensor) -> Tensor:
    """Fade the light of an image and add lamps.

    Args:
        image: (B, 3, H, W) in 0..1.
        gain: of daylight, (B, 3, H, W).
        lamps: (B, 2, H, W), a :data:`_PACE`-th of the logits of brightness and of whiteness.

    Returns:
        (B, 3, H, W) in 0..1.
    """
    brightness, whiteness = (_PACE * lamps).sigmoid().chunk(2, 1)
    amber, white = (image.new_tensor(colour)[:, None, None] for colour in (_AMBER, _WHITE))
    colour = torch.lerp(amber, white, whiteness)
    return encode(decode(image) * gain + windows(image) * brightness * colour)


def windows(image: Tensor) -> Tensor:
    """Where a lamp may be in (B, 3, H, W) in 0..1: how surely each pixel is one of a dark window, in lit cells.

    It is darker than its row and than its column, which the gap between two boards is not, and lies among upright and
    level edges, near and farther around; and so do the dark places of the whole picture on their mean.

    Returns:
        (B, 1, H, W) in 0..1.
    """
    brightness = luma(image)[:, None]
    around = torch.minimum(mean_across(brightness, _AROUND), mean_down(brightness, _AROUND))
    dark = ramp(around - brightness, *_WINDOW)
    near, quarter = upright(brightness, _NEAR), upright(brightness, _QUARTER)
    town = (dark * quarter).sum((2, 3), keepdim=True) / dark.sum((2, 3), keepdim=True).clamp(min=1e-6)
    dark = dark * ramp(near, *_FRAMED) * ramp(quarter, *_BUILT) * ramp(town, *_TOWN)
    height, width = image.shape[2:]
    lit = torch.rand(_PERIOD, _PERIOD, generator=torch.Generator().manual_seed(0)) < _LIT
    rows, columns = (torch.arange(side) // _CELL % _PERIOD for side in (height, width))
    return dark * lit[rows][:, columns].to(image)


def upright(brightness: Tensor, radius: int) -> Tensor:
    """How many of the edges around each pixel of (B, 1, H, W) are upright or level, by their energy, (B, 1, H, W).

    The mean squared cosine of twice their angle: 1 when all are, 0.5 when all directions are alike.
    """
    smooth = F.avg_pool2d(F.pad(brightness, (1, 1, 1, 1), mode="replicate"), 3, 1)
    across = F.pad(smooth[..., 2:] - smooth[..., :-2], (1, 1, 0, 0)).square()
    down = F.pad(smooth[..., 2:, :] - smooth[..., :-2, :], (0, 0, 1, 1)).square()
    energy = across + down
    aligned = (across - down).square() / (energy + 1e-8)
    aligned, energy = (mean_around(x, radius) for x in (aligned, energy))
    return aligned / (energy + 1e-6)


def start_dim(convolution: nn.Conv2d) -> None:
    """Let a convolution that finds lamps find the same dim one everywhere."""
    nn.init.zeros_(convolution.weight)
    with torch.no_grad():
        convolution.bias.copy_(torch.tensor(_LAMPS) / _PACE)  # type: ignore[union-attr]
