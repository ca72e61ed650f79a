"""What the names of two domains say: the directions between them, and whether there is a time of day."""

from __future__ import annotations


def directions(first: str, second: str) -> tuple[str, str]:
    """The two directions between two domains: first to second, and back."""
    return f"{first}2{second}", f"{second}2{first}"


def has_time(domains: tuple[str, ...]) -> bool:
    """Whether there are times of day between two domains."""
    return set(domains) == {"day", "night"}
