"""The median of the timed calls, after the warm-up."""

from __future__ import annotations

import time

import pytest

from imggen.metrics.latency import latency


def test_median_of_the_timed_calls_only(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0.0
    durations = iter([100.0, 90.0, 3.0, 1.0, 50.0])

    def job() -> None:
        nonlocal clock
        clock += next(durations)

    monkeypatch.setattr(time, "perf_counter", lambda: clock)
    assert latency(job, runs=3, warm_up=2) == 3.0
    assert next(durations, None) is None
