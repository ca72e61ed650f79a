"""How long jobs take, learned from those that ended, to tell people how long theirs will."""

from __future__ import annotations

import statistics
import threading
from collections import OrderedDict, deque

#: Jobs of one kind that are remembered: enough for a median, few enough to follow a machine that gets slower.
REMEMBERED = 9
#: Kinds of jobs that are remembered, those of late: visitors bring models of their own.
KINDS = 500


class Durations:
    """The median seconds per unit of work of each kind of job."""

    def __init__(self) -> None:
        self._seconds: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def record(self, task: str, model_id: str, units: float, seconds: float) -> None:
        """Remember a job that ended well. ``units`` measure its size: megapixels, pictures or frames."""
        with self._lock:
            kept = self._seconds.setdefault((task, model_id), deque(maxlen=REMEMBERED))
            kept.append(seconds / max(units, 1e-6))
            self._seconds.move_to_end((task, model_id))
            while len(self._seconds) > KINDS:
                self._seconds.popitem(last=False)

    def expected(self, task: str, model_id: str, units: float, unknown: float) -> float:
        """Seconds that a job is thought to take; ``unknown`` where none of its kind has ended yet."""
        with self._lock:
            kept = self._seconds.get((task, model_id))
            return statistics.median(kept) * units if kept else unknown
