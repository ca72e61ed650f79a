"""Timing that takes no time."""

from __future__ import annotations

import pytest

from imggen.metrics import speed_note
from imggen.metrics.latency import latency


@pytest.fixture(autouse=True)
def one_timed_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time one run instead of many: the tests do not look at the seconds."""
    monkeypatch.setattr(speed_note, "latency", lambda job: latency(job, runs=1, warm_up=0))
