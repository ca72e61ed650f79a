"""Faces of a model whose classes are characters: words, fonts, and the face that a drawn letter belongs to."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

import imggen
from imggen.errors import InputError
from imggen.pipelines.generators import own_letter
from imggen.pipelines.generators.own_letter import cut_out
from imggen.pipelines.generators.typeface import Typeface
from imggen.ranges import MAX_WORD
from tests.conftest import save_tiny_generator

NAMES = ["3", "A", "B", "R"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Typeface:
    folder = save_tiny_generator(tmp_path_factory.mktemp("models") / "tiny-letters", NAMES)
    return imggen.load(folder, device="cpu", dtype=torch.float32).typeface()


@pytest.fixture(scope="module")
def shipped() -> Typeface:
    return imggen.load("letters-64", device="cpu", dtype=torch.float32).typeface()


def ink(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L")) < 128


def test_an_alphabet_is_the_samples_of_its_seed_letters_first(tiny: Typeface) -> None:
    assert tiny.characters == ["A", "B", "R", "3"]
    for name, image in zip(tiny.characters, tiny.alphabet(7, 0.8), strict=True):
        (sample,) = tiny.generator.sample(name, seed=7, truncation=0.8)
        assert np.abs(np.asarray(image, int) - np.asarray(sample, int)).max() <= 2


def test_a_word_is_set_in_a_face_and_says_how(shipped: Typeface) -> None:
    word = shipped.word("Max 30", 4, 0.8)
    assert word.info["imggen"]["parameters"] | {"classes": None} == {
        "classes": None, "seed": 4, "count": 1, "truncation": 0.8, "word": "MAX 30",
    }  # fmt: skip
    columns = ink(word).any(0)
    assert np.diff(columns.astype(int)).clip(0).sum() >= 4  # letters stand apart
    assert shipped.word("MAX 30 MAX", 4, 0.8).width > 1.5 * word.width
    assert (
        ink(shipped.word("HHHH", 5)).mean() > 1.3 * ink(shipped.word("HHHH", 9)).mean()
    )  # a heavy face and a thin one


def test_the_font_of_a_face_opens_in_freetype_and_sets_the_same_word(shipped: Typeface) -> None:
    data = shipped.font(4, 0.8)
    font = ImageFont.truetype(io.BytesIO(data), 80)
    sheet = Image.new("L", (500, 140), 255)
    ImageDraw.Draw(sheet).text((20, 20), "QUARTZ 64", font=font, fill=0)
    box = Image.fromarray(ink(sheet)).getbbox()
    word = shipped.word("Quartz 64", 4, 0.8)
    other = Image.fromarray(ink(word)).getbbox()
    assert box is not None
    assert other is not None
    assert (box[2] - box[0]) / (box[3] - box[1]) == pytest.approx(
        (other[2] - other[0]) / (other[3] - other[1]), rel=0.1
    )
    made = json.loads(TTFont(io.BytesIO(data))["name"].getDebugName(10))
    assert (made["model"], made["parameters"]["seed"]) == ("letters-64", 4)


def test_a_letter_of_the_model_finds_its_face_again(shipped: Typeface) -> None:
    face = shipped.alphabet(11)
    point = shipped.from_letter(face[shipped.characters.index("R")], "R")
    found = shipped.alphabet(point)

    def away(images: list[Image.Image]) -> float:
        return float(np.mean([(ink(one) ^ ink(other)).mean() for one, other in zip(images, face, strict=True)]))

    assert away(found) < 0.7 * np.mean([away(shipped.alphabet(seed)) for seed in (500, 501, 502, 503)])
    word = shipped.word("ABC", point)
    again = shipped.word("ABC", word.info["imggen"]["parameters"]["seed"])
    assert np.array_equal(np.asarray(word), np.asarray(again))


def test_progress_shows_the_letter_so_far_and_can_stop(tiny: Typeface) -> None:
    drawing = Image.new("RGB", (120, 90), "white")
    ImageDraw.Draw(drawing).line((30, 80, 60, 10, 90, 80), fill="black", width=12)
    fractions: list[float] = []
    looks: list[Image.Image] = []

    def watch(fraction: float, preview: Image.Image | None = None) -> None:
        fractions.append(fraction)
        looks.extend([preview] if preview is not None else [])

    tiny.from_letter(drawing, "A", watch)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert len(looks) > 5

    def stop(fraction: float, preview: Image.Image | None = None) -> None:
        if fraction > 0.3:
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        tiny.from_letter(drawing, "A", stop)


def test_the_search_ends_in_time(tiny: Typeface, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_letter, "LIMIT", 0.001)
    drawing = Image.new("L", (64, 64), 255)
    drawing.paste(0, (20, 10, 40, 50))
    assert tiny.from_letter(drawing, "B").z is not None


@pytest.mark.parametrize("inverted", [False, True])
def test_a_drawing_is_cut_out_whatever_its_size_place_and_paper(inverted: bool) -> None:
    paper, pen = ((30, 40), (230,)) if inverted else ((220, 200), (40,))
    drawing = Image.new("L", (900, 700), paper[0])
    drawing.paste(pen[0], (600, 300, 650, 500))
    letter = cut_out(drawing)
    assert letter.height / letter.width == pytest.approx(4, rel=0.1)
    assert np.asarray(letter).mean() < 40


@pytest.mark.parametrize("drawing", [Image.new("RGB", (50, 50), "white"), Image.new("L", (30, 40), 90)])
def test_an_empty_drawing_is_refused(tiny: Typeface, drawing: Image.Image) -> None:
    with pytest.raises(InputError, match="no letter to see"):
        tiny.from_letter(drawing, "A")


@pytest.mark.parametrize("text", ["", "  ", None, 3, "A" * (MAX_WORD + 1), "a%b", "ABC"])
def test_a_word_that_cannot_be_set_is_refused(tiny: Typeface, text: object) -> None:
    with pytest.raises(InputError):
        tiny.word(text, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "face", [-1, True, "3", 1.5, {"shape": [3]}, {"shape": [3], "float16": "AAAAAAAA", "classes": None}]
)
def test_a_face_that_is_none_is_refused(tiny: Typeface, face: object) -> None:
    with pytest.raises(InputError):
        tiny.sheet(face)  # type: ignore[arg-type]


def test_a_letter_must_be_named_and_other_models_draw_none(tiny: Typeface, tmp_path: Path) -> None:
    drawing = Image.new("L", (64, 64), 255)
    drawing.paste(0, (20, 10, 40, 50))
    with pytest.raises(InputError, match="one of ABR3"):
        tiny.from_letter(drawing, "Q")
    folder = save_tiny_generator(tmp_path / "flowers", ["iris", "lily", "rose", "tulip"])
    with pytest.raises(InputError, match="draws no letters"):
        imggen.load(folder, device="cpu").typeface()
