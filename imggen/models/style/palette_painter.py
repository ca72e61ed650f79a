"""Style transfer in two steps: the content gets the style's palette and strokes, then a network paints over it.

The first step is not learned: :mod:`imggen.imaging.painting.underpainting`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from imggen.imaging.painting.underpainting import underpaint
from imggen.models.style.transformer_net import Statistics, TransformerNet


class PalettePainter(nn.Module, ABC):
    """What networks of these two steps have in common.

    Attributes:
        painter: the second step.
        takes_pictures: whether ``encode(pictures)`` finds a code for any picture.
    """

    tasks = ("style_transfer",)
    takes_pictures = False
    size_multiple = TransformerNet.size_multiple
    painter: TransformerNet

    @property
    @abstractmethod
    def code_size(self) -> int:
        """Length of the style code."""

    @property
    def receptive_radius(self) -> int:
        """Radius in pixels of the receptive field of :meth:`paint`."""
        return self.painter.receptive_radius

    @abstractmethod
    def split(self, code: Tensor) -> tuple[Tensor, Tensor]:
        """Split codes (B, code_size) into the painter's condition and the description (B, UNDERPAINTING_SIZE) for the
        underpainting."""

    def forward(self, content: Tensor, code: Tensor) -> Tensor:
        """Paint whole images (B, 3, H, W) in 0..1 with codes (B, code_size); the same shape and range, in float32."""
        return self.paint(self.underpaint(content, code), code)

    def underpaint(self, content: Tensor, code: Tensor) -> Tensor:
        """The first step, on whole images; arguments and result as of ``forward``."""
        return underpaint(content, self.split(code)[1])

    def paint(self, underpainting: Tensor, code: Tensor, statistics: Statistics | None = None) -> Tensor:
        """The second step, on an underpainting or a tile of one; see
        :meth:`imggen.models.style.transformer_net.TransformerNet.paint`."""
        return self.painter.paint(underpainting, self.split(code)[0], statistics)

    def collect_statistics(self, underpainting: Tensor, code: Tensor) -> Statistics:
        """Measure as :meth:`imggen.models.style.transformer_net.TransformerNet.collect_statistics`."""
        return self.painter.collect_statistics(underpainting, self.split(code)[0])
