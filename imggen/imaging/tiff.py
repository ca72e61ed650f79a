"""Read TIFF files of every common kind with tifffile: Adobe (1992), "TIFF Revision 6.0", and its supplements.

Pillow reads some of them wrongly without an error: planar 16-bit colour, 16-bit white-is-zero, 32-bit integers.
"""

from __future__ import annotations

import io
import itertools
import logging
import math
import struct
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from imggen.errors import ImageError
from imggen.imaging.raster import CHANNELS, Opened, Pixels, Raster, Space

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# Numbers of tags.
_ORIENTATION = 274
_SUB_IFDS = 330
_INK_SET = 332
_PROFILE = 34675
_DNG_VERSION = 50706
#: Compressions that are supported: none, CCITT, LZW, JPEG, deflate, PackBits, LZMA and Zstandard. Their decoders write
#: no more bytes than the tags announce.
_COMPRESSIONS = {1, 2, 3, 4, 5, 7, 8, 32773, 32946, 34925, 50000}
_JPEG = 7
# Values of the tag PhotometricInterpretation.
_WHITE_IS_ZERO = 0
_PALETTE = 3
_YCBCR = 6
_CIE_LAB = 8
_SPACES: dict[int, Space] = {0: "grey", 1: "grey", 2: "rgb", 3: "rgb", 5: "cmyk", 6: "rgb", 8: "lab", 9: "lab"}
_RAW = {32803, 34892}  # colour filter array, linear raw
# Values of the tag SampleFormat.
_UNSIGNED = 1
_SIGNED = 2
_FLOAT = 3
# Values of the tag ExtraSamples.
_PREMULTIPLIED = 1
_STRAIGHT = 2
#: Most bytes per pixel that are decoded: four channels of 32 bits.
_BYTES = 16
#: How far floating-point values may lie outside 0..1, because filters overshoot at edges.
_OVERSHOOT = 0.5
#: Pages that are searched for the first that is no thumbnail.
_PAGES = 8
_EXPORT = "Export it as PNG, or as TIFF with 8 or 16 bits, and try again."

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # errors go to the user, not to the log


def open_tiff(data: bytes, max_pixels: int) -> Opened:
    """Read everything but the pixels of the first full picture in a TIFF file.

    Args:
        data: the file.
        max_pixels: bounds the memory that the file may ask for.

    Raises:
        ImageError: when the file is damaged, or of a kind that is not read.
    """
    try:
        page = _main_page(tifffile.TiffFile(io.BytesIO(data)))
        size = int(page.imagewidth), int(page.imagelength)
        orientation = page.tags.valueof(_ORIENTATION, default=1)
    except ImageError:
        raise
    except Exception as error:  # tifffile raises anything from ValueError to struct.error on damaged files
        raise ImageError("This TIFF is damaged: its header cannot be read. Export it again and retry.") from error
    valid = isinstance(orientation, int) and 1 <= orientation <= 8
    return Opened(size, lambda: _decode(page, data, max_pixels), int(orientation) if valid else 1)


def _main_page(tiff: tifffile.TiffFile) -> Any:
    """The first page that is no thumbnail."""
    pages: list[Any] = list(itertools.islice(tiff.pages, _PAGES))
    full = [page for page in pages if not page.is_reduced]
    first = pages[0]
    if first.photometric in _RAW or _DNG_VERSION in first.tags or (not full and _SUB_IFDS in first.tags):
        raise ImageError("Raw files of cameras are not supported. Export it as JPEG or TIFF and try again.")
    return full[0] if full else first


def _decode(page: Any, data: bytes, max_pixels: int) -> Raster:
    kind, samples = int(page.photometric), int(page.samplesperpixel)
    space = _SPACES.get(kind)
    channels = 1 if kind == _PALETTE else CHANNELS[space] if space else 0
    extra = samples - channels
    readable = page.compression in _COMPRESSIONS and page.imagedepth == 1 and page.dtype is not None
    inks_are_cmyk = space != "cmyk" or page.tags.valueof(_INK_SET, default=1) == 1
    if space is None or not readable or not inks_are_cmyk or extra < 0 or (channels == 1 and extra > 1):
        raise ImageError(f"This kind of TIFF ({_name(page)}) is not supported. {_EXPORT}")
    if page.imagewidth * page.imagelength * samples * page.dtype.itemsize > max_pixels * _BYTES:
        raise ImageError(f"This TIFF needs too much memory: {_name(page)}. {_EXPORT}")
    _check_segments(page, data)
    profile = page.tags.valueof(_PROFILE)
    if kind == _YCBCR and page.compression != _JPEG:
        return Raster(_ycbcr(page, data), "rgb", profile=profile)
    values = page.asarray(maxworkers=1)
    if samples > 1 and page.planarconfig == 2:
        values = np.moveaxis(values, 0, -1)
    values = values.reshape(page.imagelength, page.imagewidth, samples)
    colours, opacity = values[..., :channels], None
    meaning = page.extrasamples[0] if page.extrasamples else _STRAIGHT
    if extra and meaning in (_PREMULTIPLIED, _STRAIGHT):
        opacity = _full_range(values[..., channels], page)
        if not page.extrasamples and not opacity.any():
            opacity = None  # the channel is not declared as opacity, and the picture would be invisible
    if kind == _PALETTE:
        pixels = _palette(page)[colours[..., 0]]
    elif space == "lab":
        pixels = _lab(colours, kind)
    else:
        pixels = _full_range(colours, page)
    if space == "grey":
        pixels = pixels[..., 0]
    if kind == _WHITE_IS_ZERO:
        pixels = np.iinfo(pixels.dtype).max - pixels
    return Raster(pixels, space, opacity, meaning == _PREMULTIPLIED, profile)


