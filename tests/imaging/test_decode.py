"""Decoding: each kind of upload gives the right picture or one plain sentence."""

from __future__ import annotations

import io
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from imggen.errors import ImageError
from imggen.imaging.decode import open_image, picture_size
from imggen.imaging.recipe import read_recipe, save_png
from imggen.imaging.tensors import to_image, to_tensor
from tests.conftest import picture
from tests.imaging.quadrants import COLOURS, chunk, encode, farthest, photo, quarters, with_chunks
from tests.uploads import UNUSABLE


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        *UNUSABLE.values(),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript files are not supported"),
    ],
    ids=[*UNUSABLE, "postscript.eps"],
)
def test_unusable_files_get_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(ImageError) as caught:
        open_image(data)
    message = str(caught.value)
    assert sentence in message
    assert message.endswith(".")
    assert "\n" not in message


def test_sixteen_bit_grey_keeps_its_tones(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(8, 0)
    decoded = np.asarray(open_image(encode(Image.fromarray(ramp), "PNG")))
    assert np.array_equal(decoded[0, :, 0], np.arange(256))


def test_transparency_is_laid_over_white() -> None:
    image = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    image.putpixel((1, 1), (0, 0, 255, 255))
    decoded = open_image(encode(image, "PNG"))
    assert decoded.getpixel((0, 0)) == (255, 255, 255)
    assert decoded.getpixel((1, 1)) == (0, 0, 255)


def test_transparent_palette_is_laid_over_white() -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30, 200, 100, 0])
    image.putpixel((2, 2), 1)
    decoded = open_image(encode(image, "PNG", transparency=0))
    assert decoded.getpixel((0, 0)) == (255, 255, 255)
    assert decoded.getpixel((2, 2)) == (200, 100, 0)


def test_exif_rotation_is_applied_once() -> None:
    image = picture(40, 20)
    exif = Image.Exif()
    exif[274] = 6
    decoded = open_image(encode(image, "JPEG", exif=exif, quality=95, subsampling=0))
    assert decoded.size == (20, 40)
    assert not decoded.getexif()
    expected = np.asarray(image.rotate(-90, expand=True)).astype(int)
    assert np.abs(np.asarray(decoded).astype(int) - expected).mean() < 6


def test_animation_gives_its_first_frame() -> None:
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    for format in ("GIF", "WEBP"):
        decoded = open_image(encode(first, format, save_all=True, append_images=[second]))
        red, green, blue = decoded.getpixel((4, 4))
        assert red > 240
        assert green < 12
        assert blue < 12


def test_cmyk_becomes_rgb() -> None:
    decoded = open_image(encode(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))
    assert decoded.mode == "RGB"
    red, green, blue = decoded.getpixel((4, 4))
    assert red > 200
    assert green < 60
    assert blue < 60


def test_heic_is_decoded() -> None:
    image = picture(64, 48)
    decoded = np.asarray(open_image(encode(image, "HEIF", quality=95, chroma="444"))).astype(int)
    assert np.abs(decoded - np.asarray(image).astype(int)).mean() < 8


def test_a_broken_colour_profile_costs_nothing() -> None:
    image = picture(16, 16)
    decoded = open_image(encode(image, "PNG", icc_profile=b"not a profile"))
    assert np.array_equal(np.asarray(decoded), np.asarray(image))


def test_srgb_profile_changes_nothing() -> None:
    image = picture(16, 16)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    decoded = np.asarray(open_image(encode(image, "PNG", icc_profile=profile))).astype(int)
    assert np.abs(decoded - np.asarray(image)).max() <= 1


def test_pixel_limit_is_inclusive() -> None:
    data = encode(picture(20, 10), "PNG")
    assert open_image(data, max_pixels=200).size == (20, 10)
    with pytest.raises(ImageError, match="megapixels"):
        open_image(data, max_pixels=199)


def test_tensor_round_trip_is_exact() -> None:
    image = picture(31, 17)
    tensor = to_tensor(image)
    assert tensor.shape == (1, 3, 17, 31)
    assert 0 <= tensor.min() <= tensor.max() <= 1
    assert np.array_equal(np.asarray(to_image(tensor)), np.asarray(image))


def test_recipe_survives_a_png_and_nothing_else_does(tmp_path: Path) -> None:
    image = picture(8, 8)
    image.info["imggen"] = {"task": "super_resolution", "model": "Größe", "parameters": {"detail": 0.5}}
    path = save_png(image, tmp_path / "result.png")
    with Image.open(path) as raw:
        raw.load()
        assert list(raw.text) == ["imggen"]
    decoded = open_image(path)
    assert decoded.info == {"imggen": image.info["imggen"]}
    assert read_recipe(decoded) == image.info["imggen"]


@pytest.mark.parametrize(
    "text",
    ["{", "[1]", '{"task": 3}', json.dumps({"task": "x" * 70_000}), "[" * 60_000, '{"task": "x", "model": "\\ud800"}'],
)
def test_a_malformed_recipe_counts_as_none(text: str) -> None:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("imggen", text)
    decoded = open_image(encode(picture(4, 4), "PNG", pnginfo=chunks))
    assert read_recipe(decoded) is None
    assert decoded.info == {}


