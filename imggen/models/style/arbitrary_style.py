"""Any style from one picture: an encoder turns a style picture into a code, and a painter is conditioned on it.

The scheme is that of Ghiasi et al., 2017, "Exploring the structure of a real-time, arbitrary neural artistic
stylization network" (https://arxiv.org/abs/1705.06830): a network predicts, from the style picture, scale and shift of
all conditional instance normalisations of a transformer network. Its encoder is Inception-v3; here it is a few
convolutions of which only channel statistics are used, because a style is well described by the means and deviations of
features (Huang and Belongie, 2017, https://arxiv.org/abs/1703.06868), which small encoders learn as well (Wang et
al., 2022, "MicroAST", https://arxiv.org/abs/2211.15313).

The last entries of a code describe the style's palette and strokes, which the content gets before the network paints,
so mixing codes mixes palettes too.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imggen.imaging.painting.underpainting import UNDERPAINTING_SIZE, describe
from imggen.models.style.palette_painter import PalettePainter
from imggen.models.style.transformer_net import TransformerNet


class StyleEncoder(nn.Module):
    """Style picture to code, independent of positions.

    Four convolutions of stride 2; means and standard deviations of the picture's and every stage's channels go through
    two linear layers.

    Args:
        channels: of the first stage; twice as many in the second, four times in the third and fourth.
        code_size: length of the code.
    """

    def __init__(self, channels: int, code_size: int) -> None:
        super().__init__()
        widths = [3, channels, 2 * channels, 4 * channels, 4 * channels]
        self.stages = nn.ModuleList(
            nn.Conv2d(before, after, 3, stride=2, padding=1, padding_mode="reflect")
            for before, after in pairwise(widths)
        )
        self.mix = nn.Linear(2 * sum(widths), 256)
        self.to_code = nn.Linear(256, code_size)
        # PyTorch's default halves the differences between pictures in every layer: all would get about the same code.
        for layer in (*self.stages, self.mix, self.to_code):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)

    def forward(self, style: Tensor) -> Tensor:
        """Encode (B, 3, H, W) in 0..1, at least 32 pixels on each side, to (B, code_size)."""
        x = 4 * style - 2
        statistics = [*_moments(x)]
        for stage in self.stages:
            x = F.relu(stage(x.to(stage.weight.dtype)))  # type: ignore[arg-type]
            statistics += _moments(x)
        return self.to_code(F.relu(self.mix(torch.cat(statistics, 1).to(self.mix.weight.dtype))))


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (B, C) of every channel, in float32."""
    variance, mean = torch.var_mean(x.float().flatten(2), 2, correction=0)
    return mean, (variance + 1e-5).sqrt()


class ArbitraryStyle(PalettePainter):
    """Paint images in the style of any picture.

    Args:
        channels: of the painter; see :class:`imggen.models.style.transformer_net.TransformerNet`.
        blocks: of the painter.
        code_size: length of the encoder's output, for the painter; a style code is this and the description for the
            underpainting.
        encoder_channels: of :class:`StyleEncoder`.
    """

    takes_pictures = True

    def __init__(self, channels: int = 32, blocks: int = 4, code_size: int = 128, encoder_channels: int = 32) -> None:
        super().__init__()
        self.config = {
            "channels": channels,
            "blocks": blocks,
            "code_size": code_size,
            "encoder_channels": encoder_channels,
        }
        self.encoder = StyleEncoder(encoder_channels, code_size)
        self.painter = TransformerNet(channels, blocks, code_size, ending="glaze")

    @property
    def code_size(self) -> int:
        """Length of the style code."""
        return self.painter.code_size + UNDERPAINTING_SIZE

    def encode(self, style: Tensor) -> Tensor:
        """Return the codes (B, code_size) of style pictures (B, 3, H, W) in 0..1, at least 32 pixels on each side."""
        return torch.cat([self.encoder(style), describe(style)], 1)

    def split(self, code: Tensor) -> tuple[Tensor, Tensor]:
        """The encoder's output (B, code_size of the painter), and the description (B, UNDERPAINTING_SIZE)."""
        encoded, description = code.split((self.painter.code_size, UNDERPAINTING_SIZE), 1)
        return encoded, description
