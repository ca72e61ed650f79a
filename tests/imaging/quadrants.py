"""Pictures of four plain quarters, made anew in any file format, and how a decoded one is compared with them."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from imggen.imaging.decode import Source, open_image

SIZE = WIDTH, HEIGHT = 64, 48
#: sRGB colours and greys of the quarters: top left, top right, bottom left, bottom right.
COLOURS = ((200, 60, 40), (40, 160, 70), (60, 80, 200), (128, 128, 128))
GREYS = (60, 120, 180, 230)
#: What those colours look like when their numbers are meant in Display P3: clipped to sRGB.
FROM_P3 = ((217, 42, 23), (0, 163, 56), (54, 81, 207), (128, 128, 128))
#: What those greys look like when their numbers are linear light.
FROM_LINEAR = (133, 182, 219, 244)


def quarters(values: ArrayLike, dtype: str = "u1") -> NDArray:
    """An array (48, 64, ...) of four values or colours."""
    values = np.asarray(values, dtype)
    rows = np.repeat([[0, 1], [2, 3]], HEIGHT // 2, 0)
    return values[np.repeat(rows, WIDTH // 2, 1)]


def photo() -> Image.Image:
    """The colours as an RGB image."""
    return Image.fromarray(quarters(COLOURS))


def encode(image: Image.Image, format: str, **options: object) -> bytes:
    """The bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def with_chunks(png: bytes, *chunks: bytes) -> bytes:
    """A PNG file with further chunks after its header."""
    return png[:33] + b"".join(chunks) + png[33:]


def icc_chunk(profile: bytes) -> bytes:
    """The chunk of a PNG file that holds a colour profile."""
    return chunk(b"iCCP", b"profile\0\0" + zlib.compress(profile))


def farthest(source: Source, expected: ArrayLike) -> int:
    """The largest difference, in levels of 255, of the decoded quarters from the colours or greys expected."""
    image = open_image(source)
    assert image.mode == "RGB"
    assert image.size == SIZE
    wanted = np.asarray(expected, int).reshape(4, -1)
    places = [(16, 12), (48, 12), (16, 36), (48, 36)]
    return int(np.abs(np.array([image.getpixel(place) for place in places]) - wanted).max())
