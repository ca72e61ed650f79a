"""One at a time, first come, first served."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

TICK = 0.2  # seconds between two calls of ``waiting``


class Turns:
    """A lock that threads get in the order they asked for it, and that can be given up while waiting."""

    def __init__(self) -> None:
        self._line: deque[object] = deque()
        self._moved = threading.Condition()

    @contextmanager
    def turn(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Wait for one's turn; it lasts as long as the block.

        Args:
            waiting: called a few times a second meanwhile; a raise in it leaves the line.
        """
        ticket = object()
        with self._moved:
            self._line.append(ticket)
        try:
            while not self._is_first(ticket):
                waiting()
            yield
        finally:
            with self._moved:
                self._line.remove(ticket)
                self._moved.notify_all()

    def _is_first(self, ticket: object) -> bool:
        with self._moved:
            return self._moved.wait_for(lambda: self._line[0] is ticket, TICK)
