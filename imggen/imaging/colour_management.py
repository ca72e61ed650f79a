"""Convert pixels of any colour profile to sRGB: with or without transparency, 8 or 16 bits."""

from __future__ import annotations

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imggen.imaging.raster import CHANNELS, Pixels, Raster, Space

#: Name of each colour space in the header of an ICC profile.
_IN_HEADER: dict[Space, bytes] = {"grey": b"GRAY", "rgb": b"RGB ", "cmyk": b"CMYK"}
#: Name of each colour space in Little CMS.
_IN_CMS: dict[Space, str] = {"grey": "gray", "rgb": "rgb", "cmyk": "cmyk", "lab": "lab"}
#: Pixels that are converted at a time, which bounds memory.
_BAND = 1 << 22
#: 16-bit colours go through the profile itself: the table that Little CMS would make of it first is off by up to 14 of
#: 255 levels for colours outside sRGB.
_EXACT = imagecodecs.CMS.FLAGS.NOOPTIMIZE


def to_srgb(raster: Raster) -> Image.Image:
    """Convert to an 8-bit sRGB image, transparency over white.

    A profile that is damaged, or made for another colour space, is ignored, so that the picture can still be used.
    """
    height, width = raster.pixels.shape[:2]
    profile = raster.profile if fits(raster.profile, raster.space) else None
    if raster.space == "lab":
        profile = imagecodecs.cms_profile("lab4")
    result = np.empty((height, width, 3), np.uint8)
    step = max(1, _BAND // width)
    for top in range(0, height, step):
        rows = slice(top, top + step)
        pixels, alpha = raster.pixels[rows], None if raster.alpha is None else raster.alpha[rows]
        if alpha is not None and raster.premultiplied:
            pixels = _divided(pixels, alpha)
        colours = _convert(pixels, raster.space, profile)
        result[rows] = colours if alpha is None else _over_white(colours, _to_8_bits(alpha))
    return Image.fromarray(result)


def fits(profile: bytes | None, space: Space) -> bool:
    """Whether an ICC profile is undamaged and made for that colour space."""
    if not profile or profile[16:20] != _IN_HEADER.get(space):
        return False
    shape = (1, 1) if space == "grey" else (1, 1, CHANNELS[space])
    try:
        _transform(np.zeros(shape, np.uint8), space, profile)
    except (imagecodecs.CmsError, ValueError):
        return False
    return True


def _convert(pixels: Pixels, space: Space, profile: bytes | None) -> NDArray[np.uint8]:
    """(H, W) or (H, W, channels) to (H, W, 3)."""
    if profile is not None:
        return _to_8_bits(_transform(pixels, space, profile))
    small = _to_8_bits(pixels)
    if space == "cmyk":
        return np.asarray(Image.fromarray(np.ascontiguousarray(small), "CMYK").convert("RGB"))
    return np.broadcast_to(small[..., None], (*small.shape, 3)) if space == "grey" else small


def _transform(pixels: Pixels, space: Space, profile: bytes) -> Pixels:
    return imagecodecs.cms_transform(
        np.ascontiguousarray(pixels),
        profile,
        imagecodecs.cms_profile("srgb"),
        colorspace=_IN_CMS[space],
        outcolorspace="rgb",
        outdtype=pixels.dtype,
        flags=_EXACT if pixels.dtype == np.uint16 else 0,
    )


def _to_8_bits(values: Pixels) -> NDArray[np.uint8]:
    if values.dtype == np.uint8:
        return values.astype(np.uint8, copy=False)
    # 65535 / 257 is 255; 128 is for rounding, and would overflow 16 bits.
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _divided(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Divide colours by their opacity, which they are multiplied by."""
    most = np.iinfo(pixels.dtype).max
    opacity = (alpha if pixels.ndim == 2 else alpha[..., None]).astype(np.float32)
    divided = (pixels * (most / np.maximum(opacity, 1))).round().clip(0, most)
    return divided.astype(np.uint8) if most == 255 else divided.astype(np.uint16)


def _over_white(colours: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    opacity = alpha[..., None].astype(np.uint16)
    return ((colours * opacity + 255 * (255 - opacity) + 127) // 255).astype(np.uint8)
