"""The generator of CycleGAN for any two domains: a change of contrast and of exposure for every pixel.

Zhu et al., 2017 (https://arxiv.org/abs/1703.10593), appendix 7.2, with the trunk of
:mod:`imggen.models.translation.trunk`. Another departure: the network does not paint the output. For every pixel and
colour it predicts a contrast ``s`` and an exposure ``t``, and the output is ``tanh(s * atanh(x) + t)``. Dark values are
nearly multiplied by ``exp(2t)``, as light is, so small changes keep the structure of the input; a large ``t`` can still
draw something new.
"""

from __future__ import annotations

from torch import Tensor, nn

from imggen.imaging.grids import adjust
from imggen.models.translation.trunk import Trunk, start_at_zero


class ResnetGenerator(Trunk):
    """Translate images into another domain. An untrained one returns its input. Arguments as of :class:`Trunk`."""

    def __init__(self, channels: int = 32, blocks: int = 4, halvings: int = 4) -> None:
        super().__init__(channels, blocks, halvings)
        self.tail = nn.Conv2d(channels, 6, 3, padding=1, padding_mode="reflect")
        start_at_zero(self.tail)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, 3, H, W) in -1..1, of any H and W, to images of the same shape and range."""
        height, width = x.shape[-2:]
        padded = self.pad(x)
        contrast, exposure = self.tail(self.features(padded)[-1]).float().chunk(2, 1)
        return adjust(padded.float(), 1 + contrast, exposure)[..., :height, :width]
