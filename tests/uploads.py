"""Unusual files that must work, and unusable ones with the words the answer must contain."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

from tests.conftest import picture


def _bomb(side: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


def _truncated_jpeg() -> bytes:
    buffer = io.BytesIO()
    picture(300, 200).save(buffer, "JPEG")
    return buffer.getvalue()[:3000]


UNUSABLE = {
    "empty.png": (b"", "This file is empty"),
    "text.jpg": (b"These are not pixels.", "not a picture this app can read"),
    "drawing.svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG drawings are not supported"),
    "cut.jpg": (_truncated_jpeg(), "damaged or incomplete"),
    "bomb.png": (_bomb(12000), "144.0 megapixels"),
    "huge.png": (_bomb(40000), "1600.0 megapixels"),
}


def _encode(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def _rotation() -> Image.Exif:
    exif = Image.Exif()
    exif[274] = 6
    return exif


_UPRIGHT = picture(32, 24)
#: Each decodes to 32 x 24 pixels.
DECODABLE = {
    "animated.gif": _encode(_UPRIGHT, "GIF", save_all=True, append_images=[picture(32, 24, 1)]),
    "grey16.png": _encode(Image.fromarray(np.full((24, 32), 32896, np.uint16)), "PNG"),
    "cmyk.jpg": _encode(_UPRIGHT.convert("CMYK"), "JPEG"),
    "alpha.png": _encode(_UPRIGHT.convert("RGBA"), "PNG"),
    "palette.png": _encode(_UPRIGHT.convert("P"), "PNG"),
    "rotated.jpg": _encode(_UPRIGHT.rotate(90, expand=True), "JPEG", exif=_rotation()),
    "photo.heic": _encode(_UPRIGHT, "HEIF"),
}
