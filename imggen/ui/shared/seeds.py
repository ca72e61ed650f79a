"""Seeds as people write them: one number, or a list with ranges such as ``5, 9, 20-35``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from imggen.errors import InputError
from imggen.ranges import MAX_SEED

#: What Chinese and Japanese keyboards type, and the ASCII characters that it stands for: the full-width forms of ASCII,
#: the space, and the comma of enumerations.
_ASCII = {full: full - 0xFF01 + ord("!") for full in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x3001: ","}
_PART = re.compile(r"([0-9]{1,10})(?:-([0-9]{1,10}))?")
_SENTENCE = f"The seeds must be whole numbers from 0 to {MAX_SEED}, such as 7, or 5, 9, 20-35."


def parse(text: str, count: int, limit: int) -> list[int]:
    """Read seeds.

    Args:
        text: what was typed.
        count: how many, from a single seed on; a list or a range says itself how many.
        limit: the most seeds accepted.

    Raises:
        InputError: with an error message for the user.
    """
    text = re.sub(r"\s*[-\u2013~]\s*", "-", half_width(text).strip())
    found = [_PART.fullmatch(part) for part in re.split(r"\s*,\s*|\s+", text)]
    ranges = [(int(match[1]), int(match[2] or match[1])) for match in found if match]
    if len(ranges) < len(found) or any(last < first for first, last in ranges):
        raise InputError(_SENTENCE)
    if len(ranges) == 1 and "-" not in text:
        first = ranges[0][0]
        if first <= MAX_SEED < first + count - 1:
            raise InputError(f"The seeds end at {MAX_SEED}: from {first} on, choose at most {MAX_SEED - first + 1}.")
        ranges = [(first, first + count - 1)]
    if max(last for _, last in ranges) > MAX_SEED:
        raise InputError(_SENTENCE)
    total = sum(last - first + 1 for first, last in ranges)
    if total > limit:
        raise InputError(f"These are {total} seeds; at most {limit} pictures are made at once.")
    return [seed for first, last in ranges for seed in range(first, last + 1)]


def half_width(text: str) -> str:
    """A text with ASCII characters in place of full-width ones, as seeds typed on a Chinese keyboard need it."""
    return text.translate(_ASCII)


def write(seeds: Sequence[int]) -> str:
    """Write seeds the short way; :func:`parse` reads it back."""
    runs: list[list[int]] = []
    for seed in seeds:
        if runs and seed == runs[-1][1] + 1:
            runs[-1][1] = seed
        else:
            runs.append([seed, seed])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
