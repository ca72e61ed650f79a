"""A super-resolution network of somebody else, called like ours."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

_TILE, _ATTENTION_TILE = 512, 128  # pixels
_ATTENTION_MARGIN = 32  # pixels: two windows of the published transformers
_MARGIN = 48  # pixels


class ForeignUpscaler(nn.Module):
    """Upscale with a network of any architecture.

    Args:
        network: holds the weights.
        call: runs it: maps (1, 3, H, W) in 0..1 to (1, 3, scale H, scale W), for any H and W.
        scale: how many times it enlarges.

    Attributes:
        tile: side in pixels of the parts that a photo is cut into. Networks with attention get small ones: their
            memory grows with the number of pixels many times faster than that of convolutions.
        receptive_radius: pixels around a tile that are worth giving to the network.
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
