"""What a model card says beside its text for people: the table of measurements that ``imggen evaluate`` writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from imggen.store.file_names import CARD_NAME, LARGEST

#: Markers in a model card around the measurements.
START = "<!-- metrics -->"
END = "<!-- /metrics -->"
#: How the names of the rows begin that are about the model itself, and not about something to compare it with.
OWN = "this model"
_METHOD = "Method"


@dataclass(frozen=True)
class Comparison:
    """One measure of a model beside what it is compared with. All are texts of a card, which may be a stranger's.

    Attributes:
        measure: such as ``"PSNR (dB) ↑"``.
        value: what the model reached.
        other: what it is compared with: the floor, or a simple method.
        other_value: what that reached.
    """

    measure: str
    value: str
    other: str
    other_value: str


def card_text(folder: Path) -> str | None:
    """The card of a checkpoint folder, or as much of it as a card may have; None where there is none."""
    try:
        with (folder / CARD_NAME).open(encoding="utf-8", errors="replace") as file:
            return file.read(LARGEST[CARD_NAME])
    except OSError:
        return None


def measurements(card: str) -> str:
    """The part of a card between the markers; empty where nothing was measured."""
    return card.partition(START)[2].partition(END)[0].strip()


def table_of(card: str) -> list[str]:
    """The lines of the table of measurements."""
    return [line for line in measurements(card).splitlines() if line.startswith("|")]


def first_comparison(card: str) -> Comparison | None:
    """The first measure of the table, for the model and for what comes first beside it; None where there are no two."""
    header, *rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table_of(card)] or [[]]
    if _METHOD not in header or header.index(_METHOD) + 1 >= len(header):
        return None
    method = header.index(_METHOD)
    whole = [row for row in rows if len(row) == len(header)]
    own = next((row for row in whole if row[method].startswith(OWN)), None)
    others = (row for row in whole if not row[method].startswith((OWN, "-")))
    other = next((row for row in others if own is not None and row[0] == own[0]), None)
    if own is None or other is None:
        return None
    return Comparison(header[method + 1], own[method + 1], other[method], other[method + 1])
