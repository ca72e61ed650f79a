"""A painter whose content first gets the palette of the style.

Colours need no learning: they are matched in closed form, and the painter adds the strokes to that.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from imggen.models.colour_matching import colour_moments, match_colours
from imggen.models.transformer_net import Statistics, TransformerNet


class PalettePainter(nn.Module, ABC):
    """What networks with a palette for every code have in common.

    Attributes:
        painter: adds the strokes.
    """

    size_multiple = TransformerNet.size_multiple
    painter: TransformerNet

    @property
    def code_size(self) -> int:
        """Length of the style code."""
        return self.painter.code_size

    @property
    def receptive_radius(self) -> int:
        """How far, in pixels, an output pixel looks."""
        return self.painter.receptive_radius

    @abstractmethod
    def palette(self, code: Tensor) -> Tensor:
        """The colours (B, 9) of codes (B, code_size), as :func:`imggen.models.colour_matching.colour_moments`."""

    def forward(self, content: Tensor, code: Tensor, statistics: Statistics | None = None) -> Tensor:
        """Paint; see :meth:`imggen.models.transformer_net.TransformerNet.forward`."""
        own = statistics["colours"][0] if statistics else colour_moments(content)
        return self.painter(match_colours(content, own, self.palette(code)), code, statistics)

    def collect_statistics(self, content: Tensor, code: Tensor) -> Statistics:
        """Measure as :meth:`imggen.models.transformer_net.TransformerNet.collect_statistics`, colours included."""
        own = colour_moments(content)
        found = self.painter.collect_statistics(match_colours(content, own, self.palette(code)), code)
        return {**found, "colours": (own, own)}
