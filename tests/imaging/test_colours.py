"""What a file says about its colours counts, in every format and mode."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from imggen.errors import ImageError
from imggen.imaging.decode import open_image
from tests.imaging.quadrants import (
    COLOURS,
    FROM_LINEAR,
    FROM_P3,
    GREYS,
    chunk,
    encode,
    farthest,
    icc_chunk,
    photo,
    quarters,
    with_chunks,
)

LINEAR = imagecodecs.cms_profile("gray", gamma=1.0)
GREY = Image.fromarray(quarters(GREYS))
PNG = encode(photo(), "PNG")
PNG_16 = imagecodecs.png_encode(quarters(COLOURS).astype(np.uint16) * 257)
GREY_16 = imagecodecs.png_encode(quarters(GREYS).astype(np.uint16) * 257)
#: Fine enough that quarters of plain colour come back within a few levels.
FINE = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 95, "subsampling": "4:4:4"},
    "HEIF": {"quality": 95, "chroma": "444"},
    "PNG": {},
    "TIFF": {},
}


@pytest.mark.parametrize("format", FINE)
def test_a_profile_counts_in_every_format(format: str, p3: bytes) -> None:
    assert farthest(encode(photo(), format, **FINE[format]), COLOURS) <= 3
    assert farthest(encode(photo(), format, icc_profile=p3, **FINE[format]), FROM_P3) <= 4


@pytest.mark.parametrize("format", FINE)
def test_a_profile_that_does_not_fit_costs_nothing(format: str) -> None:
    for profile in (b"no profile", LINEAR, b"\0" * 16 + b"CMYK" + b"\0" * 200):
        assert farthest(encode(photo(), format, icc_profile=profile, **FINE[format]), COLOURS) <= 3


def test_a_profile_counts_in_every_mode(p3: bytes) -> None:
    opaque, few = photo().convert("RGBA"), photo().quantize(4)
    for data in (
        encode(opaque, "PNG", icc_profile=p3),
        encode(opaque, "WEBP", icc_profile=p3, lossless=True),
        encode(few, "PNG", icc_profile=p3),
        encode(few, "PNG", icc_profile=p3, transparency=200),
        with_chunks(PNG_16, icc_chunk(p3)),
    ):
        assert farthest(data, FROM_P3) <= 2
    for data in (
        encode(GREY, "PNG", icc_profile=LINEAR),
        encode(GREY.convert("LA"), "PNG", icc_profile=LINEAR),
        with_chunks(GREY_16, icc_chunk(LINEAR)),
        encode(GREY, "JPEG", icc_profile=LINEAR, quality=95),
    ):
        assert farthest(data, FROM_LINEAR) <= 2


@pytest.mark.parametrize("png", [PNG, PNG_16], ids=["8 bits", "16 bits"])
def test_what_a_png_says_in_numbers(png: bytes, p3: bytes) -> None:
    p3_numbers = chunk(b"cICP", bytes([12, 13, 0, 1]))
    srgb_numbers = chunk(b"cICP", bytes([1, 13, 0, 1]))
    p3_corners = chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))
    linear, usual = (chunk(b"gAMA", struct.pack(">I", gamma)) for gamma in (100_000, 45_455))
    assert farthest(with_chunks(png, p3_numbers), FROM_P3) <= 2
    assert farthest(with_chunks(png, srgb_numbers, icc_chunk(p3)), COLOURS) == 0
    assert farthest(with_chunks(png, p3_corners), FROM_P3) <= 2
    assert farthest(with_chunks(png, usual), COLOURS) == 0
    assert farthest(with_chunks(png, linear, chunk(b"sRGB", b"\0")), COLOURS) == 0
    assert farthest(with_chunks(png, linear, icc_chunk(p3)), FROM_P3) <= 2
    assert farthest(with_chunks(png, chunk(b"cHRM", bytes(32)), chunk(b"gAMA", bytes(4))), COLOURS) == 0
    assert farthest(with_chunks(png, chunk(b"sBIT", bytes([5, 6, 5]))), COLOURS) == 0


def test_linear_grey_in_16_bits_keeps_its_shadows() -> None:
    values = np.linspace(0, 1, 256)
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    png = imagecodecs.png_encode((65535 * linear).round().astype(np.uint16)[None].repeat(8, 0))
    decoded = np.asarray(open_image(with_chunks(png, chunk(b"gAMA", struct.pack(">I", 100_000)))))[0, :, 0]
    assert np.abs(decoded.astype(int) - np.arange(256)).max() <= 1


def test_a_high_dynamic_range_keeps_what_is_no_brighter_than_white() -> None:
    signals = [0.1499, 0.3018, 0.5081, 0.9]  # 1, 10, 100 and about 3900 cd/m^2 in SMPTE ST 2084; white lies at 203
    pq = imagecodecs.png_encode(quarters(np.array(signals) * 65535, "u2"))
    assert farthest(with_chunks(pq, chunk(b"cICP", bytes([1, 16, 0, 1]))), (15, 63, 187, 255)) <= 1


@pytest.mark.parametrize("numbers", [(12, 13), (1, 13), (1, 1), (2, 2)])
def test_what_heic_and_avif_say_in_numbers(numbers: tuple[int, int]) -> None:
    expected = FROM_P3 if numbers == (12, 13) else COLOURS
    primaries, transfer = numbers
    buffer = io.BytesIO()
    heif = pillow_heif.from_pillow(photo())
    heif.info["nclx_profile"] = None
    heif.save(
        buffer,
        quality=95,
        chroma=444,
        color_primaries=primaries,
        transfer_characteristics=transfer,
        matrix_coefficients=6,
        full_range_flag=1,
    )
    assert farthest(buffer.getvalue(), expected) <= 6
    ten_bits = (quarters(COLOURS).astype(np.uint32) * 1023 // 255).astype(np.uint16)
    avif = imagecodecs.avif_encode(ten_bits, level=95, bitspersample=10, primaries=primaries, transfer=transfer)
    assert farthest(avif, expected) <= 6


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_levels_of_grey_and_one_of_them_clear(bits: int) -> None:
    most = (1 << bits) - 1
    levels = [min(level, most) for level in range(4)]
    rows = np.unpackbits(quarters(levels)[..., None], axis=2)[..., 8 - bits :].reshape(48, -1)
    packed = b"".join(b"\0" + np.packbits(row).tobytes() for row in rows)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 48, bits, 0, 0, 0, 0))
    png = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(packed))
    greys = [level * 255 // most for level in levels]
    assert farthest(png, greys) == 0
    assert farthest(with_chunks(png, chunk(b"tRNS", b"\0\0")), [255, *greys[1:]]) == 0


def test_one_clear_colour_in_16_bits() -> None:
    clear = chunk(b"tRNS", struct.pack(">3H", *(257 * level for level in COLOURS[0])))
    assert farthest(with_chunks(PNG_16, clear), [(255, 255, 255), *COLOURS[1:]]) == 0
    assert farthest(with_chunks(GREY_16, chunk(b"tRNS", struct.pack(">H", 60 * 257))), [255, *GREYS[1:]]) == 0


def test_pil_images_of_every_mode() -> None:
    colours, grey = photo(), GREY
    lab = ImageCms.profileToProfile(
        colours, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    for image in (*(colours.convert(mode) for mode in ("RGBA", "RGBX", "CMYK", "YCbCr", "HSV")), lab):
        assert farthest(image, COLOURS) <= 3, image.mode
    assert farthest(colours.convert("RGBA").convert("RGBa"), COLOURS) <= 1
    for image in (grey, grey.convert("LA"), grey.convert("LA").convert("La")):
        assert farthest(image, GREYS) <= 1, image.mode
    wide = quarters(GREYS).astype(np.int32) * 257
    assert farthest(Image.fromarray(wide), GREYS) == 0
    assert farthest(Image.fromarray(wide.astype(np.uint16)), GREYS) == 0
    with pytest.raises(ImageError, match="floating-point"):
        open_image(Image.new("F", (4, 4)))


def test_a_pil_image_is_read_from_its_file_as_long_as_nothing_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    path.write_bytes(with_chunks(PNG_16, chunk(b"cICP", bytes([12, 8, 0, 1]))))
    assert open_image(Image.open(path)).tobytes() == open_image(path).tobytes()
    assert farthest(path, COLOURS) > 50


def test_a_pil_image_that_was_changed_counts_as_it_is() -> None:
    image = Image.open(io.BytesIO(PNG))
    image.paste("black", (0, 0, 64, 48))
    assert farthest(image, 4 * [0]) == 0
