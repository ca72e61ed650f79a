"""Checks of recipe settings that several families of models share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from imggen.errors import CheckpointError, InputError
from imggen.training.common.recipe import closest


def need(condition: bool, otherwise: str) -> None:
    """Raise :class:`InputError` with the sentence ``otherwise`` unless the condition holds."""
    if not condition:
        raise InputError(otherwise)


def choice(setting: str, value: str, known: Iterable[str]) -> None:
    """Raise :class:`InputError` unless the value of a setting is among the known ones."""
    known = list(known)
    need(value in known, f"The setting {setting!r} does not know {value!r}.{closest(str(value), known)}")


def check_ranges(
    recipe: Any,
    at_least_one: Iterable[str] = (),
    above_zero: Iterable[str] = (),
    not_negative: Iterable[str] = (),
    shares: Iterable[str] = (),
) -> None:
    """Check the ranges of numbers in a recipe, by their names.

    Raises:
        InputError: naming the first setting that is out of range.
    """
    for name in at_least_one:
        need(getattr(recipe, name) >= 1, f"The setting {name!r} must be at least 1.")
    for name in above_zero:
        need(getattr(recipe, name) > 0, f"The setting {name!r} must be above 0.")
    for name in not_negative:
        need(getattr(recipe, name) >= 0, f"The setting {name!r} must not be negative.")
    for name in shares:
        need(0 <= getattr(recipe, name) <= 1, f"The setting {name!r} must lie between 0 and 1.")


def check_betas(betas: list[float]) -> None:
    """Check the two decay rates of Adam, which must be decimal numbers: torch refuses whole ones."""
    fit = len(betas) == 2 and all(isinstance(beta, float) and 0 <= beta < 1 for beta in betas)
    need(fit, "The setting 'betas' must be two decimal numbers from 0 to below 1, such as [0.9, 0.99].")


@contextmanager
def network_errors() -> Iterator[None]:
    """Turn what constructors of networks raise inside into :class:`InputError`: the recipe's arguments do not fit."""
    try:
        yield
    except (TypeError, ValueError, CheckpointError) as error:
        raise InputError(f"The networks cannot be built from this recipe: {str(error).rstrip('.')}.") from error
