"""Read formats with Pillow: JPEG, WebP, GIF, BMP and AVIF; and PIL images in any mode."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from imggen.errors import ImageError
from imggen.imaging import isobmff
from imggen.imaging.colour_profiles import from_code_points, from_gamma
from imggen.imaging.raster import Opened, Raster, Space, orientation_in
from imggen.imaging.recipe import described

#: Formats that Pillow may open. It starts other programs for some of the others (EPS, WMF).
FORMATS = ("JPEG", "WEBP", "GIF", "BMP", "AVIF")
_END_OF_JPEG = b"\xff\xd9"
#: Two different fillings for the missing end of a JPEG file.
_FILLINGS = (b"\x00" * 64, b"\x55\xaa\x3c" * 21)


def open_with_pillow(data: bytes) -> Opened:
    """Read everything but the pixels.

    Raises:
        Exception: of any kind, as :func:`PIL.Image.open`.
    """
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    exif = image.getexif()
    return Opened(image.size, lambda: _decode(image, data), orientation_in(exif), described(exif))


def raster_of(image: Image.Image) -> Raster:
    """The pixels of a PIL image of any mode, with their colour space."""
    mode, info = image.mode, image.info
    space: Space = "grey" if mode in ("1", "L", "LA", "La") or mode.startswith("I") else "rgb"
    profile = info.get("icc_profile") or _described(info, space)
    if mode == "F":
        raise ImageError(
            "A picture of floating-point numbers (mode F) has no white: convert it to 8 bits and try again."
        )
    if mode.startswith("I"):
        return _sixteen_bits(image, profile)
    if mode == "CMYK":
        return Raster(np.asarray(image), "cmyk", profile=profile)
    if mode == "LAB":
        pixels = np.array(image)
        pixels[..., 1:] ^= 0x80  # from signed a* and b*
        return Raster(pixels, "lab")
    clear = "transparency" in info or mode in ("LA", "La", "PA", "RGBA", "RGBa")
    if space == "grey":
        array = np.asarray((image.convert("LA") if mode == "La" else image).convert("LA" if clear else "L"))
        return Raster(array[..., 0] if clear else array, space, array[..., 1] if clear else None, profile=profile)
    array = np.asarray(image.convert("RGBA" if clear else "RGB"))
    return Raster(array[..., :3], space, array[..., 3] if clear else None, profile=profile)


def _decode(image: Image.Image, data: bytes) -> Raster:
    if image.format in ("JPEG", "MPO"):
        image = _load_jpeg(image, data)
    if image.format == "GIF":
        image = _first_frame(image)
    image.load()
    raster = raster_of(image)
    if image.format == "AVIF" and raster.profile is None:
        numbers = isobmff.nclx(isobmff.main_properties(data))
        raster.profile = from_code_points(*numbers, grey=raster.space == "grey") if numbers else None
    return raster


def _load_jpeg(image: Image.Image, data: bytes) -> Image.Image:
    """Load a JPEG, also one whose end marker is missing, if no pixel is.

    The decoder reads missing pixels from the filling: when two different fillings give equal pixels, none is missing.
    """
    try:
        image.load()
    except OSError:
        whole = data.rstrip(b"\xff")  # half a marker
        filled = [Image.open(io.BytesIO(whole + filling + _END_OF_JPEG), formats=("JPEG",)) for filling in _FILLINGS]
        if filled[0].tobytes() != filled[1].tobytes():
            raise
        return filled[0]
    return image


def _first_frame(image: Image.Image) -> Image.Image:
    """The first frame of an animation on its canvas; the area around it is transparent, as in browsers."""
    box = tuple(image.tile[0][1]) if image.tile else (0, 0, *image.size)  # type: ignore[attr-defined]
    image.load()
    if box == (0, 0, *image.size):
        return image
    canvas = Image.new("RGBA", image.size)
    canvas.paste(image.convert("RGBA").crop(box), box)
    return canvas


def _sixteen_bits(image: Image.Image, profile: bytes | None) -> Raster:
    values = np.asarray(image).astype(np.int64).clip(0, 65535).astype(np.uint16)
    clear = image.info.get("transparency")
    alpha = np.where(values == clear, 0, 65535).astype(np.uint16) if isinstance(clear, int) else None
    return Raster(values, "grey", alpha, profile=profile)


def _described(info: dict[Any, Any], space: Space) -> bytes | None:
    """A profile from the gamma and chromaticities that Pillow found in a PNG file."""
    if "srgb" in info or not ("gamma" in info or "chromaticity" in info):
        return None
    corners = info.get("chromaticity")
    return from_gamma(
        round(100_000 * info.get("gamma", 0)),
        tuple(round(100_000 * value) for value in corners) if corners else None,
        grey=space == "grey",
    )
