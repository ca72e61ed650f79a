"""The engine: one job at a time, progress, cancel, deadline, memory budget, plain errors."""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar
from pathlib import Path

import pytest

from imggen.engine.engine import Engine
from imggen.engine.fair_queue import FairQueue
from imggen.engine.jobs import JobRecord, Kind
from imggen.errors import Busy, CheckpointError, DeadlineExceeded, ImggenError, InternalError
from imggen.pipelines import Pipeline, Report
from imggen.store.catalogue import Catalog, from_folder
from tests.conftest import save_tiny_span


@pytest.fixture
def engine(tiny_models: Path) -> Engine:
    return Engine(Catalog(extra=[tiny_models], shipped=tiny_models / "none"))


def test_progress_ends_with_the_result(engine: Engine) -> None:
    def work(pipeline: Pipeline, report: Report) -> str:
        report(0.25)
        report(0.5)
        return pipeline.info.id

    steps = list(engine.stream("tiny", work))
    assert [step.fraction for step in steps] == [0.25, 0.5, 1.0]
    assert [step.done for step in steps] == [False, False, True]
    assert steps[1].seconds_left is not None
    assert steps[-1].result == "tiny"
    assert engine.run("tiny", work) == "tiny"


def test_a_model_is_loaded_once(engine: Engine) -> None:
    first = engine.run("tiny", lambda pipeline, report: pipeline)
    assert engine.run("tiny", lambda pipeline, report: pipeline) is first


def test_closing_the_stream_stops_the_job(engine: Engine) -> None:
    stopped = threading.Event()

    def work(pipeline: Pipeline, report: Report) -> None:
        try:
            while True:
                report(0.1)
                time.sleep(0.01)
        finally:
            stopped.set()

    steps = engine.stream("tiny", work)
    next(steps)
    steps.close()
    assert stopped.wait(10)
    assert engine.run("tiny", lambda pipeline, report: 7) == 7


def test_the_deadline_stops_a_job(tiny_models: Path) -> None:
    engine = Engine(Catalog(extra=[tiny_models], shipped=tiny_models / "none"), deadline=0.0)
    with pytest.raises(DeadlineExceeded, match="longer than 0 seconds"):
        engine.run("tiny", lambda pipeline, report: report(0.5))


def test_jobs_take_turns_and_say_so(engine: Engine) -> None:
    entered, leave = threading.Event(), threading.Event()

    def hold(pipeline: Pipeline, report: Report) -> None:
        entered.set()
        leave.wait(30)

    first = threading.Thread(target=lambda: engine.run("tiny", hold))
    first.start()
    assert entered.wait(30)
    second = engine.stream("tiny", lambda pipeline, report: "mine")
    assert "Waiting" in next(second).message
    leave.set()
    assert list(second)[-1].result == "mine"
    first.join(30)


def test_a_waiting_job_whose_client_left_never_runs(engine: Engine) -> None:
    entered, leave, ran = threading.Event(), threading.Event(), threading.Event()

    def hold(pipeline: Pipeline, report: Report) -> None:
        entered.set()
        leave.wait(30)

    first = threading.Thread(target=lambda: engine.run("tiny", hold))
    first.start()
    assert entered.wait(30)
    second = engine.stream("tiny", lambda pipeline, report: ran.set())
    next(second)
    second.close()
    time.sleep(0.5)
    leave.set()
    first.join(30)
    engine.run("tiny", lambda pipeline, report: None)
    assert not ran.is_set()


def test_least_recently_used_models_leave_first(tmp_path: Path) -> None:
    for name in "abc":
        save_tiny_span(tmp_path / name)
    catalog = Catalog(extra=[tmp_path], shipped=tmp_path / "none")
    size = Engine(catalog).run("a", lambda pipeline, report: pipeline.size_bytes)
    engine = Engine(catalog, memory_budget=int(2.5 * size))
    for name in "abac":
        engine.run(name, lambda pipeline, report: None)
    assert engine.loaded == ["a", "c"]


def test_unknown_models_are_named(engine: Engine) -> None:
    with pytest.raises(CheckpointError, match="no model 'nothing'"):
        engine.run("nothing", lambda pipeline, report: None)


