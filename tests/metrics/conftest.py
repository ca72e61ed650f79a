"""Timing that takes no time."""

from __future__ import annotations

import pytest

from imggen.metrics import style_transfer, super_resolution
from imggen.metrics.latency import latency


@pytest.fixture(autouse=True)
def one_timed_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time one run instead of many: the tests do not look at the seconds."""
    for module in (super_resolution, style_transfer):
        monkeypatch.setattr(module, "latency", lambda job: latency(job, runs=1, warm_up=0))
