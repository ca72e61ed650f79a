"""Decode any upload safely into plain 8-bit sRGB."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from imggen.errors import ImageError
from imggen.imaging.recipe import RECIPE_KEY, read_recipe

pillow_heif.register_heif_opener()

#: Formats decoded. Everything else is refused, above all those that start other programs (EPS, WMF).
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")
#: Default limit on the pixels of one picture; the header is checked before anything is decoded.
MAX_PIXELS = 4 * 1024 * 1024

Source = str | Path | bytes | BinaryIO | Image.Image


def open_image(source: Source, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode a picture into plain 8-bit sRGB, upright, first frame, transparency over white.

    Args:
        source: a path, the bytes of a file, an open binary file, or a PIL image.
        max_pixels: largest width x height accepted; checked on the header, before decoding.

    Returns:
        An RGB image whose ``info`` holds only the recipe of an imggen PNG (key ``"imggen"``), when it had one.

    Raises:
        ImageError: with a sentence for the user, when the file is empty, damaged, too large or no picture.
    """
    image = source if isinstance(source, Image.Image) else _open_header(source)
    width, height = image.size
    if width * height > max_pixels:
        raise ImageError(
            f"This picture has {width} x {height} pixels ({width * height / 1e6:.1f} megapixels); "
            f"the limit is {max_pixels / 1e6:.1f} megapixels. Make it smaller and try again."
        )
    recipe = read_recipe(image)
    try:
        image.seek(0)
        image.load()
        image = ImageOps.exif_transpose(image)
        rgb = _to_srgb(image)
    except ImageError:
        raise
    except Exception as error:  # decoders raise anything from OSError to struct.error on damaged files
        raise ImageError(
            "This picture is damaged or incomplete and cannot be decoded. Export it again and retry."
        ) from error
    rgb.info = {RECIPE_KEY: recipe} if recipe else {}
    return rgb


def _open_header(source: str | Path | bytes | BinaryIO) -> Image.Image:
    data = _read(source)
    if not data:
        raise ImageError("This file is empty. Choose another picture.")
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise ImageError("This picture has far too many pixels to open. Make it smaller and try again.") from error
    except UnidentifiedImageError as error:
        if b"<svg" in data[:4096].lower():
            raise ImageError("SVG drawings are not supported. Export it as PNG and try again.") from error
        raise ImageError(
            "This file is not a picture this app can read. Use JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF."
        ) from error
    except Exception as error:
        raise ImageError("This picture is damaged: its header cannot be read. Export it again and retry.") from error


def _read(source: str | Path | bytes | BinaryIO) -> bytes:
    if isinstance(source, bytes):
        return source
    if not isinstance(source, str | Path):
        return source.read()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise ImageError(f"The picture {Path(source).name!r} cannot be read from disk.") from error


def _to_srgb(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise ImageError("Floating-point TIFF pictures are not supported. Export it with 8 or 16 bits and try again.")
    if image.mode.startswith("I"):
        grey = np.clip(np.asarray(image).astype(np.int64), 0, 65535)
        return Image.fromarray(((grey + 128) // 257).astype(np.uint8)).convert("RGB")
    if "A" in image.getbands() or image.mode == "RGBa" or "transparency" in image.info:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK"):
        try:
            source_profile = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image, source_profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken colour profile must not cost the user the picture
    return image.convert("RGB")


def recipe_of(source: str | Path | bytes | BinaryIO) -> dict[str, Any] | None:
    """The recipe of an imggen PNG of any size; its pixels are not decoded. Raises :class:`ImageError`."""
    return read_recipe(_open_header(source))
