"""The generator for days: from a developed night a sky, and land in another light.

The land changes by a contrast and an exposure for each colour, which are coarse: one for each cell of a grid over
position and brightness, as in Gharbi et al., 2017, "Deep Bilateral Learning for Real-Time Image Enhancement"
(https://arxiv.org/abs/1707.02880), section 3. So the land keeps the edges of the night, and gets no others. The sky has
one colour for each cell, and where it ends is found pixel by pixel.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imggen.imaging.colour import luma
from imggen.imaging.filters import mean_around
from imggen.imaging.grids import adjust, slice_grid
from imggen.imaging.night_photo import develop
from imggen.models.translation.trunk import Trunk

#: Levels of brightness of the developed night that change apart.
LEVELS = 6
#: The layers' values are multiplied by this, so that their weights can move at the network's learning rate.
_SCALE = 8
#: Slope that the logit of being sky is multiplied by before sky and land are mixed: above 1, the edge gets sharper.
_SHARPNESS = 3
#: Logarithm of the largest gain of contrast, and of the largest loss.
_LARGEST_CONTRAST = 1.2
#: Of an untrained network: inverse tanh of the colour of the sky, and the logit of being sky.
_BLUE, _NOWHERE = (0.3, 0.5, 0.8), -1.0
#: Cells to each side over which the colour of the sky is averaged.
_SMOOTH = 2


class DayParts(NamedTuple):
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
        return torch.lerp(self.land, self.sky, (_SHARPNESS * self.where).sigmoid())


class DayHead(nn.Module):
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
            self.sky.bias.copy_(torch.tensor(_BLUE) / _SCALE)  # type: ignore[union-attr]
            self.where.bias.fill_(_NOWHERE / _SCALE)  # type: ignore[union-attr]

    def forward(self, coarse: Tensor, fine: Tensor, night: Tensor) -> DayParts:
        """Find them.

        Args:
            coarse: features (B, coarse, h, w).
            fine: features (B, fine, H, W).
            night: developed, (B, 3, H, W) in -1..1.
        """
        grid = mean_around(self.grid(coarse).float(), 1).unflatten(1, (LEVELS, 6))
        contrast, exposure = (_SCALE * slice_grid(grid, luma(night)[:, None] / 2 + 0.5)).chunk(2, 1)
        land = adjust(night, (_LARGEST_CONTRAST * contrast.tanh()).exp(), exposure)
        sky = mean_around((_SCALE * self.sky(coarse).float()).tanh(), _SMOOTH)
        sky = F.interpolate(sky, night.shape[2:], mode="bilinear", align_corners=False)
        return DayParts(sky, land, _SCALE * self.where(fine).float(), night)


class DayGenerator(Trunk):
    """Find the parts of the day that a night may have been. Arguments as of
    :class:`imggen.models.translation.trunk.Trunk`."""

    def __init__(self, channels: int = 32, blocks: int = 4, halvings: int = 4) -> None:
        super().__init__(channels, blocks, halvings)
        self.daybreak = DayHead(self.widths[-2], channels)  # checkpoints have this name

    def find_day_parts(self, x: Tensor) -> DayParts:
        """Find the parts of the day of nights (B, 3, H, W) in -1..1, of any H and W."""
        height, width = x.shape[-2:]
        x = self.pad(2 * develop(x / 2 + 0.5) - 1)
        _, coarse, *_, fine = self.features(x)
        return DayParts(*(part[..., :height, :width] for part in self.daybreak(coarse, fine, x)))

    def forward(self, x: Tensor) -> Tensor:
        """The days of nights (B, 3, H, W) in -1..1, of the same shape and range."""
        return self.find_day_parts(x).picture()
