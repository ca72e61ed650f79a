"""What is said of a job beside its work: its kind, how far it is, and a record of how it went."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from PIL import Image

from imggen.errors import Busy, Cancelled, DeadlineExceeded, ImggenError, InternalError

T = TypeVar("T")


@dataclass(frozen=True)
class Kind:
    """What sort of job it is.

    Attributes:
        task: its name in the log and for estimates, such as the id of its task; empty for one that only loads a model.
        units: how large it is: megapixels of a photo, pictures, or frames.
    """

    task: str = ""
    units: float = 1.0


#: A job of no task, such as one that only loads a model.
ANY = Kind()


@dataclass(frozen=True)
class Progress(Generic[T]):
    """How far a job is; the last one of a stream carries the result.

    Attributes:
        fraction: 0..1.
        seconds_left: estimate, None before there is anything to estimate from.
        message: what is happening, for people.
        result: what the job returned, on the last progress only.
        preview: what the result looks like so far, where the job shows it.
        done: whether this is the last.
        notice: a message that the user must see before the job goes on; empty for most progress.
        told: to be set by the caller once it has shown ``notice``; otherwise the job ends with an error.
    """

    fraction: float
    seconds_left: float | None = None
    message: str = ""
    result: T | None = None
    done: bool = False
    preview: Image.Image | None = None
    notice: str = ""
    told: threading.Event = field(default_factory=threading.Event, compare=False)


@dataclass(frozen=True)
class JobRecord:
    """How a job went.

    Attributes:
        kind: what it was.
        model_id: the model it ran.
        waited: seconds from its arrival to the start of its work.
        worked: seconds of work.
        outcome: "done", "stopped", "refused", "too long", "error" (the user can act on it) or "failure" (a bug).
    """

    kind: Kind
    model_id: str
    waited: float
    worked: float
    outcome: str


def outcome_of(error: BaseException | None) -> str:
    """The word for how a job ended."""
    if error is None:
        return "done"
    if isinstance(error, Cancelled | GeneratorExit):
        return "stopped"
    if isinstance(error, Busy):
        return "refused"
    if isinstance(error, DeadlineExceeded):
        return "too long"
    told = isinstance(error, ImggenError) and not isinstance(error, InternalError)
    return "error" if told else "failure"
