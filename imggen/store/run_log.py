"""What a training tells while it runs: ``progress.jsonl`` in its folder, a line of JSON for each thing it tells."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from imggen.schema import STRICT

logger = logging.getLogger(__name__)

LOG_NAME = "progress.jsonl"
#: Characters of the sentence with which a training failed that are kept.
_MAX_WORDS = 1000
Step = Annotated[int, Field(ge=0)]


class Start(BaseModel):
    """A training begins, or goes on.

    Attributes:
        time: seconds since 1970, as in all lines.
        recipe: its name.
        title: of the model.
        step: optimiser steps already taken.
        steps: optimiser steps in all.
    """

    model_config = STRICT

    kind: Literal["start"] = "start"
    time: float
    recipe: str
    title: str
    step: Step
    steps: Step


class Losses(BaseModel):
    """Averages since the line before.

    Attributes:
        step: optimiser steps taken.
        lr: learning rate.
        values: losses and other scalars by name; None for what was no finite number.
    """

    model_config = STRICT

    kind: Literal["losses"] = "losses"
    time: float
    step: Step
    lr: float
    values: dict[str, float | None]


class End(BaseModel):
    """A training has ended; one that was killed tells nothing.

    Attributes:
        outcome: all steps were taken, somebody stopped it, or it failed.
        words: why it failed.
    """

    model_config = STRICT

    kind: Literal["end"] = "end"
    time: float
    outcome: Literal["finished", "stopped", "failed"]
    words: Annotated[str, Field(max_length=_MAX_WORDS)] = ""


_LINE: TypeAdapter[Start | Losses | End] = TypeAdapter(Annotated[Start | Losses | End, Field(discriminator="kind")])


class RunLog:
    """Writes the lines. A disk that refuses them is told in the log: training goes on.

    Args:
        folder: of the training.
        active: False in all processes of a training but one.
    """

    def __init__(self, folder: Path, active: bool) -> None:
        self._path, self._active = folder / LOG_NAME, active

    def start(self, recipe: str, title: str, step: int, steps: int) -> None:
        """The training begins, or goes on."""
        self._write(Start(time=time.time(), recipe=recipe, title=title, step=step, steps=steps))

    def losses(self, step: int, lr: float, values: Mapping[str, float]) -> None:
        """Losses since the last call."""
        finite = {name: value if math.isfinite(value) else None for name, value in values.items()}
        self._write(Losses(time=time.time(), step=step, lr=lr, values=finite))

    def end(self, outcome: Literal["finished", "stopped", "failed"], words: str = "") -> None:
        """The training has ended."""
        self._write(End(time=time.time(), outcome=outcome, words=words[:_MAX_WORDS]))

    def _write(self, line: BaseModel) -> None:
        if not self._active:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line.model_dump_json() + "\n")
        except OSError as error:
            logger.warning("The progress cannot be written into %s: %s", self._path, error)


@dataclass
class Progress:
    """All that a training has told, read piece by piece as it grows.

    Attributes:
        start: the last one.
        losses: in the order of the steps. Those that a later start takes back, as the training went on from a state
            before them, are left out.
        end: None where the training has not said that it ended.
    """

    path: Path
    start: Start | None = None
    losses: list[Losses] = field(default_factory=list)
    end: End | None = None
    _read: int = 0

    def read_on(self) -> None:
        """Read what is new; lines that are damaged or half written are left out. Raises OSError."""
        if self.path.stat().st_size < self._read:  # another file has taken its place
            self.start, self.losses, self.end, self._read = None, [], None, 0
        with self.path.open("rb") as file:
            file.seek(self._read)
            new, _, _ = file.read().rpartition(b"\n")
        if not new:
            return
        self._read += len(new) + 1
        for text in new.splitlines():
            try:
                line = _LINE.validate_json(text)
            except ValidationError:
                continue
            self._take(line)

    def _take(self, line: Start | Losses | End) -> None:
        match line:
            case Start():
                self.start, self.end = line, None
                self.losses = [each for each in self.losses if each.step <= line.step]
            case Losses():
                self.losses.append(line)
            case End():
                self.end = line

    def seconds_per_step(self, of_last: int = 20) -> float | None:
        """Seconds between two steps over the last lines since the start; None as long as that is not known."""
        if self.start is None:
            return None
        since = [line for line in self.losses[-of_last:] if line.time >= self.start.time]
        first = self.start if len(since) < of_last else since[0]
        steps = since[-1].step - first.step if since else 0
        return (since[-1].time - first.time) / steps if steps > 0 else None
