"""Checks of what people give the pipelines."""

from __future__ import annotations

import math
from typing import Any

from imggen.errors import InputError


def number(value: Any, low: float, high: float, sentence: str) -> float:
    """Check a number from outside.

    Args:
        value: whatever came.
        low: the least it may be.
        high: the most; ``math.inf`` for any finite number.
        sentence: what to tell when it does not fit.

    Raises:
        InputError: with the sentence, when it is no finite number, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(sentence)
    if not low <= value <= high:
        raise InputError(sentence)
    return float(value)
