"""Jobs on a Ray of this machine with two workers: ``python -m pytest -m ray``."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from imggen.engine.jobs import JobRecord, Kind
from imggen.errors import CheckpointError, InputError, InternalError
from imggen.pipelines import Pipeline, Report
from imggen.store.catalogue import Catalog

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
from imggen.engine.ray_workers import RayEngine  # noqa: E402

pytestmark = [pytest.mark.ray, pytest.mark.slow]
RECORDS: list[JobRecord] = []


@pytest.fixture(scope="module")
def engine(tiny_models: Path) -> Iterator[RayEngine]:
    ray.init(num_cpus=2, include_dashboard=False)
    address = ray.get_runtime_context().gcs_address
    models, there = [str(tiny_models)], {"offline": True, "deadline": 60.0}
    engine = RayEngine(Catalog(models), address, 1, models, {"ended": RECORDS.append}, there)
    yield engine
    engine.close(1.0)


def wait_for(path: Path) -> None:
    """Wait until a file is there."""
    for _ in range(1200):
        if path.exists():
            return
        time.sleep(0.05)
    raise TimeoutError(path)


def in_background(engine: RayEngine, work: object, results: list[object]) -> threading.Thread:
    thread = threading.Thread(target=lambda: results.append(engine.run("tiny", work)))  # type: ignore[arg-type]
    thread.start()
    return thread


def test_progress_and_result_come_from_the_worker(engine: RayEngine) -> None:
    def work(pipeline: Pipeline, report: Report) -> tuple[str, int]:
        report(0.25)
        time.sleep(0.1)
        report(0.5)
        return pipeline.info.id, os.getpid()

    *steps, last = engine.stream("tiny", work, Kind("super_resolution"))
    assert [step.fraction for step in steps if step.message == "Working"] == [0.25, 0.5]
    assert last.result is not None
    assert last.result[0] == "tiny"
    assert last.result[1] != os.getpid()
    assert RECORDS[-1].outcome == "done"


def test_errors_come_as_they_are(engine: RayEngine) -> None:
    with pytest.raises(CheckpointError, match="no model 'nothing'"):
        engine.run("nothing", lambda pipeline, report: None)

    def wrong(pipeline: Pipeline, report: Report) -> None:
        raise InputError("The number is too large.")

    with pytest.raises(InputError, match="too large"):
        engine.run("tiny", wrong)


def test_two_jobs_run_at_a_time(engine: RayEngine, tmp_path: Path) -> None:
    def meet(mine: str, other: str) -> object:
        def work(pipeline: Pipeline, report: Report) -> int:
            (tmp_path / mine).touch()
            wait_for(tmp_path / other)  # comes only if the other job runs meanwhile
            return os.getpid()

        return work

    pids: list[object] = []
    threads = [in_background(engine, meet("a", "b"), pids), in_background(engine, meet("b", "a"), pids)]
    for thread in threads:
        thread.join(120)
    assert len(set(pids)) == 2


def test_closing_the_stream_stops_the_job_on_the_worker(engine: RayEngine, tmp_path: Path) -> None:
    def work(pipeline: Pipeline, report: Report) -> None:
        try:
            while True:
                report(0.1)
                time.sleep(0.05)
        finally:
            (tmp_path / "stopped").touch()

    steps = engine.stream("tiny", work)
    next(step for step in steps if step.message == "Working")
    steps.close()
    wait_for(tmp_path / "stopped")
    assert engine.run("tiny", lambda pipeline, report: 7) == 7


def test_a_killed_worker_loses_nothing_but_its_job_which_is_run_again(engine: RayEngine, tmp_path: Path) -> None:
    def killed_once(pipeline: Pipeline, report: Report) -> str:
        if not (tmp_path / "pid").exists():
            (tmp_path / "pid").write_text(str(os.getpid()))
            time.sleep(300)
        return "made on the second try"

    def other(pipeline: Pipeline, report: Report) -> str:
        (tmp_path / "other runs").touch()
        wait_for(tmp_path / "killed")
        return "other"

    results: list[object] = []
    threads = [in_background(engine, other, results)]
    wait_for(tmp_path / "other runs")
    threads.append(in_background(engine, killed_once, results))
    wait_for(tmp_path / "pid")
    time.sleep(0.2)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    threads[1].join(120)
    assert results == ["made on the second try"]
    (tmp_path / "killed").touch()
    threads[0].join(120)
    assert results[1:] == ["other"]
    assert engine.jobs.turns == 2


def test_a_job_that_kills_its_worker_twice_says_so(engine: RayEngine) -> None:
    with pytest.raises(InternalError, match="Two machines were lost"):
        engine.run("tiny", lambda pipeline, report: os.kill(os.getpid(), signal.SIGKILL))
    assert engine.run("tiny", lambda pipeline, report: 7) == 7


def test_a_cluster_that_is_not_there_is_told() -> None:
    ray.shutdown()
    with pytest.raises(InputError, match="no Ray cluster"):
        RayEngine(Catalog(), "127.0.0.1:7949", 1, [], {}, {})
