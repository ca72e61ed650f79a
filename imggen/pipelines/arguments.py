"""Checks of the arguments that users pass to pipelines."""

from __future__ import annotations

import math
from typing import Any

from PIL import Image

from imggen.errors import InputError
from imggen.imaging.decode import Source, open_image
from imggen.imaging.limits import MAX_PIXELS


def number(value: Any, low: float, high: float, sentence: str) -> float:
    """Check a number that a user gave, and return it as a float.

    Args:
        value: not checked yet, of any type.
        low: the least it may be.
        high: the most; ``math.inf`` for any finite number.
        sentence: the error message when it does not fit.

    Raises:
        InputError: with that message, when it is not a finite number, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(sentence)
    if not low <= value <= high:
        raise InputError(sentence)
    return float(value)


def decoded(source: Source | None, missing: str = "Choose a photo first.") -> Image.Image:
    """Decode a picture that a user gave.

    Args:
        source: see :func:`imggen.imaging.decode.open_image`. A PIL image, whose memory is taken already, may be of any
            size.
        missing: the error message when it is None.

    Raises:
        InputError: when it is None.
        ImageError: when it is no picture, or damaged, or a file of more than :data:`imggen.imaging.limits.MAX_PIXELS`.
    """
    if source is None:
        raise InputError(missing)
    in_memory = source.width * source.height if isinstance(source, Image.Image) else 0
    return open_image(source, max(MAX_PIXELS, in_memory))
