"""What turns a developed night into a day: a sky, and land in another light.

The land changes by a contrast and an exposure for each colour, which are coarse: one for each cell of a grid over
position and brightness, as in Gharbi et al., 2017, "Deep Bilateral Learning for Real-Time Image Enhancement"
(https://arxiv.org/abs/1707.02880), section 3. What the night shows keeps its edges then, and nothing is drawn that it
does not show. The sky has a colour for each cell, and one edge, found pixel by pixel: between the two there is no mist,
even where the night hides where one ends.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imggen.imaging.colour import luma
from imggen.imaging.filters import mean_around
from imggen.imaging.grids import adjust, slice_grid

#: Levels of brightness of the developed night that change apart.
LEVELS = 6
#: What is found counts this many times, so that it can move at the network's learning rate.
_PACE = 8
#: How many times steeper the edge of the sky is drawn than the network is sure of it.
_DECIDED = 3
#: Logarithm of the largest gain of contrast, and of the loss.
_STEEPEST = 1.2
#: Of an untrained network: inverse tanh of the colour of the sky, and the logit of being sky.
_BLUE, _NOWHERE = (0.3, 0.5, 0.8), -1.0
#: Cells to each side over which the colour of the sky is averaged.
_SMOOTH = 2


class Daybreak(NamedTuple):
    """Parts of a day.

    Attributes:
        sky: its colours (B, 3, H, W) in -1..1.
        land: everything else, of the same shape and range.
        where: logit of being sky, (B, 1, H, W).
        night: developed, of the shape and range of ``sky``.
    """

    sky: Tensor
    land: Tensor
    where: Tensor
    night: Tensor

    def picture(self) -> Tensor:
        """The day, (B, 3, H, W) in -1..1."""
        return torch.lerp(self.land, self.sky, (_DECIDED * self.where).sigmoid())


class FindDaybreak(nn.Module):
    """Find the parts of a day.

    Args:
        coarse: features that the grid is found from.
        fine: features that the edge of the sky is found from.
    """

    def __init__(self, coarse: int, fine: int) -> None:
        super().__init__()
        self.grid = nn.Conv2d(coarse, LEVELS * 6, 1)
        self.sky = nn.Conv2d(coarse, 3, 1)
        self.where = nn.Conv2d(fine, 1, 3, padding=1, padding_mode="reflect")
        for convolution in (self.grid, self.sky, self.where):
            nn.init.zeros_(convolution.weight)
            nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]
        with torch.no_grad():
            self.sky.bias.copy_(torch.tensor(_BLUE) / _PACE)  # type: ignore[union-attr]
            self.where.bias.fill_(_NOWHERE / _PACE)  # type: ignore[union-attr]

    def forward(self, coarse: Tensor, fine: Tensor, night: Tensor) -> Daybreak:
        """Find them.

        Args:
            coarse: features (B, coarse, h, w).
            fine: features (B, fine, H, W).
            night: developed, (B, 3, H, W) in -1..1.
        """
        grid = mean_around(self.grid(coarse).float(), 1).unflatten(1, (LEVELS, 6))
        contrast, exposure = (_PACE * slice_grid(grid, luma(night)[:, None] / 2 + 0.5)).chunk(2, 1)
        land = adjust(night, (_STEEPEST * contrast.tanh()).exp(), exposure)
        sky = mean_around((_PACE * self.sky(coarse).float()).tanh(), _SMOOTH)
        sky = F.interpolate(sky, night.shape[2:], mode="bilinear", align_corners=False)
        return Daybreak(sky, land, _PACE * self.where(fine).float(), night)
