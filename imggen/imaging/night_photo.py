"""Develop night photos: remove noise, balance the white, and brighten the shadows."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image
from torch import Tensor

from imggen.imaging.colour import decode, encode, expose, luma, ramp
from imggen.imaging.filters import in_bands, mean_around
from imggen.imaging.tensors import to_tensor

#: Radius in pixels of the window of the Wiener filter.
_WINDOW_RADIUS = 3
#: Factor on the estimated variance of the noise, because the variance in a window varies: more smooths more.
_NOISE_FACTOR = 1.5
#: Standard deviation of a normal distribution whose median absolute deviation is 1.
_DEVIATION_OF_MEDIAN = 1.4826
#: About how many differences the median is taken of: enough, and fast to sort.
_MEDIAN_SAMPLES = 1 << 16
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
    """Denoise, balance the white, then brighten with :func:`imggen.imaging.colour.expose`.

    Args:
        nights: (B, 3, H, W) in 0..1.
        report: gets the fraction done; may raise to stop.

    Returns:
        The same shape and range, float32.
    """
    clean = denoise(nights.float(), lambda fraction: report(0.6 * fraction))
    return expose(balance(clean, lambda fraction: report(0.6 + 0.4 * fraction)))


def denoise(images: Tensor, report: Callable[[float], None] = lambda fraction: None) -> Tensor:
    """Smooth (B, 3, H, W) where it varies no more than noise does.

    The adaptive Wiener filter of Lee, 1980, "Digital Image Enhancement and Noise Filtering by Use of Local Statistics"
    (https://doi.org/10.1109/TPAMI.1980.4766994), with the variance of the noise from differences as in Immerkær, 1996,
    "Fast Noise Variance Estimation" (https://doi.org/10.1006/cviu.1996.0060), by their median. A picture without noise
    stays as it is, and so does one less than three pixels wide or high.
    """
    if min(images.shape[2:]) < 3:
        return images
    differences = images.diff(n=2, dim=-1).diff(n=2, dim=-2).abs().flatten(2) / 6
    some = differences[..., :: max(1, differences.shape[-1] // _MEDIAN_SAMPLES)]
    noise = (_DEVIATION_OF_MEDIAN * some.median(-1).values).square()[..., None, None]

    def smooth(part: Tensor) -> Tensor:
        mean = mean_around(part, _WINDOW_RADIUS)
        variance = (mean_around(part * part, _WINDOW_RADIUS) - mean * mean).clamp(min=1e-12)
        return mean + (1 - _NOISE_FACTOR * noise / variance).clamp(min=0) * (part - mean)

    return in_bands(smooth, images, margin=_WINDOW_RADIUS, report=report)


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
