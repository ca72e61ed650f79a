"""A feed-forward style-transfer network: the style sets scale and shift of its normalisations.

Johnson et al., 2016, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution"
(https://arxiv.org/abs/1603.08155), with instance normalisation (Ulyanov et al., 2016,
https://arxiv.org/abs/1607.08022) in the conditional form of Dumoulin et al., 2017, "A Learned Representation for
Artistic Style" (https://arxiv.org/abs/1610.07629), equation 5: all styles share the convolutions, and each has its own
scale and shift of every normalised channel. Scale and shift are linear in a style code, so one-hot codes are a table
with one row per style, and mixtures of codes blend styles.

The first and last kernels may be 5x5 for the paper's 9x9, which takes most of the time on a CPU, and upsampling is
nearest-neighbour followed by a convolution (Odena et al., 2016, https://distill.pub/2016/deconv-checkerboard).

The ending "glaze" is our own, for content that has the style's colours already: the output is added to the logits of
the content, less its local mean, so it changes texture and keeps brightness and colour.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imggen.imaging.filters import mean_around

#: Mean and variance (B, C) of each channel, float32, by the name of the normalisation; B may be 1 for all images.
Statistics = dict[str, tuple[Tensor, Tensor]]

#: Radius in pixels of the local mean that a glaze leaves unchanged.
_GLAZE_RADIUS = 4
#: The content is clamped to 0.02..0.98 before the logit, so that a glaze can still change black and white.
_GLAZE_MARGIN = 0.02


def _glaze(painted: Tensor, content: Tensor) -> Tensor:
    return torch.sigmoid(torch.logit(content, eps=_GLAZE_MARGIN) + painted - mean_around(painted, _GLAZE_RADIUS))


#: How the last features (B, 3, H, W) and the content, in 0..1, become the output in 0..1.
ENDINGS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "sigmoid": lambda painted, content: torch.sigmoid(painted),
    "clamp": lambda painted, content: painted.clamp(0, 1),
    "glaze": _glaze,
}

_EPS = 1e-5
#: Least side in pixels: below it, features at a quarter of the size are too small for padding by reflection.
_SMALLEST = 8


class ConditionalInstanceNorm(nn.Module):
    """Normalise every channel of every image, then scale and shift it as its style code says.

    Args:
        channels: of the features.
        code_size: length of the style code.

    Attributes:
        frozen: mean and variance, each (B, C) or (1, C) in float32, to use instead of the image's own; None for its
            own.
    """

    frozen: tuple[Tensor, Tensor] | None

    def __init__(self, channels: int, code_size: int) -> None:
        super().__init__()
        self.affine = nn.Linear(code_size, 2 * channels)
        self.frozen = None

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        """Normalise (B, C, H, W) with codes (B, code_size)."""
        scale, shift = self.affine(code.to(self.affine.weight.dtype)).float().chunk(2, 1)
        # Batch normalisation of single images is the one kernel that keeps float32 statistics of bfloat16 features
        # and the channels-last layout: several times faster than the same in plain tensor operations.
        parts = []
        for index, image in enumerate(x.split(1)):
            weight, bias = 1 + scale[index], shift[index]
            if self.frozen is None:
                parts.append(F.batch_norm(image, None, None, weight, bias, training=True, eps=_EPS))
            else:
                mean, variance = (part[index % len(part)] for part in self.frozen)
                parts.append(F.batch_norm(image, mean, variance, weight, bias, eps=_EPS))
        return torch.cat(parts) if len(parts) > 1 else parts[0]

    @staticmethod
    def measure(x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of every channel of (B, C, H, W): each (B, C), float32."""
        mean = x.new_zeros(x.shape[:2], dtype=torch.float32)
        variance = torch.ones_like(mean)
        for index, image in enumerate(x.split(1)):
            F.batch_norm(image, mean[index], variance[index], training=True, momentum=1.0, eps=_EPS)
        pixels = x.shape[2] * x.shape[3]
        return mean, variance * (pixels - 1) / pixels  # batch_norm records the unbiased one but divides by this one


