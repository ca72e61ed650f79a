"""What trainings tell while they run, and what is made of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from imggen.store import run_log, runs
from imggen.store.run_log import LOG_NAME, Progress, RunLog
from imggen.store.runs import Run, Runs
from tests.conftest import picture


class Clock:
    """Stands in for the module ``time``: moves only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(run_log, "time", clock)
    monkeypatch.setattr(runs, "time", clock)
    return clock


def trained(folder: Path, clock: Clock, steps: int = 100, until: int = 40) -> RunLog:
    """A training that takes a second for a step and tells of every tenth."""
    log = RunLog(folder, active=True)
    log.start("dcgan", "Flowers", 0, steps)
    for step in range(10, until + 1, 10):
        clock.now += 10
        log.losses(step, 1e-3, {"loss": 1 / step, "r1": float("nan")})
    return log


def only(found: list[Run]) -> Run:
    (run,) = found
    return run


def test_a_training_tells_how_far_it_is_and_how_long_it_will_take(tmp_path: Path, clock: Clock) -> None:
    log = trained(tmp_path / "flowers", clock)
    look = Runs(tmp_path)
    run = only(look.all())
    assert (run.name, run.recipe, run.title, run.state, run.step, run.steps) == (
        "flowers", "dcgan", "Flowers", "running", 40, 100,
    )  # fmt: skip
    assert run.seconds_left == pytest.approx(60)
    assert [line.values for line in run.losses] == [{"loss": 1 / step, "r1": None} for step in (10, 20, 30, 40)]
    clock.now += 5
    log.end("stopped")
    assert (only(look.all()).state, only(look.all()).seconds_left) == ("stopped", None)
    log.start("dcgan", "Flowers", 20, 100)  # resumed from a state before
    clock.now += 30
    log.losses(30, 1e-3, {"loss": 0.5})
    run = only(look.all())
    assert (run.state, run.step, [line.step for line in run.losses]) == ("running", 30, [10, 20, 30])
    assert run.seconds_left == pytest.approx(70 * 3)


def test_a_training_that_was_killed_is_told_from_one_that_is_slow(tmp_path: Path, clock: Clock) -> None:
    trained(tmp_path / "killed", clock)
    slow = RunLog(tmp_path / "slow", active=True)
    slow.start("dcgan", "Slow", 0, 100)
    clock.now += 1000
    slow.losses(10, 1e-3, {"loss": 1.0})
    clock.now += 2000
    assert {run.name: run.state for run in Runs(tmp_path).all()} == {"killed": "silent", "slow": "running"}


def test_only_what_is_new_is_read_and_damaged_lines_are_left_out(tmp_path: Path, clock: Clock) -> None:
    trained(tmp_path, clock)
    path = tmp_path / LOG_NAME
    whole = path.read_bytes()
    progress = Progress(path)
    path.write_bytes(whole[:-20])  # the last line is half written
    progress.read_on()
    assert [line.step for line in progress.losses] == [10, 20, 30]
    path.write_bytes(whole + b'{"kind": "losses"}\n\xff\n[1]\n')
    progress.read_on()
    assert [line.step for line in progress.losses] == [10, 20, 30, 40]
    trained(tmp_path / "other", clock, until=10)
    path.write_bytes((tmp_path / "other" / LOG_NAME).read_bytes())  # another training has taken its place
    progress.read_on()
    assert [line.step for line in progress.losses] == [10]


def test_what_is_no_training_is_left_out_and_what_is_deleted_goes(tmp_path: Path, clock: Clock) -> None:
    look = Runs(tmp_path / "runs")
    assert look.all() == []
    trained(tmp_path / "runs" / "night" / "first", clock)
    (tmp_path / "runs" / "notes").mkdir()
    (tmp_path / "runs" / "old" / "samples").mkdir(parents=True)
    picture(8, 8).save(tmp_path / "runs" / "old" / "samples" / "00000250.png")
    picture(8, 8).save(tmp_path / "runs" / "old" / "samples" / "00001000.png")
    clock.now += 10
    first, old = look.all()
    assert (first.name, first.state) == ("night/first", "running")
    assert (old.name, old.state, old.step) == ("old", "unknown", 1000)
    assert old.sheet is not None
    assert old.sheet.name == "00001000.png"
    shutil.rmtree(tmp_path / "runs" / "night")
    clock.now += 10
    assert [run.name for run in look.all()] == ["old"]


def test_a_folder_of_one_training_is_that_training(tmp_path: Path, clock: Clock) -> None:
    trained(tmp_path, clock)
    assert only(Runs(tmp_path).all()).name == tmp_path.name


def test_a_disk_that_refuses_does_not_end_a_training(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / LOG_NAME).mkdir()
    RunLog(tmp_path, active=True).losses(1, 1e-3, {"loss": 1.0})
    assert "cannot be written" in caplog.text
