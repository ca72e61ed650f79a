"""Decoding: each kind of upload gives the right picture or one plain sentence."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from imggen.errors import ImageError
from imggen.imaging.decode import open_image
from imggen.imaging.recipe import read_recipe, save_png
from imggen.imaging.tensors import to_image, to_tensor
from tests.conftest import picture
from tests.uploads import UNUSABLE


def encode(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        *UNUSABLE.values(),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
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
