"""The queue of jobs: one runs at a time, or one on each machine, and clients share the time fairly.

Fair queueing by consumed time, after Nagle's idea of one line for each client (1987, "On Packet Switches with Infinite
Storage", https://doi.org/10.1109/TCOM.1987.1096782) in the form of start-time fair queueing (Goyal et al., 1996,
https://doi.org/10.1145/248156.248171): next is the client that has used the least time of late, and among equals the
shortest job. A client that comes new, or returns, starts level with the one that has used least, so nobody saves time
up by waiting, and nobody with many or long jobs keeps the others out.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from imggen.errors import Busy

#: Seconds between two reports to somebody who waits.
TICK = 0.5
#: Share of a job after which its own speed says more of its length than other jobs do.
TELLING = 0.2
#: Seconds that a job of an unknown kind is thought to take.
UNKNOWN = 2.0


@dataclass(eq=False)
class Place:
    """A place in the queue, from the arrival of a job to its end.

    Attributes:
        client: whose job it is.
        expected: seconds that the job is thought to take.
        asked: whether it waits for its turn; before that its model is loaded.
        since: when its turn began, by :func:`time.monotonic`; None before.
        hung: whether it was given up because it took far too long.
    """

    client: str
    expected: float = UNKNOWN
    asked: bool = False
    since: float | None = None
    hung: bool = False


@dataclass(frozen=True)
class Wait:
    """What somebody who waits is told.

    Attributes:
        before: jobs that run before, the running one included.
        seconds: until the turn comes, as far as can be told.
    """

    before: int
    seconds: float


@dataclass
class FairQueue:
    """Places and turns. All methods may be called from any thread.

    Attributes:
        places: jobs that may be inside at once, waiting, loading and running.
        places_per_client: how many of them may be one client's.
        turns: jobs that run at the same time.
        closed: whether nobody is let in any more.
    """

    places: int = 64
    places_per_client: int = 8
    turns: int = 1
    closed: bool = False
    _inside: list[Place] = field(default_factory=list)
    _used: dict[str, float] = field(default_factory=dict)
    _running: list[Place] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def enter(self, client: str) -> Iterator[Place]:
        """Take a place for as long as the block lasts.

        Raises:
            Busy: when all places, or all that one client may have, are taken; the message says when to try again.
        """
        place = Place(client)
        with self._changed:
            self._admit(place)
        try:
            yield place
        finally:
            with self._changed:  # a turn that still runs lasts until its job has noticed
                self._inside.remove(place)
                place.asked = False
                self._changed.notify_all()

    @contextmanager
    def turn(self, place: Place, expected: Callable[[], float], waiting: Callable[[Wait], None]) -> Iterator[None]:
        """Wait for one's turn; it lasts as long as the block.

        Args:
            place: from :meth:`enter`.
            expected: seconds that the job is thought to take; asked again while it waits, for others that end meanwhile
                teach how long such jobs take.
            waiting: called twice a second meanwhile; a raise in it gives the turn up.
        """
        with self._changed:
            place.expected, place.asked = expected(), True
        while not self._begin(place):
            place.expected = expected()
            waiting(self.wait_of(place))  # raises when the client has left
        try:
            yield
        finally:
            self._end(place)

    def wait_of(self, place: Place) -> Wait:
        """How long the wait of a place is."""
        with self._changed:
            order = self._order()
            before = order.index(place) if place in order else len(order)
            return Wait(before + len(self._running), self._seconds_until_free(order[:before]))

    def progressed(self, place: Place, fraction: float) -> None:
        """Correct how long a running job is thought to take, from the share of its work that is done."""
        if place.since is not None and fraction >= TELLING:
            place.expected = (time.monotonic() - place.since) / fraction

    def overdue(self, limit: float) -> Place | None:
        """The job that has run longest when that is longer than ``limit`` seconds."""
        with self._changed:
            late = [each for each in self._running if time.monotonic() - (each.since or 0) > limit]
            return late[0] if late else None

    def give_up(self, place: Place) -> None:
        """Take the turn away from a job that hangs."""
        place.hung = True
        self._end(place)

    def __len__(self) -> int:
        return len(self._inside)

    def _admit(self, place: Place) -> None:
        if self.closed:
            raise Busy("The app is being stopped. Try again in a minute.")
        own = [each for each in self._inside if each.client == place.client]
        if len(own) >= self.places_per_client:
            raise Busy(
                f"You have {len(own)} job{'s' if len(own) > 1 else ''} here already, as many as one visitor may have. "
                f"Try again in about {self._soonest(own):.0f} seconds."
            )
        if len(self._inside) >= self.places:
            raise Busy(
                f"The app is busy: {len(self._inside)} jobs wait. Try again in about "
                f"{self._soonest(self._inside):.0f} seconds."
            )
        if not own:
            active = [self._used[each.client] for each in self._inside]
            level = min(active, default=0.0)
            self._used[place.client] = max(self._used.get(place.client, level), level)
            for client in [client for client, used in self._used.items() if used <= level]:
                if client != place.client and all(each.client != client for each in self._inside):
                    del self._used[client]
        self._inside.append(place)

    def _soonest(self, places: list[Place]) -> float:
        """Seconds until one of the places is free again, at least 1."""
        running = [self._left(place) for place in self._running if place in places]
        if running:
            return max(1.0, min(running))
        order = self._order()
        number = next((number for number, place in enumerate(order) if place in places), len(order))
        first = order[number].expected if number < len(order) else UNKNOWN
        return max(1.0, self._seconds_until_free(order[:number]) + first)

    def _seconds_until_free(self, first: list[Place]) -> float:
        """Seconds until a turn is free for whoever comes after these places, each of which takes the next free one."""
        free = [self._left(place) for place in self._running] + [0.0] * (self.turns - len(self._running))
        heapq.heapify(free)
        for place in first:
            heapq.heapreplace(free, free[0] + place.expected)
        return free[0]

    def _left(self, place: Place) -> float:
        """Seconds that a running job still needs, as far as can be told."""
        return max(0.0, place.expected - (time.monotonic() - (place.since or 0.0)))

    def _order(self) -> list[Place]:
        """The places that wait for a turn, in the order in which they get it if nobody else comes."""
        waiting, used = self._waiting(), self._used_so_far()
        order: list[Place] = []
        while waiting:
            chosen = _next(waiting, used)
            waiting.remove(chosen)
            used[chosen.client] = used.get(chosen.client, 0.0) + chosen.expected
            order.append(chosen)
        return order

    def _waiting(self) -> list[Place]:
        return [place for place in self._inside if place.asked and place not in self._running]

    def _used_so_far(self) -> dict[str, float]:
        """Seconds that each client has used, running jobs included as if they were over."""
        used = dict(self._used)
        for place in self._running:
            used[place.client] = used.get(place.client, 0.0) + place.expected
        return used

    def _begin(self, place: Place) -> bool:
        """Start the turn if it has come within a tick."""

        def is_next() -> bool:
            return len(self._running) < self.turns and _next(self._waiting(), self._used_so_far()) is place

        with self._changed:
            if not self._changed.wait_for(is_next, TICK):
                return False
            self._running.append(place)
            place.since = time.monotonic()
            self._changed.notify_all()  # the next one may have a free turn too
            return True

    def _end(self, place: Place) -> None:
        with self._changed:
            place.asked = False
            if place in self._running and place.since is not None:
                self._running.remove(place)
                if place.client in self._used:
                    self._used[place.client] += time.monotonic() - place.since
            self._changed.notify_all()


def _next(waiting: list[Place], used: dict[str, float]) -> Place:
    """Who of those who wait has the next turn, after the seconds that each client has used."""
    first: dict[str, Place] = {}  # a client's own jobs keep the order they came in
    for place in waiting:
        first.setdefault(place.client, place)
    return min(first.values(), key=lambda place: (used.get(place.client, 0.0), place.expected))
