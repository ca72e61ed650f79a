"""Read PNG files: pixels at their full bit depth, and their colour profile.

Only the chunks that hold the pixels are passed to the decoder: a long or damaged text chunk does no harm. W3C (2025),
"Portable Network Graphics Specification, Third Edition".
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import imagecodecs

from imggen.errors import ImageError
from imggen.imaging.colour_management import fits
from imggen.imaging.colour_profiles import from_code_points, from_gamma
from imggen.imaging.png_writer import SIGNATURE, as_chunk
from imggen.imaging.raster import Opened, Raster, Space, orientation_in

#: The chunks that hold the pixels.
_PIXELS = (b"PLTE", b"tRNS", b"IDAT")
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
#: Largest colour profile in bytes when unpacked; those of printers have up to 4 MB.
_MAX_PROFILE = 8 * 1024**2
#: Largest text in bytes when unpacked: more than the longest recipe, so that a longer one gets its own error.
_MAX_TEXT = 1024**2


def open_png(data: bytes, keyword: str) -> Opened:
    """Read everything but the pixels of a PNG file.

    Args:
        data: the file; the end marker may be missing.
        keyword: of the text that holds the recipe.

    Raises:
        ImageError: when it has no header.
    """
    chunks = _read_chunks(data)
    kind, header = next(chunks, (b"", b""))
    if kind != b"IHDR" or len(header) != 13:
        raise ImageError("This picture is damaged: its header cannot be read. Export it again and retry.")
    kept = [SIGNATURE, as_chunk(kind, header)]
    text: str | None = None
    others: dict[bytes, bytes] = {}
    for kind, content in chunks:
        if kind in _PIXELS:
            kept.append(as_chunk(kind, content))
        elif kind in _TEXTS:
            if text is None and content.startswith(keyword.encode() + b"\0"):
                text = _read_text(kind, content)
        else:
            others.setdefault(kind, content)
    kept.append(as_chunk(b"IEND", b""))
    orientation = orientation_in(others.get(b"eXIf", b""))
    size = struct.unpack(">II", header[:8])
    return Opened(size, lambda: _decode(b"".join(kept), others), orientation, text)


def _decode(pixels_only: bytes, others: dict[bytes, bytes]) -> Raster:
    """Decode the pixels; of an animation, the still picture."""
    pixels = imagecodecs.png_decode(pixels_only)
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    space: Space = "grey" if channels <= 2 else "rgb"
    alpha = None
    if channels in (2, 4):
        pixels, alpha = pixels[..., :-1], pixels[..., -1]
    if space == "grey":
        pixels = pixels.reshape(pixels.shape[:2])
    return Raster(pixels, space, alpha, profile=_profile(others, space))


def _profile(chunks: dict[bytes, bytes], space: Space) -> bytes | None:
    """The colour profile of highest priority among the chunks: section 4.3."""
    grey = space == "grey"
    if len(chunks.get(b"cICP", b"")) == 4:
        primaries, transfer, _, _ = chunks[b"cICP"]
        return from_code_points(primaries, transfer, grey)
    name, _, packed = chunks.get(b"iCCP", b"").partition(b"\0")
    if name and fits(profile := _unpack(packed[1:], _MAX_PROFILE), space):
        return profile
    if b"sRGB" in chunks:
        return None
    gamma = struct.unpack(">I", chunks[b"gAMA"])[0] if len(chunks.get(b"gAMA", b"")) == 4 else None
    corners = struct.unpack(">8I", chunks[b"cHRM"]) if len(chunks.get(b"cHRM", b"")) == 32 else None
    return from_gamma(gamma, corners, grey)


def _read_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each chunk; the last may be cut off."""
    start = len(SIGNATURE)
    while start + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, start)
        if kind == b"IEND":
            return
        yield kind, data[start + 8 : start + 8 + length]
        start += 12 + length


def _read_text(kind: bytes, content: bytes) -> str | None:
    """The text of a tEXt, zTXt or iTXt chunk; None when it is damaged or long."""
    _, _, rest = content.partition(b"\0")
    packed: bytes | None = rest
    try:
        if kind == b"tEXt":
            return rest[:_MAX_TEXT].decode("latin-1")
        if kind == b"zTXt":
            packed = _unpack(rest[1:], _MAX_TEXT)
            return None if packed is None else packed.decode("latin-1")
        flag, _, after = rest[:1], rest[1:2], rest[2:]
        text = after.split(b"\0", 2)[2]
        packed = _unpack(text, _MAX_TEXT) if flag == b"\1" else text[:_MAX_TEXT]
        return None if packed is None else packed.decode("utf-8")
    except (IndexError, UnicodeDecodeError):
        return None


def _unpack(packed: bytes, most: int) -> bytes | None:
    """Unpack at most so many bytes; None when there are more, or they are damaged."""
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(packed, most)
    except zlib.error:
        return None
    return unpacked if unpacker.eof else None
