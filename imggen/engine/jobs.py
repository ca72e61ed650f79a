"""What is said of a job beside its work: its kind, and a record of how it went."""

from __future__ import annotations

from dataclasses import dataclass

from imggen.errors import Busy, Cancelled, DeadlineExceeded, ImggenError, InternalError


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
class JobRecord:
    """How a job went.

    Attributes:
        kind: what it was.
        model_id: the model it ran.
        waited: seconds from its arrival to the start of its work.
        worked: seconds of work.
        outcome: "done", "stopped", "refused", "too long", "error" (told in a sentence) or "failure" (a bug).
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
