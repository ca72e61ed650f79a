"""The generator for nights: it finds the sky of a day photo, and darkens sky and land by a fixed factor each.

Only where the sky is has to be learned. The final picture, with lamps and for any time of day, is made from the sky it
finds by :mod:`imggen.pipelines.day_night.to_night`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from imggen.imaging.colour import decode, encode
from imggen.models.translation.trunk import Trunk

#: Factor on the output of the last layer: the same learning rate moves this output as many times faster.
_SCALE = 8
#: Sky logit of an untrained network, which takes all for land.
_INITIAL_SKY_LOGIT = -1.0
#: Share of the day's linear light that is left on the land by night.
_LAND_LIGHT = 0.03
#: Share of the day's linear light that is left in the sky by night.
_SKY_LIGHT = 0.01


class NightGenerator(Trunk):
    """Find the sky of day photos. Arguments as of :class:`imggen.models.translation.trunk.Trunk`."""

    def __init__(self, channels: int = 32, blocks: int = 4, halvings: int = 4) -> None:
        super().__init__(channels, blocks, halvings)
        self.where = nn.Conv2d(channels, 1, 3, padding=1, padding_mode="reflect")
        nn.init.zeros_(self.where.weight)
        nn.init.constant_(self.where.bias, _INITIAL_SKY_LOGIT / _SCALE)  # type: ignore[arg-type]

    def find_sky(self, x: Tensor) -> Tensor:
        """Sky logits (B, 1, H, W) of day photos (B, 3, H, W) in -1..1, of any H and W."""
        height, width = x.shape[-2:]
        return _SCALE * self.where(self.features(self.pad(x))[-1]).float()[..., :height, :width]

    def forward(self, x: Tensor) -> Tensor:
        """Translate day photos (B, 3, H, W) in -1..1 to nights without lamps, of the same shape and range."""
        sky = self.find_sky(x).sigmoid()
        dimming = torch.full_like(sky, _LAND_LIGHT).lerp(torch.full_like(sky, _SKY_LIGHT), sky)
        return encode(decode((x.float() / 2 + 0.5).clamp(0, 1)) * dimming) * 2 - 1