def _name(page: Any) -> str:
    """Describe a kind of TIFF in a few words, such as "RGB, 4 x 64 bits, compression LZW"."""
    words = [getattr(value, "name", f"number {value}") for value in (page.photometric, page.compression)]
    return f"{words[0]}, {page.samplesperpixel} x {page.bitspersample} bits, compression {words[1]}"


def _check_segments(page: Any, data: bytes) -> None:
    """Check that all strips or tiles lie inside the file, and announce no more pixels than the page has."""
    places = list(zip(page.dataoffsets, page.databytecounts, strict=True))
    there = all(start > 0 and length > 0 and start + length <= len(data) for start, length in places)
    if page.compression == 1:
        bits = page.imagewidth * page.imagelength * page.samplesperpixel * page.bitspersample
        there = there and 8 * sum(length for _, length in places) >= bits
    if not there or len(places) < math.prod(page.chunked):
        raise ImageError("This TIFF is damaged or incomplete and cannot be decoded. Export it again and retry.")
    if page.compression == _JPEG:
        height, width = page.chunks[:2]
        for start, length in places:
            found_height, found_width = _jpeg_size(data[start : start + length])
            if found_height > height or found_width > width:
                raise ImageError("This TIFF is damaged: its parts do not fit together. Export it again and retry.")


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Height and width that a JPEG's frame header (a marker from C0 to CF, but for C4, C8 and CC) announces."""
    place = 2
    while place + 9 <= len(data):
        marker, length = struct.unpack_from(">HH", data, place)
        if 0xFFC0 <= marker <= 0xFFCF and marker not in (0xFFC4, 0xFFC8, 0xFFCC):
            height, width = struct.unpack_from(">HH", data, place + 5)
            return height, width
        place += 2 + length
    raise ImageError("This TIFF is damaged or incomplete and cannot be decoded. Export it again and retry.")


def _full_range(values: NDArray[Any], page: Any) -> Pixels:
    """Scale values to the full range of 8 bits, or of 16 bits when they have more than 8."""
    bits, sort = page.bitspersample, page.sampleformat
    if sort == _FLOAT:
        low, high = values.min(), values.max()
        if not (low >= -_OVERSHOOT and high <= 1 + _OVERSHOOT):  # not a number fails too
            raise ImageError(f"This TIFF holds numbers from {low:g} to {high:g}; black is 0 and white 1. {_EXPORT}")
        result = np.empty(values.shape, np.uint16)
        for row, numbers in enumerate(values):  # row by row, to save memory
            result[row] = (numbers.astype(np.float32).clip(0, 1) * 65535).round()
        return result
    if values.dtype == bool:
        return values.astype(np.uint8) * np.uint8(255)
    if sort == _SIGNED:
        bits -= 1
        if values.min() < 0:
            raise ImageError(f"This TIFF holds numbers below 0, which are no brightness. {_EXPORT}")
    elif sort != _UNSIGNED:
        raise ImageError(f"This kind of TIFF (numbers of sort {sort}) is not supported. {_EXPORT}")
    if bits > 16:
        # So few levels in so many bits are meant to be stretched, but the file does not say how far.
        if 0 < values.max() < 2 ** (bits - 8):
            raise ImageError(
                f"This TIFF has {page.bitspersample} bits but uses only the lowest: it would be black. {_EXPORT}"
            )
        return (values >> (bits - 16)).astype(np.uint16)
    if bits in (8, 16):
        return values.astype(np.uint8, copy=False) if bits == 8 else values.astype(np.uint16, copy=False)
    most = 255 if bits < 8 else 65535
    spread = (values.astype(np.float32) * (most / (2**bits - 1))).round()
    return spread.astype(np.uint8) if bits < 8 else spread.astype(np.uint16)


def _palette(page: Any) -> Pixels:
    """The colours (n, 3) of the palette; some programs write 8-bit values where 16-bit values belong."""
    table = np.asarray(page.colormap).T
    return table.astype(np.uint8) if table.max() < 256 else table.astype(np.uint16)


def _lab(values: NDArray[Any], kind: int) -> Pixels:
    """L*, a*, b* as ICC encodes them: a* and b* of 0 lie in the middle of the range."""
    if values.dtype.itemsize > 2 or values.dtype.kind not in "ui":
        raise ImageError(f"This kind of TIFF (Lab of more than 16 bits) is not supported. {_EXPORT}")
    wide = values.dtype.itemsize == 2
    values = values.astype(np.uint16 if wide else np.uint8)
    if kind == _CIE_LAB:
        values[..., 1:] ^= 0x8000 if wide else 0x80  # from signed numbers
        if wide:  # ICC's 16 bits count 257 steps to a unit, these 256
            values[..., 1:] = (values[..., 1:].astype(np.uint32) * 257 // 256).clip(0, 65535)
    elif wide:
        values = (values.astype(np.uint32) * 257 // 256).clip(0, 65535).astype(np.uint16)
    return values


def _ycbcr(page: Any, data: bytes) -> Pixels:
    """Luma and colour differences, at full or reduced resolution, by libtiff, which mirrors as the orientation says."""
    pixels = imagecodecs.tiff_decode(data, index=page.index, asrgb=True)[..., :3]
    orientation = page.tags.valueof(_ORIENTATION, default=1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels[::-1] if orientation in (3, 4, 7, 8) else pixels