class _Conv(nn.Conv2d):
    """Convolution with reflected borders; without a bias, which the normalisation after it would remove."""

    def __init__(self, in_channels: int, out_channels: int, size: int, stride: int = 1, bias: bool = False) -> None:
        super().__init__(in_channels, out_channels, size, stride, padding=size // 2, padding_mode="reflect", bias=bias)


class _UpConv(_Conv):
    """Nearest-neighbour upsampling to twice the size, then the convolution, in one step that has 4/9 of its products.

    Of the nine pixels under a 3x3 kernel several are copies of one pixel before the upsampling. Their weights are added
    up, which makes a transposed convolution of stride 2 with a 4x4 kernel.
    """

    def forward(self, x: Tensor) -> Tensor:
        kernel = F.avg_pool2d(F.pad(self.weight.flip(2, 3), (1, 1, 1, 1)), 2, 1, divisor_override=1)
        # After upsampling, a border that is reflected has the same values as one that is repeated.
        x = F.pad(x, (1, 1, 1, 1), mode="replicate")
        return F.conv_transpose2d(x, kernel.transpose(0, 1), stride=2, padding=3)


class _Layer(nn.Module):
    """Convolution, normalisation and, where asked for, ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        code_size: int,
        size: int = 3,
        stride: int = 1,
        relu: bool = True,
        conv: type[_Conv] = _Conv,
    ) -> None:
        super().__init__()
        self.conv = conv(in_channels, out_channels, size, stride)
        self.norm = ConditionalInstanceNorm(out_channels, code_size)
        self.relu = relu

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        x = self.norm(self.conv(x), code)
        return F.relu(x, inplace=not torch.is_grad_enabled()) if self.relu else x


class _Block(nn.Module):
    """Two convolutions beside a skip, without a ReLU after the sum (Johnson et al., supplement)."""

    def __init__(self, channels: int, code_size: int) -> None:
        super().__init__()
        self.first = _Layer(channels, channels, code_size)
        self.second = _Layer(channels, channels, code_size, relu=False)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        return x + self.second(self.first(x, code), code)


class TransformerNet(nn.Module):
    """Paint an image in the style of a code.

    Args:
        channels: feature channels at full size; twice as many at half, four times at a quarter of the size.
        blocks: residual blocks at a quarter of the size (5 in the paper).
        code_size: length of the style code; with one-hot codes the number of styles.
        edge: side of the first and of the last kernel (9 in the paper).
        ending: how the last features become colours; one of :data:`ENDINGS`.
    """

    tasks = ("style_transfer",)
    takes_pictures = False
    size_multiple = 4

    def __init__(
        self,
        channels: int = 32,
        blocks: int = 5,
        code_size: int = 1,
        edge: int = 5,
        ending: str = "sigmoid",
    ) -> None:
        super().__init__()
        self.config = {
            "channels": channels,
            "blocks": blocks,
            "code_size": code_size,
            "edge": edge,
            "ending": ending,
        }
        self.ending = ENDINGS[ending]
        self.code_size = code_size
        #: Radius in pixels of the receptive field: half a kernel, 1 and 2 on the way down, 8 a block, the same on the
        #: way up, and 3 because a pixel may lie at either end of its cell at a quarter of the size.
        self.receptive_radius = 8 * blocks + 2 * (edge // 2) + 9 + (_GLAZE_RADIUS if ending == "glaze" else 0)
        half, quarter = 2 * channels, 4 * channels
        self.head = _Layer(3, channels, code_size, size=edge)
        self.down1 = _Layer(channels, half, code_size, stride=2)
        self.down2 = _Layer(half, quarter, code_size, stride=2)
        self.blocks = nn.ModuleList(_Block(quarter, code_size) for _ in range(blocks))
        self.up1 = _Layer(quarter, half, code_size, conv=_UpConv)
        self.up2 = _Layer(half, channels, code_size, conv=_UpConv)
        self.to_rgb = _Conv(channels, 3, size=edge, bias=True)
        if ending == "glaze":
            for parameter in self.to_rgb.parameters():
                nn.init.zeros_(parameter)

    def forward(self, content: Tensor, code: Tensor) -> Tensor:
        """Paint whole images; arguments and result as of :meth:`paint`."""
        return self.paint(content, code)

    def underpaint(self, content: Tensor, code: Tensor) -> Tensor:
        """The image that :meth:`paint` changes: the content itself."""
        return content

    def paint(self, content: Tensor, code: Tensor, statistics: Statistics | None = None) -> Tensor:
        """Paint (B, 3, H, W) in 0..1, of any size, with codes (B, code_size); the same shape and range, in float32.

        Args:
            content: the images.
            code: their styles.
            statistics: of :meth:`collect_statistics` for the whole image, when the content is a tile of it: all tiles
                are normalised alike.
        """
        norms = self._norms()
        try:
            for name, norm in norms.items():
                norm.frozen = statistics[name] if statistics else None
            return self.ending(self._paint(content, code), content.float())
        finally:
            for norm in norms.values():
                norm.frozen = None

    @torch.no_grad()
    def collect_statistics(self, content: Tensor, code: Tensor) -> Statistics:
        """Mean and variance at the input of every normalisation for these images. Arguments as for :meth:`paint`."""
        found: Statistics = {}
        hooks = [norm.register_forward_pre_hook(partial(_record, found, name)) for name, norm in self._norms().items()]
        try:
            self(content, code)
        finally:
            for hook in hooks:
                hook.remove()
        return found

    def _norms(self) -> dict[str, ConditionalInstanceNorm]:
        return {name: module for name, module in self.named_modules() if isinstance(module, ConditionalInstanceNorm)}

    def _paint(self, content: Tensor, code: Tensor) -> Tensor:
        height, width = content.shape[2:]
        x = _padded(4 * content - 2).to(self.to_rgb.weight.dtype)  # about unit variance
        x = self.head(x, code)
        x = self.down2(self.down1(x, code), code)
        for block in self.blocks:
            x = block(x, code)
        x = self.up2(self.up1(x, code), code)
        return self.to_rgb(x)[:, :, :height, :width].float()  # bfloat16 would show as bands


def _padded(x: Tensor) -> Tensor:
    """Pad (B, C, H, W) at the right and the bottom to multiples of 4, at least 8."""
    for dim in (2, 3):
        side = x.shape[dim]
        missing = max(_SMALLEST, -(-side // 4) * 4) - side
        if missing:
            pad = (0, 0, 0, missing) if dim == 2 else (0, missing, 0, 0)
            x = F.pad(x, pad, mode="reflect" if missing < side else "replicate")
    return x


def _record(found: Statistics, name: str, norm: nn.Module, inputs: tuple[Tensor, Tensor]) -> None:
    found[name] = ConditionalInstanceNorm.measure(inputs[0])