def test_a_bug_becomes_a_plain_sentence_without_details(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    def work(pipeline: Pipeline, report: Report) -> None:
        raise RuntimeError("/secret/path")

    with pytest.raises(ImggenError) as caught:
        engine.run("tiny", work)
    assert "secret" not in str(caught.value)
    assert "/secret/path" in caplog.text


def test_jobs_run_in_the_order_they_came(engine: Engine) -> None:
    first_runs, first_may_end, order = threading.Event(), threading.Event(), []

    def first(pipeline: Pipeline, report: Report) -> None:
        first_runs.set()
        first_may_end.wait(10)
        order.append("first")

    engine.run("tiny", lambda pipeline, report: None)
    threads = [threading.Thread(target=engine.run, args=("tiny", first))]
    threads[0].start()
    assert first_runs.wait(10)
    for name in ("second", "third", "fourth"):
        waits = engine.stream("tiny", lambda pipeline, report, name=name: order.append(name))
        assert "Waiting for another job" in next(waits).message
        threads.append(threading.Thread(target=list, args=(waits,)))
        threads[-1].start()
    first_may_end.set()
    for thread in threads:
        thread.join(10)
    assert order == ["first", "second", "third", "fourth"]


def test_a_job_that_hangs_ends_for_its_client_and_lets_others_on(
    tiny_models: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("imggen.engine.engine.GRACE", 0.2)
    engine = Engine(Catalog(extra=[tiny_models], shipped=tiny_models / "none"), deadline=0.1)
    wakes = threading.Event()
    with pytest.raises(DeadlineExceeded):
        engine.run("tiny", lambda pipeline, report: wakes.wait(60))
    assert engine.run("tiny", lambda pipeline, report: 7) == 7
    wakes.set()
    assert "given up" in caplog.text


def test_every_job_leaves_a_record(tiny_models: Path) -> None:
    records: list[JobRecord] = []
    engine = Engine(Catalog(extra=[tiny_models], shipped=tiny_models / "none"), ended=records.append)
    engine.run("tiny", lambda pipeline, report: None, Kind("super_resolution", 0.5))
    with pytest.raises(InternalError):
        engine.run("tiny", lambda pipeline, report: 1 / 0)
    steps = engine.stream("tiny", lambda pipeline, report: report(0.5))
    next(steps)
    steps.close()
    assert [record.outcome for record in records] == ["done", "failure", "stopped"]
    assert records[0].kind == Kind("super_resolution", 0.5)
    assert records[0].worked >= 0


def test_a_job_runs_in_the_name_of_its_visitor(tiny_models: Path, tmp_path: Path) -> None:
    visitor: ContextVar[str] = ContextVar("visitor")
    session = lambda: visitor.get("nobody")  # noqa: E731
    engine = Engine(Catalog([tiny_models], tmp_path / "none", tmp_path / "none.json", session=session))
    for name, commit in (("ann", "1"), ("ben", "2")):
        folder = save_tiny_span(tmp_path / name, seed=int(commit))
        engine.catalog.lend(from_folder(folder, "theirs/net", commit), name)
    seen = {}
    for name in ("ann", "ben"):
        visitor.set(name)
        seen[name] = engine.run("theirs/net", lambda pipeline, report: (session(), pipeline.info.revision))
    assert seen == {"ann": ("ann", "1"), "ben": ("ben", "2")}
    assert engine.loaded == []
    visitor.set("eve")
    with pytest.raises(CheckpointError, match="no model 'theirs/net'"):
        engine.run("theirs/net", lambda pipeline, report: None)


def test_the_queue_that_is_given_is_the_one_that_is_used(tiny_models: Path) -> None:
    engine = Engine(Catalog(extra=[tiny_models], shipped=tiny_models / "none"), jobs=FairQueue(places_per_client=1))
    first = engine.stream("tiny", lambda pipeline, report: report(0.5))
    next(first)
    with pytest.raises(Busy, match="You have 1 job here already"):
        engine.run("tiny", lambda pipeline, report: None)
    first.close()
