"""A super-resolution network of another project, with the interface of ours."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

#: Side of a tile in pixels, for convolutional networks.
_TILE = 512
#: Side of a tile in pixels, for networks with attention.
_ATTENTION_TILE = 128
#: Pixels around a tile, for convolutional networks.
_MARGIN = 48
#: Pixels around a tile, for networks with attention: two windows of the published transformers.
_ATTENTION_MARGIN = 32


class ForeignUpscaler(nn.Module):
    """Upscale with a network of any architecture.

    Args:
        network: holds the weights.
        call: runs it: maps (1, 3, H, W) in 0..1 to (1, 3, scale H, scale W), for any H and W.
        scale: how many times it enlarges.

    Attributes:
        tile: side in pixels of the parts that a photo is cut into. Networks with attention get small ones: their
            memory grows with the number of pixels many times faster than that of convolutions.
        receptive_radius: pixels around a tile that the network gets too.
    """

    tasks = ("super_resolution",)

    def __init__(self, network: nn.Module, call: Callable[[Tensor], Tensor], scale: int) -> None:
        super().__init__()
        self.network = network
        self.scale = scale
        has_attention = any(isinstance(module, nn.Linear) for module in network.modules())
        self.tile = _ATTENTION_TILE if has_attention else _TILE
        self.receptive_radius = _ATTENTION_MARGIN if has_attention else _MARGIN
        self._call = call

    def forward(self, x: Tensor) -> Tensor:
        """Map (1, 3, H, W) in 0..1 to (1, 3, scale H, scale W)."""
        return self._call(x)
