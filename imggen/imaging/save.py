"""Write a result in the format that its file name asks for; every format carries the recipe."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import ExifTags, Image

from imggen.errors import InputError
from imggen.imaging.recipe import read_recipe, save_png

#: Pillow's name of each format, by the ending of the file.
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
#: Longest side of a picture in these formats, in pixels.
LONGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383}
#: Bytes of the longest EXIF data in a JPEG, with their name in front.
_LONGEST_EXIF = 65_533


def check_saving(path: Path, quality: int) -> None:
    """Check what :func:`save_picture` gets, before a picture is made. Raises :class:`InputError`."""
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"Pictures are saved as {', '.join(FORMATS)}, not as {path.name!r}.")
    if not 1 <= quality <= 100:
        raise InputError("The quality is a number from 1 to 100.")


def save_picture(image: Image.Image, path: str | Path, quality: int = 92) -> Path:
    """Write a picture. PNG keeps every pixel and has the recipe as a text chunk; JPEG and WebP have it in their EXIF.

    Args:
        image: an RGB image.
        path: ends in .png, .jpg, .jpeg or .webp.
        quality: of JPEG and WebP, 1 to 100.

    Raises:
        InputError: for another ending, a quality out of range, or a picture or recipe that is too large for the format.
    """
    path = Path(path)
    check_saving(path, quality)
    form = FORMATS[path.suffix.lower()]
    if form == "PNG":
        return save_png(image, path)
    if max(image.size) > LONGEST_SIDE[form]:
        raise InputError(
            f"This picture has {image.width} x {image.height} pixels; a side has at most {LONGEST_SIDE[form]} in this "
            "format. Save it as PNG."
        )
    exif = Image.Exif()
    if made := read_recipe(image):
        exif[ExifTags.Base.ImageDescription] = json.dumps(made)
    if form == "JPEG" and len(exif.tobytes()) > _LONGEST_EXIF:
        raise InputError("The recipe of this picture is too long for a JPEG. Save it as PNG or WebP.")
    # For WebP: with method 2 photos take half the time of Pillow's own choice, 4, and no more bytes.
    image.save(path, form, quality=quality, exif=exif, method=2)
    return path
