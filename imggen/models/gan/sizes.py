"""Resolutions and feature channels of networks whose resolution doubles, or halves, from block to block."""

from __future__ import annotations

import math


def resolutions(image_size: int) -> list[int]:
    """The resolutions 4, 8 ... image_size.

    Raises:
        ValueError: when the image size is not a power of two of at least 8.
    """
    doublings = int(math.log2(image_size)) if image_size >= 8 else 0
    if 2**doublings != image_size or doublings < 3:
        raise ValueError(f"image_size must be a power of two from 8 on, not {image_size}")
    return [2**level for level in range(2, doublings + 1)]


def widths(sides: list[int], channels: int, max_channels: int) -> list[int]:
    """Feature channels at each of the resolutions ``sides``: ``channels`` at the last, doubled at every halving of the
    resolution up to ``max_channels``."""
    return [min(max_channels, channels * sides[-1] // side) for side in sides]
