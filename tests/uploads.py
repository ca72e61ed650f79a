"""Files that people upload by accident or in malice, and the words the answer must contain."""

from __future__ import annotations

import io
import struct
import zlib

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
    "huge.png": (_bomb(40000), "far too many pixels"),
}
