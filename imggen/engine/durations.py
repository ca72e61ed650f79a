"""How long jobs take, learned from those that ended, to tell people how long theirs will.

Time does not grow with the size alone: each job has a share that is the same for all. So a job is compared with those
nearest to it in size, within a factor of about two where there are such.
"""

from __future__ import annotations

import math
import statistics
import threading
from collections import OrderedDict, deque

#: Jobs of one kind that are remembered: enough for a median, few enough to follow a machine that gets slower.
REMEMBERED = 9
#: Kinds of jobs that are remembered, those of late: visitors bring models of their own.
KINDS = 500


class Durations:
    """The median seconds per unit of work of each kind of job, by classes of size: powers of two."""

    def __init__(self) -> None:
        self._seconds: OrderedDict[tuple[str, str], dict[int, deque[float]]] = OrderedDict()
        self._lock = threading.Lock()

    def record(self, task: str, model_id: str, units: float, seconds: float) -> None:
        """Remember a job that ended well. ``units`` measure its size: megapixels, pictures or frames."""
        with self._lock:
            sizes = self._seconds.setdefault((task, model_id), {})
            sizes.setdefault(_size_class(units), deque(maxlen=REMEMBERED)).append(seconds / max(units, 1e-6))
            self._seconds.move_to_end((task, model_id))
            while len(self._seconds) > KINDS:
                self._seconds.popitem(last=False)

    def expected(self, task: str, model_id: str, units: float, unknown: float) -> float:
        """Seconds that a job is thought to take; ``unknown`` where none of its kind has ended yet."""
        with self._lock:
            sizes = self._seconds.get((task, model_id))
            if not sizes:
                return unknown
            nearest = min(sizes, key=lambda size: abs(size - _size_class(units)))
            return statistics.median(sizes[nearest]) * units


def _size_class(units: float) -> int:
    return round(math.log2(max(units, 1e-6)))
