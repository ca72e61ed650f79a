"""Results that say how they were made: a recipe in a PNG's text chunk, or in the EXIF data of a JPEG or WebP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image
from pydantic import ValidationError

from imggen.errors import ImageError
from imggen.imaging.png_writer import write_png
from imggen.imaging.recipe_schema import RECIPE
from imggen.schema import first_problem

#: Name of the PNG text chunk that holds the recipe, and of the key in ``Image.info``.
RECIPE_KEY = "imggen"
#: Characters of the longest recipe: 16 keyframes found in a space of 14 styles of 512 numbers take 310,000.
MAX_RECIPE = 400_000


def read_recipe(image: Image.Image) -> dict[str, Any] | None:
    """Return the recipe a picture carries, or None. One that is damaged counts as none."""
    try:
        return parse_recipe(carried(image))
    except ImageError:
        return None


def carried(image: Image.Image) -> Any:
    """What a PIL image has where imggen puts its recipe: unchecked, and often of others."""
    return image.info.get(RECIPE_KEY) or described(image.getexif())


def described(exif: Image.Exif) -> Any:
    """What EXIF data say the picture shows, which is where a recipe is in JPEG and WebP files."""
    try:
        return exif.get(ExifTags.Base.ImageDescription)
    except Exception:  # damage in what is said about a picture costs no picture
        return None


def parse_recipe(found: Any) -> dict[str, Any] | None:
    """Read and check what stands where a recipe would be.

    Args:
        found: JSON, or what was read from it; cameras and other programs write texts of their own there.

    Returns:
        The recipe; None when this is none.

    Raises:
        ImageError: when it is one, but damaged: see :mod:`imggen.imaging.recipe_schema`.
    """
    if isinstance(found, dict):
        try:
            found = json.dumps(found, ensure_ascii=False)
        except (TypeError, ValueError, RecursionError):
            return None
    if not isinstance(found, str) or not found.lstrip().startswith("{") or '"task"' not in found:
        return None
    if len(found) > MAX_RECIPE:
        raise ImageError(f"The recipe in this file is damaged: it is longer than {MAX_RECIPE} characters.")
    try:
        return RECIPE.validate_json(found).model_dump(mode="json", exclude_unset=True)
    except ValidationError as error:
        raise ImageError(f"The recipe in this file is damaged: {first_problem(error)}.") from None
    except (ValueError, RecursionError):  # lone surrogates, endless nesting
        raise ImageError("The recipe in this file is damaged: it is no JSON that can be read.") from None


def save_png(image: Image.Image, path: str | Path) -> Path:
    """Write an 8-bit PNG; the recipe in ``image.info["imggen"]`` becomes its one ``imggen`` text chunk."""
    recipe = image.info.get(RECIPE_KEY)
    texts = {RECIPE_KEY: json.dumps(recipe, sort_keys=True, ensure_ascii=False)} if recipe else {}
    path = Path(path)
    write_png(image, path, texts)
    return path
