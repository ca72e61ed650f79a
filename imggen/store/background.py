"""Run a blocking call so that it can be left."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

TICK = 0.2  # seconds between two ticks

_T = TypeVar("_T")


def in_background(work: Callable[[], _T], tick: Callable[[], None] = lambda: None, limit: float = float("inf")) -> _T:
    """Run a call in a thread and return its result.

    Args:
        work: may block for ever; then its thread goes on until the process ends.
        tick: called a few times a second meanwhile, and once at the end; a raise in it leaves the call.
        limit: seconds.

    Raises:
        TimeoutError: after ``limit``. And whatever ``work`` or ``tick`` raises.
    """
    future: Future[_T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # the caller raises it
            future.set_exception(error)

    Thread(target=run, name="background", daemon=True).start()
    end = time.monotonic() + limit
    while not wait([future], timeout=TICK).done:
        tick()
        if time.monotonic() > end:
            raise TimeoutError(errno.ETIMEDOUT, "no answer")
    tick()
    return future.result()
