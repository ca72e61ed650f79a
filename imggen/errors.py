"""Errors that a user can act on. ``str(error)`` is an error message that is safe to show in the browser."""

import difflib
from collections.abc import Iterable, Sequence

#: Names that a message lists at most.
_LISTED = 12
#: The same of known names, of which one was meant.
_KNOWN = 40


class ImggenError(Exception):
    """Base class. The text of each error is what the user reads: what is wrong, and what to do about it."""


class ImageError(ImggenError):
    """The file is not a picture the app can use."""


class InputError(ImggenError):
    """An argument has the wrong type or lies outside its range."""


class CheckpointError(ImggenError):
    """A checkpoint folder is incomplete, damaged, or made for something else."""


class WeightsUnavailable(ImggenError):
    """The weights of a model are neither shipped nor cached, and cannot be downloaded now."""


class Cancelled(ImggenError):
    """The job was stopped by the user or by a closed browser."""


class DeadlineExceeded(ImggenError):
    """The job ran longer than the engine allows."""


class Busy(ImggenError):
    """Too many jobs wait, of everybody or of this client."""


class InternalError(ImggenError):
    """A mistake of the program; its details are in the log, not in the message."""


def join_names(names: Iterable[str]) -> str:
    """Join names, with semicolons where a name has a comma itself."""
    names = list(names)
    return ("; " if any("," in name for name in names) else ", ").join(names)


def list_names(names: Sequence[str], most: int = _LISTED) -> str:
    """Join names for a message; of many, the first ``most``."""
    shown = join_names(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def closest(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest known name, or `` Known: ...`` when none is near."""
    known = list(known)
    by_lower_case = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(name[:200].casefold(), by_lower_case, n=1, cutoff=0.5)
    if near:
        return f" Did you mean {by_lower_case[near[0]]!r}?"
    return f" Known: {list_names(known, _KNOWN)}."
