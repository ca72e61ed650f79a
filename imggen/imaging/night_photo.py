"""Develop night photos: balance the white, and brighten the shadows."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image
from torch import Tensor

from imggen.imaging.colour import decode, encode, expose, luma, ramp
from imggen.imaging.filters import in_bands
from imggen.imaging.tensors import to_tensor

#: Luma from which a pixel counts in the estimate of the light's colour; darker ones are mostly noise.
_LEAST_LUMA = 0.02
#: Luma up to which a pixel counts in that estimate; brighter ones may be lamps themselves.
_MOST_LUMA = 0.85
#: Linear light that is added before the logarithm, so that black channels have a bounded influence on the estimate.
_LOG_OFFSET = 2e-3
#: Luma from which a pixel is not dark, and luma up to which it is fully dark.
_DARKNESS = (0.12, 0.08)
#: Longer side in pixels at which dark pixels are counted.
_DARKNESS_SIDE = 256


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


def dark_share(night: Image.Image) -> float:
    """Share 0..1 of a photo's area that is too dark to show what is there."""
    small = night.convert("RGB")
    small.thumbnail((_DARKNESS_SIDE, _DARKNESS_SIDE))
    return float(ramp(luma(to_tensor(small)[0]), *_DARKNESS).mean())
