"""sRGB values and linear light (IEC 61966-2-1), luma and exposure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

#: What :func:`smoothstep` takes and gives.
Smooth = TypeVar("Smooth", "float", "np.ndarray", "Tensor")

#: Strength of :func:`expose`: values near 0 get 10.8 times brighter, which is this over the logarithm of 1 plus this.
_EXPOSURE = 40.0
#: Weights of red, green and blue in brightness: BT.601, as in JPEG's YCbCr.
LUMA = (0.299, 0.587, 0.114)


def encode(linear: Tensor) -> Tensor:
    """Linear light 0..1 to sRGB values 0..1; clamps."""
    x = linear.clamp(0, 1)
    return (12.92 * x).where(x <= 0.0031308, 1.055 * x.clamp(min=1e-8) ** (1 / 2.4) - 0.055)


def decode(values: Tensor) -> Tensor:
    """sRGB values 0..1 to linear light 0..1."""
    return (values / 12.92).where(values <= 0.04045, ((values + 0.055) / 1.055) ** 2.4)


def expose(values: Tensor) -> Tensor:
    """Brighten values 0..1 by a logarithmic curve, the darkest most, which shows the shadows of night photos."""
    return (_EXPOSURE * values.clamp(min=0)).log1p() / math.log1p(_EXPOSURE)


def luma(image: Tensor) -> Tensor:
    """Brightness (..., H, W) in 0..1 of pictures (..., 3, H, W) in 0..1: BT.601 on the encoded values."""
    # No matrix product, which autocast would round.
    return (image * image.new_tensor(LUMA)[:, None, None]).sum(-3)


def smoothstep(x: Smooth) -> Smooth:
    """Map 0..1 to 0..1, beginning and ending flat; a number, an array or a tensor."""
    return x * x * (3 - 2 * x)


def ramp(x: Tensor, start: float, stop: float) -> Tensor:
    """0 at ``start``, 1 at ``stop``, linear between, constant beyond."""
    return ((x - start) / (stop - start)).clamp(0, 1)
