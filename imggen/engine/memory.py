"""Memory that a job has used goes back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys
from functools import cache


def return_memory() -> None:
    """Give freed memory back to the system; glibc keeps it for later otherwise, and every thread its own share."""
    gc.collect(0)
    if trim := _malloc_trim():
        trim(0)


@cache
def _malloc_trim() -> ctypes._NamedFuncPointer | None:
    """glibc's function for that; other systems do without."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL("libc.so.6").malloc_trim
    except (OSError, AttributeError):
        return None
