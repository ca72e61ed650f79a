"""Estimates learned from jobs that ended."""

from __future__ import annotations

from imggen.engine.durations import KINDS, Durations


def test_the_median_of_a_kind_is_expected() -> None:
    durations = Durations()
    for seconds in (1.0, 9.0, 2.0):
        durations.record("sampling", "gan", 2, seconds)
    assert durations.expected("sampling", "gan", 4, 7.0) == 4.0
    assert durations.expected("sampling", "other", 4, 7.0) == 7.0


def test_jobs_of_like_size_count_first() -> None:
    durations = Durations()
    durations.record("sampling", "gan", 1, 1.0)  # most of it is the same for any number
    durations.record("sampling", "gan", 16, 4.0)
    assert durations.expected("sampling", "gan", 20, 7.0) == 5.0
    assert durations.expected("sampling", "gan", 1, 7.0) == 1.0
    assert durations.expected("sampling", "gan", 64, 7.0) == 16.0


def test_models_that_visitors_bring_push_out_only_what_nobody_uses() -> None:
    durations = Durations()
    durations.record("sampling", "gan", 1, 3.0)
    for number in range(3 * KINDS):
        durations.record("sampling", f"visitor/{number}", 1, 1.0)
        durations.record("sampling", "gan", 1, 3.0)
    assert durations.expected("sampling", "gan", 1, 7.0) == 3.0
    assert durations.expected("sampling", "visitor/0", 1, 7.0) == 7.0
    assert len(durations._seconds) == KINDS
