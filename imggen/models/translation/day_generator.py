"""The generator for days: from a developed night photo it predicts a sky, and the land in daylight.

The land changes by a contrast and an exposure for each colour, which are coarse: one for each cell of a grid over
position and brightness, as in Gharbi et al., 2017, "Deep Bilateral Learning for Real-Time Image Enhancement"
(https://arxiv.org/abs/1707.02880), section 3. So the land keeps the edges of the night, and gets no others. The sky has
one colour for each cell of a coarse grid, and its outline is predicted for every pixel.
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

#: Levels of the grid over the brightness of the developed night.
LEVELS = 6
#: Factor on the outputs of the last layers: the same learning rate moves these outputs as many times faster.
_SCALE = 8
#: Factor on the sky logit before sky and land are blended: above 1, the outline of the sky gets sharper.
_SHARPNESS = 3
#: Largest magnitude of the natural logarithm of the contrast, which so lies in 0.3..3.3.
_LARGEST_CONTRAST = 1.2
#: Colour of the sky of an untrained network, before the tanh: a light blue.
_INITIAL_SKY = (0.3, 0.5, 0.8)
#: Sky logit of an untrained network, which takes all for land.
_INITIAL_SKY_LOGIT = -1.0
#: Radius, in cells, over which the colour of the sky is averaged.
_SKY_RADIUS = 2


class DayParts(NamedTuple):
    """Parts of a day photo, each for every pixel.

    Attributes:
        sky: colour of the sky, (B, 3, H, W) in -1..1.
        land: colour of everything else, of the same shape and range.
        where: sky logit, (B, 1, H, W).
        night: developed, of the shape and range of ``sky``.
    """

    sky: Tensor
    land: Tensor
    where: Tensor
    night: Tensor

    def picture(self) -> Tensor:
        """The day photo (B, 3, H, W) in -1..1: sky and land, blended by the sky logit."""
        return torch.lerp(self.land, self.sky, (_SHARPNESS * self.where).sigmoid())


class DayHead(nn.Module):
    """The last layers, which predict the parts of a day from features.

    Args:
        coarse: channels of the coarse features, for contrast, exposure and the colour of the sky.
        fine: channels of the features at full resolution, for the outline of the sky.
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
            self.sky.bias.copy_(torch.tensor(_INITIAL_SKY) / _SCALE)  # type: ignore[union-attr]
            self.where.bias.fill_(_INITIAL_SKY_LOGIT / _SCALE)  # type: ignore[union-attr]

    def forward(self, coarse: Tensor, fine: Tensor, night: Tensor) -> DayParts:
        """Predict the parts.

        Args:
            coarse: features (B, coarse, h, w).
            fine: features (B, fine, H, W).
            night: developed, (B, 3, H, W) in -1..1.
        """
        grid = mean_around(self.grid(coarse).float(), 1).unflatten(1, (LEVELS, 6))
        contrast, exposure = (_SCALE * slice_grid(grid, luma(night)[:, None] / 2 + 0.5)).chunk(2, 1)
        land = adjust(night, (_LARGEST_CONTRAST * contrast.tanh()).exp(), exposure)
        sky = mean_around((_SCALE * self.sky(coarse).float()).tanh(), _SKY_RADIUS)
        sky = F.interpolate(sky, night.shape[2:], mode="bilinear", align_corners=False)
        return DayParts(sky, land, _SCALE * self.where(fine).float(), night)


class DayGenerator(Trunk):
    """Predict the parts of the day photo for a night photo. Arguments as of
    :class:`imggen.models.translation.trunk.Trunk`."""

    def __init__(self, channels: int = 32, blocks: int = 4, halvings: int = 4) -> None:
        super().__init__(channels, blocks, halvings)
        self.daybreak = DayHead(self.widths[-2], channels)  # checkpoints have this name

    def find_day_parts(self, x: Tensor) -> DayParts:
        """Predict the parts of the day photos for night photos (B, 3, H, W) in -1..1, of any H and W."""
        height, width = x.shape[-2:]
        x = self.pad(2 * develop(x / 2 + 0.5) - 1)
        _, coarse, *_, fine = self.features(x)
        return DayParts(*(part[..., :height, :width] for part in self.daybreak(coarse, fine, x)))

    def forward(self, x: Tensor) -> Tensor:
        """Translate night photos (B, 3, H, W) in -1..1 to day photos of the same shape and range."""
        return self.find_day_parts(x).picture()
