"""Places and turns: who is let in, who is next, what those who wait are told."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

import pytest

from imggen.engine.fair_queue import FairQueue, Wait
from imggen.errors import Busy


class Running:
    """A job that holds its turn until it is told to end; jobs that wait behind it are noted as they run."""

    def __init__(self, queue: FairQueue, client: str = "holder", expected: float = 5.0) -> None:
        self.queue, self.order = queue, list[str]()
        self._end, self._stack = threading.Event(), ExitStack()
        self.threads: list[threading.Thread] = []
        self.place = self._stack.enter_context(queue.enter(client))
        self._stack.enter_context(queue.turn(self.place, lambda: expected, lambda wait: None))

    def line_up(self, client: str, name: str, expected: float, heard: list[Wait] | None = None) -> None:
        waits = threading.Event()

        def told(wait: Wait) -> None:
            if heard is not None:
                heard.append(wait)
            waits.set()

        def job() -> None:
            with self.queue.enter(client) as place, self.queue.turn(place, lambda: expected, told):
                self.order.append(name)

        self.threads.append(threading.Thread(target=job))
        self.threads[-1].start()
        assert waits.wait(10)

    def finish(self) -> list[str]:
        self._stack.close()
        for thread in self.threads:
            thread.join(10)
        return self.order


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> FairQueue:
    monkeypatch.setattr("imggen.engine.fair_queue.TICK", 0.02)
    return FairQueue(places=6, places_per_client=4)


def test_one_visitor_with_many_jobs_does_not_keep_another_waiting(queue: FairQueue) -> None:
    running = Running(queue, "greedy")
    for number in range(3):
        running.line_up("greedy", f"film {number}", 10.0)
    running.line_up("stranger", "picture", 1.0)
    assert running.finish() == ["picture", "film 0", "film 1", "film 2"]


def test_the_shorter_job_of_two_new_visitors_goes_first(queue: FairQueue) -> None:
    running = Running(queue)
    running.line_up("a", "film", 30.0)
    running.line_up("b", "picture", 1.0)
    assert running.finish() == ["picture", "film"]


def test_own_jobs_keep_their_order_whatever_their_length(queue: FairQueue) -> None:
    running = Running(queue)
    running.line_up("a", "long", 30.0)
    running.line_up("a", "short", 1.0)
    assert running.finish() == ["long", "short"]


def test_too_many_jobs_of_one_visitor_are_refused_and_others_are_let_in(queue: FairQueue) -> None:
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(queue.enter("greedy"))
        with pytest.raises(Busy, match=r"You have 4 jobs here already.*Try again in about \d+ seconds"):
            stack.enter_context(queue.enter("greedy"))
        stack.enter_context(queue.enter("stranger"))
    with queue.enter("greedy"):
        assert len(queue) == 1


def test_a_full_queue_says_when_to_try_again(queue: FairQueue) -> None:
    with ExitStack() as stack:
        for number in range(6):
            stack.enter_context(queue.enter(f"client {number}"))
        with pytest.raises(Busy, match=r"The app is busy: 6 jobs wait. Try again in about \d+ seconds"):
            stack.enter_context(queue.enter("late"))


def test_those_who_wait_hear_how_many_are_before_them_and_for_how_long(queue: FairQueue) -> None:
    running = Running(queue, expected=5.0)
    running.line_up("a", "first", 2.0)
    heard: list[Wait] = []
    running.line_up("b", "second", 3.0, heard)
    running.finish()
    assert heard[0].before == 2
    assert 5.0 < heard[0].seconds <= 7.0  # the rest of five seconds, and two


def test_the_speed_of_the_running_job_corrects_how_long_it_is_thought_to_take(queue: FairQueue) -> None:
    running = Running(queue, expected=5.0)
    assert running.place.since is not None
    running.place.since -= 10.0  # it has run for ten seconds, five more than was thought
    heard: list[Wait] = []
    queue.progressed(running.place, 0.5)
    running.line_up("a", "picture", 1.0, heard)
    running.finish()
    assert heard[0].seconds == pytest.approx(10.0, abs=2.0)


def test_those_who_wait_learn_from_jobs_that_end_meanwhile(queue: FairQueue) -> None:
    running = Running(queue, expected=0.0)
    known, heard = [2.0], list[Wait]()
    waits = threading.Event()

    def told(wait: Wait) -> None:
        waits.set()

    def job() -> None:
        with queue.enter("a") as place, queue.turn(place, lambda: known[0], told):
            pass

    running.threads.append(threading.Thread(target=job))
    running.threads[-1].start()
    assert waits.wait(10)
    known[0] = 20.0
    waits.clear()
    assert waits.wait(10)
    running.line_up("b", "long", 30.0, heard)
    running.finish()
    assert heard[-1].seconds >= 20.0


def test_a_job_whose_client_left_gives_its_turn_up(queue: FairQueue) -> None:
    running = Running(queue)

    def leave(wait: Wait) -> None:
        raise ConnectionError

    def job() -> None:
        with queue.enter("gone") as place, queue.turn(place, lambda: 1.0, leave):
            running.order.append("gone")

    with pytest.raises(ConnectionError):
        job()
    running.line_up("a", "mine", 1.0)
    assert running.finish() == ["mine"]


def test_a_job_that_hangs_loses_its_turn(queue: FairQueue) -> None:
    running = Running(queue)
    time.sleep(0.02)
    hung = queue.overdue(0.01)
    assert hung is not None
    queue.give_up(hung)
    with queue.enter("next") as place, queue.turn(place, lambda: 1.0, lambda wait: None):
        assert queue.overdue(60.0) is None
    running.finish()


def test_two_machines_run_two_jobs_and_those_who_wait_are_told_so(queue: FairQueue) -> None:
    queue.turns = 2
    running, heard = Running(queue, "first", 6.0), list[Wait]()
    with queue.enter("second") as place, queue.turn(place, lambda: 8.0, lambda wait: pytest.fail("a machine is free")):
        running.line_up("third", "third", 1.0)
        running.line_up("fourth", "fourth", 2.0, heard)
        assert heard[0].before == 3
        assert heard[0].seconds == pytest.approx(7, abs=1.5)  # the first ends, then the third
    assert running.finish() == ["third", "fourth"]