def test_texts_and_profiles_of_any_size_beside_the_pixels_cost_nothing() -> None:
    huge = zlib.compress(bytes(32 * 1024**2))
    for extra in (
        chunk(b"zTXt", b"Comment\0\0" + huge),
        chunk(b"iTXt", b"Comment\0\1\0\0\0" + huge),
        chunk(b"tEXt", b"parameters\0" + bytes(2 * 1024**2)),
        chunk(b"iCCP", b"profile\0\0" + huge),
        chunk(b"zTXt", b"imggen\0\0" + huge),
        chunk(b"tEXt", b"Comment\0damaged")[:-4] + b"\0\0\0\0",
    ):
        assert farthest(with_chunks(encode(photo(), "PNG"), extra), COLOURS) == 0


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_without_its_end_marker_is_whole_and_one_cut_short_is_damaged(progressive: bool) -> None:
    data = encode(picture(120, 90), "JPEG", quality=95, progressive=progressive)
    for cut in (1, 2):
        assert open_image(data[:-cut]).tobytes() == open_image(data).tobytes()
    for length in (len(data) - 40, len(data) * 2 // 3):
        with pytest.raises(ImageError, match="damaged or incomplete"):
            open_image(data[:length])


def test_a_png_without_its_end_marker_is_whole_and_one_cut_short_is_damaged() -> None:
    data = encode(photo(), "PNG")
    assert farthest(data[:-12], COLOURS) == 0
    with pytest.raises(ImageError, match="damaged or incomplete"):
        open_image(data[:-60])


@pytest.mark.parametrize("value", range(10))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_every_orientation_in_exif_and_wrong_ones(format: str, value: int) -> None:
    stored = photo()
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the turns of PIL that undo what the value asks for
    if value in back:
        stored = stored.transpose(Image.Transpose(back[value]))
    exif = Image.Exif()
    exif[274] = value
    options = {"quality": 95, "subsampling": 0} if format == "JPEG" else {"lossless": True} if format == "WEBP" else {}
    data = encode(stored, format, exif=exif, **options)
    assert farthest(data, COLOURS) <= 4
    assert picture_size(data) == (64, 48)


def test_an_avif_is_turned_once() -> None:
    exif = Image.Exif()
    exif[274] = 6
    stored = photo().rotate(90, expand=True)
    assert farthest(encode(stored, "AVIF", exif=exif, quality=95, subsampling="4:4:4"), COLOURS) <= 6


def test_a_heic_is_turned_by_its_own_property_and_otherwise_by_exif() -> None:
    exif = Image.Exif()
    exif[274] = 6
    square = Image.fromarray(quarters(COLOURS)[:, :48]).rotate(90, expand=True).resize((64, 64))
    by_exif = encode(square, "HEIF", exif=exif, quality=95, chroma="444")
    colours = b"\0\0\0\x13colrnclx"
    place = by_exif.index(colours)
    by_both = by_exif[:place] + b"\0\0\0\x13irot\3" + bytes(10) + by_exif[place + 19 :]
    for data in (by_exif, by_both):
        assert open_image(data).getpixel((50, 10))[1] > 150  # green is at the top right


def test_the_first_frame_lies_where_it_belongs() -> None:
    red, blue = (Image.new("P", (64, 48), 0) for _ in range(2))
    red.putpalette([255, 0, 0])
    blue.putpalette([0, 0, 255])
    data = bytearray(encode(red.resize((32, 24)), "GIF", save_all=True, append_images=[blue.resize((32, 24))]))
    data[6:10] = (64).to_bytes(2, "little") + (48).to_bytes(2, "little")
    place = data.index(b",", 13)
    data[place + 1 : place + 5] = (32).to_bytes(2, "little") + (24).to_bytes(2, "little")
    white = (255, 255, 255)
    assert farthest(bytes(data), (white, white, white, (255, 0, 0))) == 0


def test_the_picture_that_viewers_without_animation_show_counts() -> None:
    other = Image.new("RGB", (64, 48), "black")
    assert farthest(encode(photo(), "PNG", save_all=True, append_images=[other], default_image=True), COLOURS) == 0
    assert farthest(encode(photo(), "MPO", save_all=True, append_images=[other], quality=95), COLOURS) <= 6


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\xff\x0a" + bytes(60), "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(60), "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(60), "JPEG 2000"),
        (b"8BPS" + bytes(60), "Photoshop"),
        (b"%PDF-1.7", "PDF"),
        (b"v/1\x01" + bytes(60), "OpenEXR"),
    ],
)
def test_other_kinds_of_pictures_are_refused_by_name(data: bytes, name: str) -> None:
    with pytest.raises(ImageError, match=f"{name} files are not supported"):
        open_image(data)


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_a_picture_without_pixels_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match="empty"):
        open_image(Image.new("RGB", size))


@pytest.mark.parametrize(
    "source", [None, 3, np.zeros((4, 4, 3), np.uint8), io.StringIO("x"), "nowhere.png", ".", "a\0"]
)
def test_what_is_no_picture_gets_one_sentence(source: Any) -> None:
    with pytest.raises(ImageError, match="no picture"):
        open_image(source)
