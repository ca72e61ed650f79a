"""The largest pictures that are decoded and worked on, and how a job crops or shrinks a larger photo.

Photos of up to :data:`MAX_PIXELS` are decoded everywhere. A job with a lower limit shrinks the photo first, or works on
a part of it; the recipe of its result records that, and :func:`shrink_note` tells the user.
"""

from __future__ import annotations

import math
from typing import Any

from PIL import Image

from imggen.errors import ImageError, InputError
from imggen.imaging.recipe import RECIPE_KEY

#: Pixels of the largest picture that is decoded: 8192 x 6144, the largest photos of phones.
MAX_PIXELS = 8192 * 6144
#: Pixels of the largest picture of a data set, for training and for measuring.
MAX_DATA_PIXELS = 2**27
#: Pixels of the largest picture that the app works on: an upscaled one has 16 times as many, which take 200 MB.
WORKING_PIXELS = 4 * 1024**2

#: Left, top, width and height of a part of a picture, in pixels.
Part = tuple[int, int, int, int]


def check_size(size: tuple[int, int], max_pixels: int) -> None:
    """Check a picture's width and height before anything is decoded.

    Raises:
        ImageError: when it has no pixels, or more than ``max_pixels``.
    """
    width, height = size
    if width < 1 or height < 1:
        raise ImageError(f"This picture is empty: it has {width} x {height} pixels. Choose another.")
    if width * height > max_pixels:
        raise ImageError(
            f"This picture has {width} x {height} pixels ({width * height / 1e6:.1f} megapixels); "
            f"the limit is {max_pixels / 1e6:.1f} megapixels. Make it smaller and try again."
        )


def crop_and_shrink(
    image: Image.Image, max_pixels: int | None = None, crop: Any = None
) -> tuple[Image.Image, dict[str, Any]]:
    """Make a photo ready for a job.

    Args:
        image: the photo.
        max_pixels: after the crop, a photo with more pixels is shrunk to at most so many, with the same proportions.
        crop: see :data:`Part`; all of the photo when None.

    Returns:
        The cropped and shrunk photo, and what a recipe has to record: ``crop`` and ``max_pixels``, each only when it
        changed something.

    Raises:
        InputError: when ``crop`` is no part of the photo, or ``max_pixels`` no number of pixels.
    """
    made: dict[str, Any] = {}
    if crop is not None:
        left, top, width, height = part = _checked(crop, image.size)
        image = image.crop((left, top, left + width, top + height))
        made["crop"] = list(part)
    if max_pixels is not None and (not isinstance(max_pixels, int) or max_pixels < 1):
        raise InputError("The most pixels to work on must be a whole number of at least 1.")
    if max_pixels is not None and image.width * image.height > max_pixels:
        made["max_pixels"] = max_pixels
        image = image.resize(shrunk(image.size, max_pixels), Image.Resampling.LANCZOS)
    return image, made


def shrunk(size: tuple[int, int], max_pixels: int) -> tuple[int, int]:
    """Width and height in the same proportions with at most ``max_pixels``, where there are more."""
    scale = min(1.0, math.sqrt(max_pixels / (size[0] * size[1])))
    width, height = (max(1, int(side * scale)) for side in size)
    width = min(width, max_pixels // height)  # where the other side is a single pixel
    return width, min(height, max_pixels // width)


def centred(size: tuple[int, int], max_pixels: int, x: float, y: float) -> Part:
    """The largest part with a picture's proportions and at most ``max_pixels``, centred as near (x, y) as possible."""
    width, height = shrunk(size, max_pixels)
    left = min(max(0, round(x - width / 2)), size[0] - width)
    top = min(max(0, round(y - height / 2)), size[1] - height)
    return left, top, width, height


def worked_on(photo: Image.Image, result: Image.Image) -> Image.Image:
    """The photo that a result was made from: cropped and shrunk again as its recipe says."""
    parameters = _parameters(result)
    return crop_and_shrink(photo, parameters.get("max_pixels"), parameters.get("crop"))[0]


def shrink_note(photo: Image.Image, result: Image.Image) -> str:
    """A sentence on how the photo of a result was cropped or shrunk, by its recipe; empty when it was not."""
    parameters = _parameters(result)
    crop, max_pixels = parameters.get("crop"), parameters.get("max_pixels")
    width, height = crop[2:] if crop else photo.size
    words = f"a part of {width} x {height} pixels" if crop else f"the photo of {width} x {height} pixels"
    if max_pixels:
        small = shrunk((width, height), max_pixels)
        return (
            f"First {words} was shrunk to {small[0]} x {small[1]}: "
            f"the limit for this job is {max_pixels / 1e6:.2g} megapixels."
        )
    return f"Made from {words}." if crop else ""


def _parameters(result: Image.Image) -> dict[str, Any]:
    return result.info.get(RECIPE_KEY, {}).get("parameters", {})


def read_part(value: Any) -> Part | None:
    """Check that an untrusted value has the form of a :data:`Part`; None when it has not."""
    if not isinstance(value, list | tuple) or len(value) != 4:
        return None
    if not all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in value):
        return None
    left, top, width, height = value
    return (left, top, width, height) if width and height else None


def _checked(crop: Any, size: tuple[int, int]) -> Part:
    part = read_part(crop)
    if part and part[0] + part[2] <= size[0] and part[1] + part[3] <= size[1]:
        return part
    raise InputError(
        "The part must be four whole numbers: left, top, width and height of a rectangle within the photo's "
        f"{size[0]} x {size[1]} pixels."
    )
