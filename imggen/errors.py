"""Errors a person can act on. ``str(error)`` is always one plain sentence that is safe to show in the browser."""

import difflib
from collections.abc import Iterable

#: Known names that a sentence lists at most.
_LISTED = 40


class ImggenError(Exception):
    """Base class: something the user can put right, said in one sentence."""


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
    """A mistake of the program; its details are in the log, not in the sentence."""


def listed(names: Iterable[str]) -> str:
    """The names as one text, with semicolons between them where a name has a comma itself."""
    names = list(names)
    return ("; " if any("," in name for name in names) else ", ").join(names)


def closest(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest known name, or `` Known: ...`` when none is near."""
    known = list(known)
    by_lower_case = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(name[:200].casefold(), by_lower_case, n=1, cutoff=0.5)
    if near:
        return f" Did you mean {by_lower_case[near[0]]!r}?"
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return f" Known: {listed(known[:_LISTED])}{more}."
