"""How long a job takes on this machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

#: Runs that are timed.
RUNS = 10
#: Runs before them that are not timed.
WARM_UP = 2


def latency(job: Callable[[], object], runs: int = RUNS, warm_up: int = WARM_UP) -> float:
    """Return the median wall-clock seconds of ``runs`` calls, after ``warm_up`` calls that do not count.

    The job must have its result on the CPU when it returns, as every pipeline has: GPU kernels run asynchronously.
    """
    for _ in range(warm_up):
        job()
    return statistics.median(seconds(job) for _ in range(runs))


def seconds(job: Callable[[], object]) -> float:
    """Wall-clock seconds that one call takes."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start
