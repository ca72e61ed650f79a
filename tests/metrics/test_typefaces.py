"""Stroke weight and slant of drawn strokes, and what tells one typeface from a mixture."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from imggen.errors import InputError
from imggen.metrics import generators, typefaces
from imggen.metrics.classifier import _held_out_groups
from imggen.metrics.real_images import RealImages

NAMES = ["E", "H", "L", "T"]
STROKES = {
    "E": [(18, 12, 18, 52), (18, 12, 44, 12), (18, 32, 40, 32), (18, 52, 44, 52)],
    "H": [(18, 12, 18, 52), (44, 12, 44, 52), (18, 32, 44, 32)],
    "L": [(20, 12, 20, 52), (20, 52, 44, 52)],
    "T": [(32, 12, 32, 52), (16, 12, 48, 12)],
}


def letter(name: str, width: float, slant: float) -> Image.Image:
    """A letter of straight strokes, leaning to the right by an angle in degrees."""
    large = Image.new("L", (256, 256), 255)
    lean = math.tan(math.radians(slant))
    for x1, y1, x2, y2 in STROKES[name]:
        ends = [(4 * (x + (32 - y) * lean), 4 * y) for x, y in ((x1, y1), (x2, y2))]
        ImageDraw.Draw(large).line(ends, fill=0, width=round(4 * width))
    return large.resize((64, 64), Image.Resampling.BOX).convert("RGB")


def pixels(images: list[Image.Image]) -> torch.Tensor:
    return torch.stack([torch.from_numpy(np.array(image)).permute(2, 0, 1) for image in images])


@pytest.mark.parametrize("width", [2, 5, 8])
def test_the_weight_is_the_width_of_the_strokes(width: int) -> None:
    (measured,) = typefaces.measure(pixels([letter("H", width, 0)]))
    assert math.exp(measured[0]) == pytest.approx(width, rel=0.2)


@pytest.mark.parametrize("slant", [-8, 0, 12, 20])
def test_the_slant_is_that_of_the_stems(slant: int) -> None:
    measured = typefaces.measure(pixels([letter("H", 4, slant), letter("T", 4, slant)]))
    assert measured[:, 1].tolist() == pytest.approx([slant, slant], abs=1.5)


class Fake:
    """A model of letters whose weight and slant are functions of the seed and the character."""

    class_names = NAMES

    def __init__(self, style: Any) -> None:
        self.style = style

    def sample(self, classes: list[str], count: int, seed: int) -> list[Image.Image]:
        return [letter(name, *self.style(seed, NAMES.index(name))) for name in classes]


def style(seed: int, _: int) -> tuple[float, float]:
    return 3 + 4 * np.sin(seed) ** 2, 8 + 8 * np.cos(5 * seed)


def real_faces(count: int = 12) -> RealImages:
    images = [letter(name, *style(face, 0)) for name in NAMES for face in range(count)]
    labels = torch.arange(len(NAMES)).repeat_interleave(count)
    return RealImages(pixels(images), labels, 0, [f"{face:03d}" for face in range(count)] * len(NAMES))


def test_characters_of_one_style_agree_and_a_mixture_does_not() -> None:
    real = real_faces()
    faces = typefaces.complete_faces(real, len(NAMES))
    assert len(faces) == 12
    floor, alike = typefaces.compare(Fake(style), real, faces, 0)
    _, mixed = typefaces.compare(Fake(lambda seed, character: style(7 * seed + 31 * character, 0)), real, faces, 0)
    for name in ("weight", "slant"):
        assert floor[f"{name}_agreement"] > 0.9
        assert alike[f"{name}_agreement"] > 0.9
        assert mixed[f"{name}_agreement"] < 0.3
        assert alike[f"{name}_spread"] < mixed[f"{name}_spread"] / 2
    assert set(floor) == set(alike) == {metric.key for metric in typefaces.METRICS}


def test_a_face_without_all_its_characters_does_not_count() -> None:
    real = real_faces()
    real.names[0] = "other"
    assert "000" not in typefaces.complete_faces(real, len(NAMES))


def test_letters_without_typefaces_cannot_be_measured() -> None:
    with pytest.raises(InputError, match="at least 5 typefaces"):
        generators.measured_typefaces(real_faces(3), NAMES)


def test_letters_are_told_apart_on_faces_not_seen_in_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imggen.metrics.classifier.STEPS", 30)
    real = real_faces(20)
    samples = generators._Set(real.pixels, real.labels, None)
    names = generators.measured_typefaces(real, NAMES)
    classes, faces = generators._class_parts(Fake(style), real, names, samples, NAMES)
    assert classes.floor["class_share"] > 80
    assert "every 5th typeface" in classes.note
    assert faces.metrics == typefaces.METRICS


def test_whole_faces_are_kept_from_training() -> None:
    groups = [str(face) for face in range(10)] * 3
    kept = _held_out_groups(groups, torch.Generator().manual_seed(0))
    assert len({group for group, one in zip(groups, kept, strict=True) if one}) == 2
    assert kept.sum() == 6
