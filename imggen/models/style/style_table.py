"""A table of styles in one network: every style has a description, and a row in every normalisation.

Dumoulin et al., 2017, "A Learned Representation for Artistic Style" (https://arxiv.org/abs/1610.07629): the styles
share all convolutions, and codes are one-hot, so that mixtures of codes blend styles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from imggen.imaging.painting.underpainting import UNDERPAINTING_SIZE
from imggen.models.style.arbitrary_style import ArbitraryStyle
from imggen.models.style.palette_painter import PalettePainter
from imggen.models.style.transformer_net import TransformerNet


class StyleTable(PalettePainter):
    """Paint images in a few learned styles.

    Args:
        style_names: name of the style of each one-hot code.
        channels: of the painter; see :class:`imggen.models.style.transformer_net.TransformerNet`.
        blocks: of the painter.

    Attributes:
        descriptions: (styles, UNDERPAINTING_SIZE), of
            :func:`imggen.imaging.painting.underpainting.describe`; zeros, a black palette, in a new network.

    Raises:
        ValueError: when there is no name, or one comes twice.
    """

    descriptions: Tensor

    def __init__(self, style_names: Sequence[str] = ("style",), channels: int = 32, blocks: int = 4) -> None:
        super().__init__()
        if not style_names or len(set(style_names)) < len(style_names):
            raise ValueError("style_names must name at least one style, and none twice")
        self.config = {"style_names": list(style_names), "channels": channels, "blocks": blocks}
        self.style_names = tuple(style_names)
        self.painter = TransformerNet(channels, blocks, len(style_names), ending="glaze")
        self.register_buffer("descriptions", torch.zeros(len(style_names), UNDERPAINTING_SIZE))

    @property
    def code_size(self) -> int:
        """Length of the style code: the number of styles."""
        return self.painter.code_size

    def split(self, code: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, code_size) to itself, and to the mixed descriptions (B, UNDERPAINTING_SIZE) of the styles."""
        with torch.autocast(code.device.type, enabled=False):
            return code, code.float() @ self.descriptions.float()


@torch.no_grad()
def table_of(network: ArbitraryStyle, style_names: Sequence[str], codes: Tensor) -> StyleTable:
    """A table that gives exactly the output of another network for a few styles, and for mixtures of them.

    Scale and shift of every normalisation are linear in the code, W c + b, and a table's code of style i is the unit
    vector i: with the codes as columns of C, its weight is W C, its bias b. All else is the same.

    Args:
        network: to take the painter of.
        style_names: of the styles.
        codes: of the styles, (styles, code_size).
    """
    known: dict[str, Any] = network.painter.config
    table = StyleTable(style_names, known["channels"], known["blocks"])
    state = network.painter.state_dict()
    conditions, descriptions = network.split(codes)
    affines = {key: value @ conditions.mT for key, value in state.items() if key.endswith("affine.weight")}
    table.painter.load_state_dict({**state, **affines})
    table.descriptions.copy_(descriptions)
    return table
