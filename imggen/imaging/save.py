"""Write a result in the format that its file name asks for; every format carries the recipe."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import ExifTags, Image

from imggen.errors import InputError
from imggen.imaging.recipe import read_recipe, save_png

#: Pillow's name of each format, by the ending of the file.
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def save_picture(image: Image.Image, path: str | Path, quality: int = 92) -> Path:
    """Write a picture. PNG keeps every pixel and has the recipe as a text chunk; JPEG and WebP have it in their EXIF.

    Args:
        image: an RGB image.
        path: ends in .png, .jpg, .jpeg or .webp.
        quality: of JPEG and WebP, 1 to 100.

    Raises:
        InputError: for another ending, or a quality out of range.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise InputError(f"Pictures are saved as {', '.join(FORMATS)}, not as {path.name!r}.")
    if not 1 <= quality <= 100:
        raise InputError("The quality is a number from 1 to 100.")
    if ending == ".png":
        return save_png(image, path)
    exif = Image.Exif()
    if made := read_recipe(image):
        exif[ExifTags.Base.ImageDescription] = json.dumps(made)
    image.save(path, FORMATS[ending], quality=quality, exif=exif)
    return path
