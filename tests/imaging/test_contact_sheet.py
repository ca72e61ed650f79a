"""Sheets of several pictures with captions."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imggen.imaging.contact_sheet import captioned, in_plain_letters
from tests.conftest import picture


def test_every_picture_stands_whole_above_its_caption() -> None:
    colours = ["red", "green", "blue", "yellow", "cyan"]
    images = [Image.new("RGB", (200, 100), colour) for colour in colours]
    sheet = captioned(images, ["Irises", "A very long caption that needs more than one line", *"abc"], 10**9)
    pixels = np.asarray(sheet)
    for image in images:
        places = np.argwhere((pixels == image.getpixel((0, 0))).all(-1))
        assert len(places) == 200 * 100
        bottom, left = places[:, 0].max(), places[:, 1].min()
        assert (pixels[bottom + 1 : bottom + 30, left : left + 200] < 128).any()
    assert sheet.width < 4 * 200
    assert np.asarray(sheet.convert("L"))[:, [0, -1]].min() > 250


def test_a_sheet_has_at_most_so_many_pixels() -> None:
    sheet = captioned([picture(300, 200)] * 4, ["a", "b", "c", "d"], 60_000)
    assert sheet.width < 2 * 150 + 30
    assert sheet.height < 2 * 100 + 80


def test_captions_are_written_in_the_letters_that_the_font_has() -> None:
    assert in_plain_letters("Cézanne, 1907\N{EN DASH}1908") == "Cezanne, 1907-1908"
