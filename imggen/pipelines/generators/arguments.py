"""The arguments of all generators: seeds, classes and truncation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imggen.errors import InputError
from imggen.pipelines.arguments import number
from imggen.ranges import MAX_SEED

#: A class by name or index, or several with weights.
Choice = str | int | Mapping[str, float]


def expand_seeds(count: int, seed: int | Sequence[int], truncation: float) -> list[int]:
    """Return the seeds of the images to draw, after checking the arguments that all kinds of sampling share.

    Args:
        count: images from a single seed on; 1 with a list of seeds.
        seed: of the first image, or a list with one seed for each image.
        truncation: only checked: 0..1.

    Raises:
        InputError: naming the first that does not fit.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise InputError("The count must be a whole number from 1 on.")
    number(truncation, 0, 1, "The truncation must be a number from 0 (all alike) to 1 (all the variety).")
    listed = list(seed) if isinstance(seed, Sequence) and not isinstance(seed, str | bytes) else None
    if listed is not None and count != 1:
        raise InputError("A list of seeds says itself how many images there are: leave the count at 1.")
    firsts: list[Any] = [seed] if listed is None else listed
    if not firsts or not all(_is_seed(first, MAX_SEED + 1 - count) for first in firsts):
        raise InputError(f"The seeds must be whole numbers from 0 to {MAX_SEED}.")
    return [first + index for first in firsts for index in range(count)]


def _is_seed(value: Any, largest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= largest
