"""All pictures of a run as one, with names for its rows and seeds for its columns where rows differ."""

from __future__ import annotations

import math
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from imggen.imaging.contact_sheet import grid, in_plain_letters
from imggen.imaging.recipe import RECIPE_KEY

_GAP = 4
_INK = "#222222"


def sheet(images: list[Image.Image], rows: list[str], parameters: dict[str, Any]) -> Image.Image:
    """Arrange the pictures of a run.

    Args:
        images: of one size, row by row, with their recipes.
        rows: what each row shows, for labels; with less than two the sheet is a plain, nearly square grid.
        parameters: the arguments that make all of the pictures, for the recipe of the sheet.
    """
    if len(rows) < 2:
        made = grid(images, math.ceil(math.sqrt(len(images))))
    else:
        columns = [str(image.info[RECIPE_KEY]["parameters"]["seed"]) for image in images[: len(images) // len(rows)]]
        made = _labelled(images, rows, columns)
    recipe = images[0].info[RECIPE_KEY]
    made.info[RECIPE_KEY] = {**recipe, "parameters": {**recipe["parameters"], **parameters}}
    return made


def _labelled(images: list[Image.Image], rows: list[str], columns: list[str]) -> Image.Image:
    width, height = images[0].size
    rows = [in_plain_letters(row) for row in rows]
    font = ImageFont.load_default(max(12, width // 8))
    line = math.ceil(font.getbbox("Ag")[3])
    left = max(math.ceil(font.getlength(text)) for text in [*rows, "seed"]) + 3 * _GAP
    across = max(width, *(math.ceil(font.getlength(text)) for text in columns)) + _GAP
    down = max(height, line) + _GAP
    top = line + 2 * _GAP
    made = Image.new("RGB", (left + across * len(columns), top + down * len(rows)), "white")
    pen = ImageDraw.Draw(made)
    pen.text((left - 2 * _GAP, _GAP), "seed", _INK, font, anchor="ra")
    for column, text in enumerate(columns):
        pen.text((left + column * across + width // 2, _GAP), text, _INK, font, anchor="ma")
    for row, text in enumerate(rows):
        pen.text((left - 2 * _GAP, top + row * down + height // 2), text, _INK, font, anchor="rm")
        for column in range(len(columns)):
            picture = images[row * len(columns) + column]
            made.paste(picture, (left + column * across, top + row * down))
    return made
