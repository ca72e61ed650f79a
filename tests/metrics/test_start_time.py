"""The time from the start of the app to a page that answers."""

from __future__ import annotations

import psutil
import pytest

from imggen.errors import InputError
from imggen.metrics import start_time


def test_a_real_start_is_timed_and_leaves_no_process() -> None:
    before = psutil.Process().children()
    start = start_time.measure(1)
    assert start.wall > 0
    assert start.processor > 0
    assert psutil.Process().children() == before


def test_an_app_that_does_not_start_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGGEN_JOBS", "many")
    with pytest.raises(InputError, match="does not start"):
        start_time.measure(1)
