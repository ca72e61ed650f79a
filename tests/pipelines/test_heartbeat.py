"""Progress and Stop inside a calculation without steps of its own."""

from __future__ import annotations

import pytest
import torch

from imggen.errors import Cancelled
from imggen.pipelines import heartbeat
from imggen.pipelines.heartbeat import kept_alive


@pytest.fixture(autouse=True)
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "_INTERVAL", -1.0)


def test_the_last_report_is_repeated_between_operations_and_not_after() -> None:
    reports: list[float] = []
    with kept_alive(lambda fraction, preview=None: reports.append(fraction)) as report:
        x = torch.zeros(2) + 1
        report(0.5)
        x = torch.nn.functional.relu(x)
        assert reports.count(0.0) >= 1
        assert reports[reports.index(0.5) :].count(0.5) >= 2
    before = len(reports)
    torch.relu(x)
    assert len(reports) == before


def test_it_stops_between_two_operations() -> None:
    def stop(fraction: float, preview: object = None, /) -> None:
        raise Cancelled("Stopped.")

    x = torch.zeros(2)
    with pytest.raises(Cancelled), kept_alive(stop):
        x.add_(1)
    assert x.tolist() == [0, 0]
