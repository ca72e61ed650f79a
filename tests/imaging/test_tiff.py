"""TIFF files of every kind give the colours that their tags mean, or one sentence."""

from __future__ import annotations

import io
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from imggen.errors import ImageError
from imggen.imaging.decode import open_image
from tests.imaging.quadrants import COLOURS, FROM_P3, GREYS, encode, farthest, photo, quarters

DEPTHS = ("u1", "u2", "u4")
#: Over white, at half opacity.
PALE = (np.array(COLOURS) + 255) / 2


def tiff(values: np.ndarray, photometric: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, photometric=photometric, metadata=None, **options)
    return buffer.getvalue()


def spread(values: np.ndarray, dtype: str) -> np.ndarray:
    """Levels of 255 over the full range of another type; 0 to 1 for floating point."""
    full = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    return (values / 255 * full + (0.5 if full > 1 else 0)).astype(dtype)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", [*DEPTHS, "f2", "f4", "f8"])
def test_grey_of_every_depth(dtype: str, order: str) -> None:
    grey = quarters(GREYS)
    assert farthest(tiff(spread(grey, dtype), "minisblack", byteorder=order), GREYS) <= 1
    assert farthest(tiff(spread(255 - grey, dtype), "miniswhite", byteorder=order), GREYS) <= 1


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("dtype", [*DEPTHS, "f4"])
def test_colours_of_every_depth_in_one_plane_or_three(dtype: str, planar: bool) -> None:
    values = spread(quarters(COLOURS), dtype)
    values = np.moveaxis(values, -1, 0) if planar else values
    assert farthest(tiff(values, "rgb", planarconfig="separate" if planar else "contig"), COLOURS) <= 1


@pytest.mark.parametrize("tile", [None, (16, 32)])
@pytest.mark.parametrize("compression", ["lzw", "deflate", "packbits", "zstd", "jpeg"])
def test_compressions_in_strips_and_tiles(compression: str, tile: tuple[int, int] | None) -> None:
    data = tiff(quarters(COLOURS), "rgb", compression=compression, tile=tile, bigtiff=tile is not None)
    assert farthest(data, COLOURS) <= 3


@pytest.mark.parametrize("dtype", DEPTHS)
def test_predictors_are_undone(dtype: str) -> None:
    data = tiff(spread(quarters(COLOURS), dtype), "rgb", compression="lzw", predictor=2, byteorder=">")
    assert farthest(data, COLOURS) <= 1


@pytest.mark.parametrize("dtype", DEPTHS)
def test_opacity_apart_and_multiplied(dtype: str) -> None:
    colours, half = spread(quarters(COLOURS), dtype), spread(quarters([127.5] * 4, "f8"), dtype)
    straight, multiplied = np.dstack([colours, half]), np.dstack([colours // 2, half])
    assert farthest(tiff(straight, "rgb", extrasamples=["unassalpha"]), PALE) <= 2
    assert farthest(tiff(multiplied, "rgb", extrasamples=["assocalpha"]), PALE) <= 2
    assert farthest(tiff(straight, "rgb", extrasamples=["unspecified"]), COLOURS) <= 1


@pytest.mark.parametrize("dtype", DEPTHS)
def test_cmyk(dtype: str) -> None:
    inks = np.dstack([255 - quarters(COLOURS), np.zeros((48, 64))])
    assert farthest(tiff(spread(inks, dtype), "separated"), COLOURS) <= 1


@pytest.mark.parametrize("compression", [None, "raw", "tiff_lzw", "group3", "group4"])
def test_black_and_white(compression: str | None) -> None:
    levels = (0, 255, 255, 0)
    assert (
        farthest(encode(Image.fromarray(quarters(levels)).convert("1"), "TIFF", compression=compression), levels) == 0
    )


def test_palettes_of_16_and_of_8_bits() -> None:
    table = np.zeros((3, 256), np.uint16)
    table[:, :4] = np.array(COLOURS).T
    indices = quarters(range(4))
    assert farthest(tiff(indices, "palette", colormap=table * 257), COLOURS) == 0
    assert farthest(tiff(indices, "palette", colormap=table), COLOURS) == 0


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "jpeg"])
def test_luma_and_colour_differences(compression: str | None) -> None:
    quality = {"quality": 95} if compression == "jpeg" else {}
    data = encode(photo().convert("YCbCr"), "TIFF", compression=compression, **quality)
    assert farthest(data, COLOURS) <= 3


