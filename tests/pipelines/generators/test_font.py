"""A font made of pictures opens in FreeType and looks like the pictures."""

from __future__ import annotations

import io
import string

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from imggen.pipelines.generators.font import CAP_HEIGHT, UNITS_PER_EM, build_font

CHARACTERS = string.ascii_uppercase + string.digits


def drawn(character: str, size: int = 48) -> Image.Image:
    """A character in the font that Pillow brings, on a common baseline, as a model would draw it."""
    image = Image.new("L", (64, 64), 255)
    ImageDraw.Draw(image).text((32, 52), character, font=ImageFont.load_default(size), fill=0, anchor="ms")
    return image


@pytest.fixture(scope="module")
def made() -> bytes:
    return build_font({character: drawn(character) for character in CHARACTERS}, "Drawn here 7", "how it was made")


def ink(image: Image.Image) -> np.ndarray:
    """The inked box, scaled to one size, as booleans."""
    dark = Image.fromarray((np.asarray(image.convert("L")) < 128).astype(np.uint8) * 255)
    return np.asarray(dark.crop(dark.getbbox()).resize((48, 48), Image.Resampling.BOX)) > 127


@pytest.mark.parametrize("character", list("ABEGOQRSVX0489"))
def test_a_character_looks_like_its_picture_holes_included(made: bytes, character: str) -> None:
    sheet = Image.new("L", (400, 400), 255)
    ImageDraw.Draw(sheet).text((100, 50), character, font=ImageFont.truetype(io.BytesIO(made), 200), fill=0)
    one, other = ink(sheet), ink(drawn(character))
    assert (one & other).sum() / (one | other).sum() > 0.75


def test_small_letters_and_spaces_are_there_and_letters_do_not_touch(made: bytes) -> None:
    font = ImageFont.truetype(io.BytesIO(made), 100)
    assert font.getname() == ("Drawn here 7", "Regular")
    assert font.getlength("word") == font.getlength("WORD")
    assert font.getlength("A B") > font.getlength("AB")
    line = Image.new("L", (400, 160), 255)
    ImageDraw.Draw(line).text((20, 20), "HIE", font=font, fill=0)
    columns = (np.asarray(line) < 128).any(0)
    assert np.diff(columns.astype(int)).clip(0).sum() == 3  # three separate runs of ink


def test_narrow_letters_take_less_room_and_arms_let_their_neighbour_in(made: bytes) -> None:
    font = ImageFont.truetype(io.BytesIO(made), 100)
    assert font.getlength("I") < 0.6 * font.getlength("W")
    side_by_side = font.getbbox("T")[2] + font.getbbox("A")[2] - font.getbbox("A")[0]
    assert font.getbbox("TA")[2] < side_by_side + 6


def test_the_file_says_what_it_is(made: bytes) -> None:
    font = TTFont(io.BytesIO(made))
    assert font["head"].unitsPerEm == UNITS_PER_EM
    assert font["name"].getDebugName(10) == "how it was made"
    assert abs(font["glyf"]["uni0048"].yMax - CAP_HEIGHT) < 30  # H
    assert abs(font["glyf"]["uni0048"].yMin) < 30


def test_grey_hairlines_are_kept() -> None:
    picture = Image.new("L", (64, 64), 255)
    ImageDraw.Draw(picture).line((32, 10, 32, 50), fill=150)
    font = ImageFont.truetype(io.BytesIO(build_font({"I": picture}, "Thin")), 100)
    assert font.getmask("I").getbbox() is not None


def test_specks_beside_a_character_are_neither_drawn_nor_given_room() -> None:
    clean, specked = drawn("8"), drawn("8")
    ImageDraw.Draw(specked).rectangle((58, 20, 60, 23), fill=0)
    fonts = [
        ImageFont.truetype(io.BytesIO(build_font({"8": picture, "H": drawn("H")}, "Any")), 100)
        for picture in (clean, specked)
    ]
    assert fonts[0].getlength("8") == fonts[1].getlength("8")
    assert bytes(fonts[0].getmask("8")) == bytes(fonts[1].getmask("8"))


def test_the_second_piece_of_a_broken_character_is_kept() -> None:
    picture = Image.new("L", (64, 64), 255)
    for x in (20, 40):
        ImageDraw.Draw(picture).line((x, 12, x, 50), fill=0, width=3)
    font = ImageFont.truetype(io.BytesIO(build_font({"H": picture}, "Any")), 100)
    columns = (np.asarray(font.getmask("H")).reshape(font.getmask("H").size[::-1]) > 127).any(0)
    assert np.diff(np.pad(columns, 1).astype(int)).clip(0).sum() == 2


def test_white_pictures_make_an_empty_font() -> None:
    white = Image.new("L", (64, 64), 255)
    font = ImageFont.truetype(io.BytesIO(build_font({"A": white, "B": white}, "Nothing")), 100)
    assert font.getmask("AB").getbbox() is None
