"""The generator for nights: it finds the sky of a day, and darkens sky and land each by their own factor.

How light fades is known; where the sky is has to be learnt. The full night, with its lamps and at any hour, is made of
what this network finds by :mod:`imggen.pipelines.day_night.to_night`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from imggen.imaging.colour import decode, encode
from imggen.models.translation.trunk import Trunk

#: The layer's values are multiplied by this, so that its weights can move at the network's learning rate.
_SCALE = 8
#: Logit of being sky of an untrained network.
_NOWHERE = -1.0
#: Linear light that is left of the day's by night, on the land and in the sky.
_LAND, _SKY = 0.03, 0.01


class NightGenerator(Trunk):
    """Find the sky of days. Arguments as of :class:`imggen.models.translation.trunk.Trunk`."""

    def __init__(self, channels: int = 32, blocks: int = 4, halvings: int = 4) -> None:
        super().__init__(channels, blocks, halvings)
        self.where = nn.Conv2d(channels, 1, 3, padding=1, padding_mode="reflect")
        nn.init.zeros_(self.where.weight)
        nn.init.constant_(self.where.bias, _NOWHERE / _SCALE)  # type: ignore[arg-type]

    def find_sky(self, x: Tensor) -> Tensor:
        """Logits of being sky (B, 1, H, W), of days (B, 3, H, W) in -1..1 of any H and W."""
        height, width = x.shape[-2:]
        return _SCALE * self.where(self.features(self.pad(x))[-1]).float()[..., :height, :width]

    def forward(self, x: Tensor) -> Tensor:
        """A plain night without lamps of days (B, 3, H, W) in -1..1, of the same shape and range."""
        sky = self.find_sky(x).sigmoid()
        land = torch.full_like(sky, _LAND)
        return encode(decode((x.float() / 2 + 0.5).clamp(0, 1)) * land.lerp(torch.full_like(sky, _SKY), sky)) * 2 - 1
