"""Develop photos taken by night: what the dark hides is shown, and what a camera adds to it is taken away."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image
from torch import Tensor

from imggen.imaging.colour import decode, encode, expose, luma, ramp
from imggen.imaging.filters import in_bands, mean_around
from imggen.imaging.tensors import to_tensor

#: Radius in which noise is told from detail, and how many times its variance is taken for noise: it varies itself.
_AROUND, _NOISY = 3, 1.5
#: Deviation of a normal distribution whose median distance from its mean is 1; about so many differences are sorted.
_TYPICAL, _SORTED = 1.4826, 1 << 16
#: Brightness from which a place tells the colour of the light, and from which it may be a lamp.
_LIT, _LAMP = 0.02, 0.85
#: Linear light that counts as black in telling the colour of the light.
_BLACK = 2e-3
#: Luma from which a place is bright enough to tell what it is by day and at which it is not, and the longer side looked
#: at.
_DARKNESS, _GLANCE = (0.12, 0.08), 256


def develop(nights: Tensor, report: Callable[[float], None] = lambda fraction: None) -> Tensor:
    """Take away noise and the colour of lamps, then expose as :func:`imggen.imaging.colour.expose` does.

    Args:
        nights: (B, 3, H, W) in 0..1.
        report: gets the fraction done; may raise to stop.

    Returns:
        The same shape and range, float32.
    """
    clean = denoise(nights.float(), lambda fraction: report(0.6 * fraction))
    return expose(balance(clean, lambda fraction: report(0.6 + 0.4 * fraction)))


def denoise(images: Tensor, report: Callable[[float], None] = lambda fraction: None) -> Tensor:
    """Smooth (B, 3, H, W) where there is no more in it than noise.

    The adaptive Wiener filter of Lee, 1980, "Digital Image Enhancement and Noise Filtering by Use of Local Statistics"
    (https://doi.org/10.1109/TPAMI.1980.4766994), with the variance of the noise from differences as in Immerkær, 1996,
    "Fast Noise Variance Estimation" (https://doi.org/10.1006/cviu.1996.0060), by their median. A picture without noise
    stays as it is, and so does one less than three pixels wide or high.
    """
    if min(images.shape[2:]) < 3:
        return images
    differences = images.diff(n=2, dim=-1).diff(n=2, dim=-2).abs().flatten(2) / 6
    some = differences[..., :: max(1, differences.shape[-1] // _SORTED)]
    noise = (_TYPICAL * some.median(-1).values).square()[..., None, None]

    def smooth(part: Tensor) -> Tensor:
        mean = mean_around(part, _AROUND)
        variance = (mean_around(part * part, _AROUND) - mean * mean).clamp(min=1e-12)
        return mean + (1 - _NOISY * noise / variance).clamp(min=0) * (part - mean)

    return in_bands(smooth, images, margin=_AROUND, report=report)


def balance(images: Tensor, report: Callable[[float], None] = lambda fraction: None) -> Tensor:
    """Take the colour of the light out of (B, 3, H, W) in 0..1: on the mean, a scene is grey.

    The grey-world assumption of Buchsbaum, 1980 (https://doi.org/10.1016/0016-0032(80)90058-7), on geometric means, so
    that the few places next to lamps do not decide.
    """
    brightness = luma(images)[:, None]
    counts = ((brightness > _LIT) & (brightness < _LAMP)).float()
    light = decode(images)
    colour = ((light + _BLACK).log() * counts).sum((2, 3)) / counts.sum((2, 3)).clamp(min=1)
    gains = (colour.mean(1, keepdim=True) - colour).exp()
    return in_bands(lambda part: encode(part * gains[..., None, None]), light, report=report)


def dark_share(night: Image.Image) -> float:
    """Tell how much of a photo is too dark to know what it looks like by day, as a share of its area in 0..1."""
    glance = night.convert("RGB")
    glance.thumbnail((_GLANCE, _GLANCE))
    return float(ramp(luma(to_tensor(glance)[0]), *_DARKNESS).mean())
