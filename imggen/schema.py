"""What every schema for strangers' data shares: pydantic's strict settings, kinds of text, and errors as words."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, ValidationError

MAX_TEXT = 200  # characters of a title or a name
MAX_NAMES = 10_000  # classes or styles
#: No conversions between types, no NaN, no keys that are not known.
STRICT = ConfigDict(strict=True, frozen=True, allow_inf_nan=False, extra="forbid")


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it has characters that cannot be printed")
    return text


Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_printable)]
Name = Annotated[str, Field(min_length=1, max_length=MAX_TEXT), AfterValidator(_printable)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def first_problem(error: ValidationError) -> str:
    """The first thing that is wrong, in words and without what a stranger wrote."""
    found = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part)[:40] for part in found["loc"] if str(part).isprintable())
    message = found["msg"].removeprefix("Value error, ")
    if found["type"] == "union_tag_invalid":  # pydantic's own message repeats what was given
        message = f"its {found['ctx']['discriminator']} is not known to this version"
    message = message[:1].lower() + message[1:]
    return f"{place}: {message}" if place else message
