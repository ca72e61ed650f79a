"""Pictures in and out: safe decoding of any upload, tensor conversion, and PNG files that carry their own recipe."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pillow_heif
import torch
from PIL import Image, ImageCms, ImageOps, PngImagePlugin, UnidentifiedImageError
from torch import Tensor

from imggen.errors import ImageError

pillow_heif.register_heif_opener()

#: Formats decoded. Everything else is refused, above all those that start other programs (EPS, WMF).
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")
#: Default limit on the pixels of one picture; the header is checked before anything is decoded.
MAX_PIXELS = 4 * 1024 * 1024
#: Name of the PNG text chunk that holds the recipe, and of the key in ``Image.info``.
RECIPE_KEY = "imggen"
_MAX_RECIPE_CHARS = 64 * 1024
_MAX_RECIPE_NODES = 200  # deeper ones than any chain of results, which JSON encoders refuse

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


def to_tensor(image: Image.Image) -> Tensor:
    """Convert an RGB image to a float32 tensor (1, 3, H, W) in 0..1, channels-last in memory."""
    array = np.asarray(image.convert("RGB"))
    pixels = torch.from_numpy(array.copy()).permute(2, 0, 1)[None]
    return pixels.to(torch.float32).div_(255).contiguous(memory_format=torch.channels_last)


def to_image(tensor: Tensor) -> Image.Image:
    """Convert a tensor (1, 3, H, W) or (3, H, W) in 0..1 (clamped, rounded) to an RGB image."""
    if tensor.ndim == 4:
        (tensor,) = tensor
    pixels = tensor.detach().float().clamp(0, 1).mul(255).round().to(torch.uint8)
    return Image.fromarray(pixels.permute(1, 2, 0).cpu().numpy())


def grid(images: list[Image.Image], columns: int, gap: int = 2) -> Image.Image:
    """Arrange equally sized images in rows of ``columns`` on white, ``gap`` pixels apart."""
    width, height = images[0].size
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * (width + gap) - gap, rows * (height + gap) - gap), "white")
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        sheet.paste(image, (column * (width + gap), row * (height + gap)))
    return sheet


def read_recipe(image: Image.Image) -> dict[str, Any] | None:
    """Return the recipe an imggen result carries, or None. Anything malformed or oversized counts as none."""
    recipe = image.info.get(RECIPE_KEY)
    if isinstance(recipe, str) and len(recipe) <= _MAX_RECIPE_CHARS:
        if recipe.count("[") + recipe.count("{") > _MAX_RECIPE_NODES:
            return None
        try:
            recipe = json.loads(recipe)
            json.dumps(recipe, ensure_ascii=False).encode()  # fails on lone surrogates, which no file could hold again
        except (ValueError, RecursionError):
            return None
    return recipe if isinstance(recipe, dict) and isinstance(recipe.get("task"), str) else None


def recipe_of(source: str | Path | bytes | BinaryIO) -> dict[str, Any] | None:
    """The recipe of an imggen PNG of any size; its pixels are not decoded. Raises :class:`ImageError`."""
    return read_recipe(_open_header(source))


def save_png(image: Image.Image, path: str | Path) -> Path:
    """Write an 8-bit PNG; the recipe in ``image.info["imggen"]`` becomes its one ``imggen`` text chunk."""
    chunks = PngImagePlugin.PngInfo()
    recipe = image.info.get(RECIPE_KEY)
    if recipe:
        chunks.add_itxt(RECIPE_KEY, json.dumps(recipe, sort_keys=True, ensure_ascii=False))
    # Level 1 costs about a tenth in size on photographs and is several times faster on 64-megapixel results.
    image.save(path, "PNG", pnginfo=chunks, compress_level=1)
    return Path(path)