@pytest.mark.parametrize("wide", [False, True])
def test_lab(wide: bool) -> None:
    lab = imagecodecs.cms_transform(
        quarters(COLOURS).astype(np.uint16) * 257,
        imagecodecs.cms_profile("srgb"),
        imagecodecs.cms_profile("lab4"),
        colorspace="rgb",
        outcolorspace="lab",
        outdtype="u2",
    ).astype(int)
    lab[..., 1:] = np.round((lab[..., 1:] / 257 - 128) * (256 if wide else 1))
    lab[..., 0] = lab[..., 0] if wide else np.round(lab[..., 0] / 257)
    values = (lab % 65536).astype(np.uint16) if wide else (lab % 256).astype(np.uint8)
    assert farthest(tiff(values, "cielab"), COLOURS) <= (1 if wide else 4)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_profiles_count_with_opacity_and_in_planes(dtype: str, p3: bytes) -> None:
    colours = spread(quarters(COLOURS), dtype)
    opaque = np.full((48, 64), np.iinfo(dtype).max, dtype)
    assert farthest(tiff(colours, "rgb", iccprofile=p3), FROM_P3) <= 2
    straight = tiff(np.dstack([colours, opaque]), "rgb", extrasamples=["unassalpha"], iccprofile=p3)
    assert farthest(straight, FROM_P3) <= 2
    planar = tiff(np.moveaxis(colours, -1, 0), "rgb", planarconfig="separate", iccprofile=p3)
    assert farthest(planar, FROM_P3) <= 2


@pytest.mark.parametrize("orientation", [0, 1, 6, 9])
@pytest.mark.parametrize("differences", [False, True])
def test_orientation(orientation: int, differences: bool) -> None:
    stored = photo().rotate(90, expand=True) if orientation == 6 else photo()
    values = np.asarray(stored.convert("YCbCr") if differences else stored)
    options = {"photometric": "ycbcr" if differences else "rgb", "extratags": [(274, "H", 1, orientation, True)]}
    assert farthest(tiff(values, **options), COLOURS) <= 3


def test_the_first_page_that_is_no_thumbnail_counts() -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        file.write(np.zeros((6, 8, 3), np.uint8), photometric="rgb", subfiletype=1, metadata=None)
        file.write(quarters(COLOURS), photometric="rgb", metadata=None)
        file.write(np.zeros((48, 64, 3), np.uint8), photometric="rgb", metadata=None)
    assert farthest(buffer.getvalue(), COLOURS) == 0


def _bomb() -> bytes:
    """64 x 48 pixels in a strip that unpacks to 16 million."""
    buffer = io.BytesIO(tiff(np.zeros((4096, 4096), np.uint8), "minisblack", compression="deflate", rowsperstrip=4096))
    with tifffile.TiffFile(buffer, mode="r+b") as file:
        for tag, value in (("ImageWidth", 64), ("ImageLength", 48), ("RowsPerStrip", 48)):
            file.pages[0].tags[tag].overwrite(value)
        file.filehandle.flush()
        return buffer.getvalue()


def _large_strip() -> bytes:
    """A JPEG strip that says it is 65000 x 65000."""
    data = bytearray(tiff(quarters(GREYS), "minisblack", compression="jpeg"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 65000, 65000)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (tiff(quarters(GREYS, "f4"), "minisblack"), "from 60 to 230"),
        (tiff(np.full((48, 64), np.nan, np.float32), "minisblack"), "black is 0 and white 1"),
        (tiff(-quarters(GREYS, "i2"), "minisblack"), "numbers below 0"),
        (tiff(quarters(GREYS, "i4"), "minisblack"), "it would be black"),
        (tiff(np.zeros((48, 64, 5), np.uint8), "minisblack", planarconfig="contig"), "MINISBLACK, 5 x 8 bits"),
        (tiff(quarters(COLOURS), "rgb", compression="png"), "compression PNG"),
        (tiff(quarters(GREYS), "cfa", extratags=[(33421, "H", 2, (2, 2), True)]), "Raw files of cameras"),
        (tiff(quarters(COLOURS), "rgb")[:-2], "damaged or incomplete"),
        (tiff(quarters(COLOURS), "rgb")[:60], "damaged"),
        (b"II*\0" + bytes(range(256)) * 4, "damaged"),
        (_large_strip(), "do not fit together"),
        (_bomb(), "damaged or incomplete"),
    ],
)
def test_what_is_not_read_is_named(data: bytes, sentence: str) -> None:
    with pytest.raises(ImageError, match=sentence):
        open_image(data)
