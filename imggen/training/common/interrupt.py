"""Turn Ctrl-C and SIGTERM into a request to stop, which the training loop checks between two steps."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether a stop was asked for. A second signal acts at once, as usual."""
    asked = False
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in former.items():
            signal.signal(number, handler)

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        restore()

    for number in former:
        signal.signal(number, on_signal)
    try:
        yield lambda: asked
    finally:
        restore()
