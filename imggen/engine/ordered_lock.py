"""A lock that threads get in the order in which they asked for it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Seconds between two calls of ``waiting``.
POLL_INTERVAL = 0.2


class OrderedLock:
    """First come, first served, unlike :class:`threading.Lock`; and a thread can give up while it waits."""

    def __init__(self) -> None:
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Wait for the lock and hold it while the block runs.

        Args:
            waiting: called every :data:`POLL_INTERVAL` seconds while this thread waits; an exception in it leaves the
                queue and is passed on.
        """
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
        try:
            while not self._is_first(ticket):
                waiting()
            yield
        finally:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def _is_first(self, ticket: object) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._queue[0] is ticket, POLL_INTERVAL)
