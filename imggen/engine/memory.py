"""Memory: what a job will need, what the process has, and how it goes back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys
from functools import cache

import numpy as np
import psutil

#: Megabytes that a job took at most beside the weights, by its size: megapixels of a photo, pictures, or frames of a
#: film. Measured in float32 with the models that ship; networks that work in tiles need no more from some size on.
NEEDS: dict[str, list[tuple[float, float]]] = {
    "sampling": [(1, 16), (64, 30)],
    "conditional": [(1, 16), (64, 30)],
    "interpolation": [(24, 110), (240, 140)],
    "day_night": [(0.0, 120), (1.05, 300), (4.2, 720)],
    "style_transfer": [(0.0, 80), (0.26, 290), (1.05, 920), (4.2, 920)],
    "super_resolution": [(0.0, 50), (0.07, 210), (0.26, 470), (4.2, 900)],
}

#: The option of glibc's ``mallopt`` for the largest number of arenas, from its malloc.h.
_M_ARENA_MAX = -8
#: Arenas that all threads share.
_ARENAS = 2


def needed(task: str, units: float) -> float:
    """Bytes that a job of a size, as in :data:`NEEDS`, is thought to take beside the weights; 0 for other tasks."""
    if task not in NEEDS:
        return 0.0
    sizes, megabytes = zip(*NEEDS[task], strict=True)
    beyond = max(1.0, units / sizes[-1])  # pictures themselves go on to grow
    return float(np.interp(units, sizes, megabytes)) * beyond * 1e6


def resident() -> float:
    """Bytes that the process has now."""
    return float(psutil.Process().memory_info().rss)


def return_memory() -> None:
    """Give freed memory back to the system; glibc keeps it for later otherwise, in every arena."""
    gc.collect(0)
    if libc := _glibc():
        libc.malloc_trim(0)


def share_memory() -> None:
    """Let the threads of this process share what is freed; glibc has up to eight arenas for each core otherwise.

    Every job is a thread: an app under attack took 1093 MB at most instead of 1309, and kept 1025 instead of 1211.
    """
    if libc := _glibc():
        libc.mallopt(_M_ARENA_MAX, _ARENAS)


@cache
def _glibc() -> ctypes.CDLL | None:
    """glibc, where these functions are; other systems do without."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        libc = ctypes.CDLL("libc.so.6")
        return libc if hasattr(libc, "malloc_trim") else None
    except OSError:
        return None
