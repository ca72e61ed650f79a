"""Develop night photos: balance the white, and brighten the shadows."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from imggen.imaging.colour import decode, encode, expose, luma
from imggen.imaging.filters import in_bands

#: Luma from which a pixel counts in the estimate of the light's colour; darker ones are mostly noise.
_LEAST_LUMA = 0.02
#: Luma up to which a pixel counts in that estimate; brighter ones may be lamps themselves.
_MOST_LUMA = 0.85
#: Linear light that is added before the logarithm, so that black channels have a bounded influence on the estimate.
_LOG_OFFSET = 2e-3


def develop(nights: Tensor, report: Callable[[float], None] = lambda fraction: None) -> Tensor:
    """Balance the white, then brighten with :func:`imggen.imaging.colour.expose`.

    Args:
        nights: (B, 3, H, W) in 0..1.
        report: gets the fraction done; may raise to stop.

    Returns:
        The same shape and range, float32.
    """
    return expose(balance(nights.float(), report))


def balance(images: Tensor, report: Callable[[float], None] = lambda fraction: None) -> Tensor:
    """White balance of (B, 3, H, W) in 0..1: afterwards the mean of the scene is grey.

    The grey-world assumption of Buchsbaum, 1980 (https://doi.org/10.1016/0016-0032(80)90058-7), on geometric means, so
    that the few bright pixels next to lamps do not dominate.
    """
    brightness = luma(images)[:, None]
    counts = ((brightness > _LEAST_LUMA) & (brightness < _MOST_LUMA)).float()
    light = decode(images)
    colour = ((light + _LOG_OFFSET).log() * counts).sum((2, 3)) / counts.sum((2, 3)).clamp(min=1)
    gains = (colour.mean(1, keepdim=True) - colour).exp()
    return in_bands(lambda part: encode(part * gains[..., None, None]), light, report=report)
