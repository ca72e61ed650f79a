"""Typefaces from a generator whose classes are characters: one latent vector draws all of them in one style."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from imggen.errors import InputError
from imggen.imaging.contact_sheet import grid
from imggen.imaging.recipe import RECIPE_KEY
from imggen.imaging.tensors import to_image
from imggen.models.latents import draw
from imggen.pipelines import Report, recipe, silent
from imggen.pipelines.generators.arguments import expand_seeds
from imggen.pipelines.generators.font import build_font
from imggen.pipelines.generators.generator import Generator
from imggen.pipelines.generators.own_letter import find_face
from imggen.pipelines.generators.point import Point, found
from imggen.ranges import MAX_WORD
from imggen.store.class_names import are_characters

#: What a face can be given as: a seed, or a place found before, which may come from a recipe.
Face = int | Point | Mapping[str, Any]

#: Height in pixels of the em square of a word's letters.
_WORD_SIZE = 160
#: White around a word, in pixels.
_MARGIN = 24
#: Characters in a row of a sheet.
COLUMNS = 9


class Specimen(NamedTuple):
    """What shows a face.

    Attributes:
        word: a line of text set in it, RGB, black on white, with the recipe.
        sheet: all characters as the model drew them, with the recipe.
        font: the bytes of a .ttf file.
    """

    word: Image.Image
    sheet: Image.Image
    font: bytes


class Typeface:
    """The typefaces of a loaded model, whose weights it shares.

    Args:
        generator: its classes are single characters.

    Attributes:
        characters: letters first.

    Raises:
        InputError: when the model draws something else.
    """

    def __init__(self, generator: Generator) -> None:
        if not are_characters(generator.class_names):
            raise InputError(f"{generator.info.id!r} draws no letters. Choose a model whose classes are characters.")
        self.generator = generator
        self.characters = sorted(generator.class_names, key=lambda name: (not name.isalpha(), name))

    def alphabet(self, face: Face, truncation: float = 1.0) -> list[Image.Image]:
        """Draw all characters of a face, in the order of :attr:`characters`.

        Args:
            face: a seed, or a place such as :meth:`from_letter` finds, which truncation leaves alone.
            truncation: 0..1, as for sampling.

        Raises:
            InputError: when an argument does not fit.
        """
        inside = truncation if isinstance(face, int) else 1.0
        return [to_image(picture) for picture in self._draw(self.latent(face, truncation), inside)]

    def sheet(self, face: Face, truncation: float = 1.0) -> Image.Image:
        """All characters of a face in rows, with the recipe. Arguments and errors as for :meth:`alphabet`."""
        return self._sheet(self.alphabet(face, truncation), self._recipe(face, truncation))

    def font(self, face: Face, truncation: float = 1.0) -> bytes:
        """A face as a TrueType font: the bytes of a .ttf file, which says in its description how it was made.

        Arguments and errors as for :meth:`alphabet`.
        """
        return self._font(self.alphabet(face, truncation), self._recipe(face, truncation))

    def word(self, text: str, face: Face, truncation: float = 1.0) -> Image.Image:
        """Set a line of text in a face; see :meth:`specimen`."""
        return self.specimen(text, face, truncation).word

    def specimen(self, text: str, face: Face, truncation: float = 1.0, report: Report = silent) -> Specimen:
        """Set a line of text in a face, and give the face's characters and its font with it.

        Args:
            text: of at most 32 characters the model knows, and spaces; small letters become capitals where it knows
                only those.
            face: as for :meth:`alphabet`.
            truncation: 0..1.
            report: gets the fraction done; may raise to stop.

        Raises:
            InputError: when an argument does not fit.
        """
        line = self.line(text)
        report(0.0)
        pictures = self.alphabet(face, truncation)
        made = self._recipe(face, truncation)
        report(0.2)
        font = self._font(pictures, made)
        report(0.9)
        word = typeset(line, font)
        word.info[RECIPE_KEY] = {**made, "parameters": {**made["parameters"], "word": line}}
        return Specimen(word, self._sheet(pictures, made), font)

    def from_letter(self, drawing: Image.Image, character: str, report: Report = silent) -> Point:
        """Find the face that a drawn letter could belong to; see :func:`.own_letter.find_face`."""
        if not isinstance(character, str) or character not in self.characters:
            raise InputError(f"Say which letter it is: one of {''.join(self.characters)}.")
        return found(find_face(self.generator, drawing, character, report)[0], None)

    def line(self, text: Any) -> str:
        """The characters that a text is set in. Raises :class:`InputError` when there are others, or too many."""
        if not isinstance(text, str) or not text.strip():
            raise InputError("Type a word first.")
        if len(text) > MAX_WORD:
            raise InputError(f"A word has at most {MAX_WORD} characters here, not {len(text)}.")
        line = "".join(one if one in self.characters else one.upper() for one in " ".join(text.split()))
        for one in line:
            if one != " " and one not in self.characters:
                raise InputError(f"This model knows no {one!r}. It knows {''.join(self.characters)} and the space.")
        return line

    def latent(self, face: Face, truncation: float = 1.0) -> Tensor:
        """The latent (1, latent_size) of a face. Raises :class:`InputError`."""
        if isinstance(face, Mapping):
            face = Point.from_json(face)
        if not isinstance(face, Point):
            expand_seeds(1, face, truncation)
            return self.generator.network.truncated(draw(face, self.generator.latent_size), truncation)
        if face.z is None or face.z.shape != (self.generator.latent_size,):
            raise InputError("This saved face is damaged, or belongs to another model.")
        return face.z[None]

    def _draw(self, z: Tensor, truncation: float) -> Tensor:
        """All characters of a latent, (N, 3, S, S); the truncation counts for networks that do it inside."""
        labels = [self.generator.labels(self.generator.mix(name)) for name in self.characters]
        return self.generator.drawn(
            z.expand(len(labels), -1), torch.cat([label for label in labels if label is not None]), truncation
        )

    def _font(self, pictures: list[Image.Image], made: dict[str, Any]) -> bytes:
        seed = made["parameters"]["seed"]
        name = f"{self.generator.info.title} {seed if isinstance(seed, int) else 'own'}"
        return build_font(dict(zip(self.characters, pictures, strict=True)), name, json.dumps(made, sort_keys=True))

    def _sheet(self, pictures: list[Image.Image], made: dict[str, Any]) -> Image.Image:
        sheet = grid(pictures, COLUMNS, gap=0)
        sheet.info[RECIPE_KEY] = made
        return sheet

    def _recipe(self, face: Face, truncation: float) -> dict[str, Any]:
        parameters = {
            "classes": self.characters,
            "seed": face.to_json() if isinstance(face, Point) else face,
            "count": 1,
            "truncation": float(truncation),
        }
        return recipe("conditional", self.generator.info, parameters, [])


def typeset(line: str, font: bytes) -> Image.Image:
    """A line of text in a font, black on white, RGB."""
    face = ImageFont.truetype(io.BytesIO(font), _WORD_SIZE)
    left, top, right, bottom = face.getbbox(line)
    size = round(right - left) + 2 * _MARGIN, round(bottom - top) + 2 * _MARGIN
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((_MARGIN - left, _MARGIN - top), line, font=face, fill="black")
    return image
