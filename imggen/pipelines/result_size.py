"""How large an upscaled picture is to be: so many times the photo, or with a longest side of so many pixels."""

from __future__ import annotations

from typing import Any

from imggen.errors import InputError
from imggen.pipelines.arguments import number
from imggen.ranges import ENLARGEMENTS, SCALE


def result_size(photo: tuple[int, int], scale: Any = SCALE, longest: Any = None) -> tuple[int, int]:
    """Width and height of the result, with the proportions of the photo.

    Args:
        photo: width and height of what is upscaled.
        scale: 1 to 4 times as large; 4, which the networks make, unless told otherwise.
        longest: pixels of the longest side instead, at most four times that of the photo.

    Raises:
        InputError: when a number is out of range, or both are given.
    """
    scale = number(scale, *ENLARGEMENTS, f"Scale must be a number from 1 to {SCALE}.")
    if longest is not None:
        if scale != SCALE:
            raise InputError("Give a scale or the longest side in pixels, not both.")
        most = SCALE * max(photo)
        sentence = (
            f"The longest side must be a whole number of pixels from 1 to {most}, {SCALE} times that of the photo."
        )
        if number(longest, 1, most, sentence) % 1:
            raise InputError(sentence)
        scale = longest / max(photo)
    width, height = (max(1, round(side * scale)) for side in photo)
    return width, height


def recorded(scale: float, longest: float | None) -> dict[str, float]:
    """What a recipe says of arguments that :func:`result_size` took; nothing where they change nothing."""
    if longest is not None:
        return {"size": int(longest)}
    return {} if scale == SCALE else {"scale": float(scale)}


def in_words(scale: Any, longest: Any) -> str:
    """The same for the name of a file, such as ``2x`` or ``3000px``; the arguments are not checked."""
    if longest is not None:
        return f"{longest}px"
    return f"{scale:g}x" if isinstance(scale, int | float) else f"{SCALE}x"
