"""Decode any picture, from wherever it comes, into plain 8-bit sRGB: upright, transparency over white.

The only decoder of the app, the Python interface, the HTTP API and training. Each format has a reader, which gives the
pixels and their colour space; :func:`imggen.imaging.colour_management.to_srgb` converts them.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image, ImageFile, UnidentifiedImageError

from imggen.errors import ImageError
from imggen.imaging import heif, png, tiff
from imggen.imaging.colour_management import to_srgb
from imggen.imaging.limits import MAX_PIXELS, check_size
from imggen.imaging.pillow_formats import open_with_pillow, raster_of
from imggen.imaging.png_writer import SIGNATURE
from imggen.imaging.raster import Opened, orientation_in
from imggen.imaging.recipe import RECIPE_KEY, carried, parse_recipe, read_recipe

# Pillow warns of every picture of 90 megapixels and more. Results may be as large as that, and the size of every other
# picture is checked here before it is decoded.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

Source = str | Path | bytes | BinaryIO | Image.Image

#: First bytes of picture formats that are not supported, and the names of these formats.
_OTHERS = {
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"II\xbc\x01": "JPEG XR",
    b"8BPS": "Photoshop",
    b"gimp xcf": "GIMP",
    b"%PDF": "PDF",
    b"%!PS": "PostScript",
    b"v/1\x01": "OpenEXR",
    b"#?RADIANCE": "Radiance HDR",
    b"FUJIFILMCCD-RAW": "Raw camera",
    b"IIU\0": "Raw camera",
}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_DAMAGED = "This picture is damaged or incomplete and cannot be decoded. Export it again and retry."
#: How to turn a picture upright, by its EXIF orientation.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def open_image(source: Source, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode a picture into plain 8-bit sRGB, upright, transparency over white; of several, the first.

    Args:
        source: a path, the bytes of a file, an open binary file, or a PIL image. A PIL image that comes straight from
            ``Image.open`` is read again from its file, because Pillow gives some pictures with less than they hold.
        max_pixels: largest width x height accepted; checked on the header, before decoding.

    Returns:
        An RGB image whose ``info`` holds only the recipe of an imggen result (key ``"imggen"``), when it had one.

    Raises:
        ImageError: when the file is empty, damaged, too large or no picture.
    """
    opened = _open(source, max_pixels)
    check_size(opened.size, max_pixels)
    try:
        image = to_srgb(opened.decode())
    except ImageError:
        raise
    except Exception as error:  # decoders raise anything from OSError to struct.error on damaged files
        raise ImageError(_DAMAGED) from error
    turn = _TURNS.get(opened.orientation)
    image = image if turn is None else image.transpose(turn)
    image.info = {RECIPE_KEY: opened.recipe}
    recipe = read_recipe(image)  # None when it is damaged: the picture can still be used
    image.info = {RECIPE_KEY: recipe} if recipe else {}
    return image


def picture_size(source: Source) -> tuple[int, int]:
    """Width and height, upright, from the header alone. Raises as :func:`open_image`; no size is too large."""
    opened = _open(source, MAX_PIXELS)
    width, height = opened.size
    return (height, width) if opened.orientation in (5, 6, 7, 8) else (width, height)


def recipe_of(source: Source) -> dict[str, Any] | None:
    """The recipe of an imggen result of any size; its pixels are not decoded. None when the picture carries none.

    Raises:
        ImageError: when this is no picture, or its recipe is damaged.
    """
    return parse_recipe(_open(source, MAX_PIXELS).recipe)


def _open(source: Source, max_pixels: int) -> Opened:
    if isinstance(source, Image.Image):
        data = _file_of(source)
        if data is None:
            exif = source.getexif()
            return Opened(source.size, lambda: raster_of(source), orientation_in(exif), carried(source))
    else:
        data = _read(source)
    if not data:
        raise ImageError("This file is empty. Choose another picture.")
    try:
        if data.startswith(SIGNATURE):
            return png.open_png(data, RECIPE_KEY)
        if data.startswith(tiff.SIGNATURES):
            return tiff.open_tiff(data, max_pixels)
        if _is_heif(data):
            return heif.open_heif(data)
        return open_with_pillow(data)
    except ImageError:
        raise
    except Image.DecompressionBombError as error:
        raise ImageError("This picture has far too many pixels to open. Make it smaller and try again.") from error
    except UnidentifiedImageError as error:
        raise ImageError(_what_it_is(data)) from error
    except Exception as error:
        raise ImageError("This picture is damaged: its header cannot be read. Export it again and retry.") from error


def _file_of(image: Image.Image) -> bytes | None:
    """The bytes of the file behind a PIL image whose pixels are not decoded yet; None when there is none."""
    file = getattr(image, "fp", None)
    if not isinstance(image, ImageFile.ImageFile) or file is None or image.tell() != 0:
        return None
    if not image.tile and image.format != "HEIF":  # pillow-heif leaves the list of tiles empty
        return None
    try:
        place = file.tell()
        file.seek(0)
        data = file.read()
        file.seek(place)
    except (OSError, ValueError):
        return None
    return data


def _read(source: str | Path | bytes | BinaryIO) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, str | Path):
        try:
            return Path(source).read_bytes()
        except (OSError, ValueError) as error:
            raise ImageError(f"There is no picture {Path(source).name!r} that can be read from disk.") from error
    data = source.read() if hasattr(source, "read") else None
    if not isinstance(data, bytes):
        raise ImageError(
            f"This is no picture but a {type(source).__name__}. Give a path, the bytes of a file, a file opened in "
            "binary mode, or a PIL image."
        )
    return data


def _is_heif(data: bytes) -> bool:
    if data[4:8] != b"ftyp":
        return False
    end = int.from_bytes(data[:4])
    brands = {data[8:12], *(data[place : place + 4] for place in range(16, min(end, 256), 4))}
    return bool(brands & _HEIF_BRANDS) and not brands & _AVIF_BRANDS


def _what_it_is(data: bytes) -> str:
    """A sentence about a file in a format that is not supported."""
    if b"<svg" in data[:4096].lower():
        return "SVG drawings are not supported. Export it as PNG and try again."
    for beginning, name in _OTHERS.items():
        if data.startswith(beginning):
            return f"{name} files are not supported. Export it as JPEG or PNG and try again."
    return "This file is not a picture this app can read. Use JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF."
