"""Every job is timed at three sizes; what is printed is a table, or JSON."""

from __future__ import annotations

import json

import pytest
import torch

from imggen.cli import main
from imggen.device import Compute
from imggen.errors import InputError
from imggen.metrics import benchmark, peers, start_time
from imggen.metrics.typical_jobs import Case
from imggen.store.catalogue import Catalog
from imggen.tasks import TASKS


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "MATRIX", 64)
    for task, sizes in {"sampling": (1, 2, 3), "super_resolution": (16, 24, 32)}.items():
        monkeypatch.setitem(benchmark.CASES, task, Case(sizes, *_rest(benchmark.CASES[task])))


def _rest(case: Case) -> tuple[str, object]:
    return case.unit, case.job


def test_every_task_is_timed() -> None:
    assert list(benchmark.CASES) == list(TASKS)


def test_larger_jobs_have_more_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "CASES", {"super_resolution": benchmark.CASES["super_resolution"]})
    rows = list(benchmark.measure(Catalog(), Compute(torch.device("cpu"), torch.float32), 1))
    assert [row.size for row in rows] == [16, 24, 32]
    assert [row.cold is None for row in rows] == [False, True, True]
    assert rows[2].gflop == pytest.approx(4 * rows[0].gflop, rel=0.01)
    assert all(row.share > 0 for row in rows)
    assert benchmark.table(rows).count("sr-photo-x4 | 32 px") == 1


def test_the_command_prints_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(benchmark, "CASES", {"sampling": benchmark.CASES["sampling"]})
    monkeypatch.setattr(start_time, "measure", lambda runs: start_time.Start(2.5, 1.5))
    assert main(["benchmark", "--json", "--runs", "1"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["machine"]["bfloat16"] in ("AMX", "AVX512-BF16 without AMX", "none")
    assert printed["start"] == {"wall": 2.5, "processor": 1.5}
    assert [row["size"] for row in printed["rows"]] == [1, 2, 3]


def test_without_peers_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "PEERS", {})
    with pytest.raises(InputError, match=r"\.\[bench\]"):
        peers.compare(Catalog(), Compute(torch.device("cpu"), torch.float32), [], 1)


def test_the_same_network_in_another_program_is_a_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("onnx", "onnxruntime", "onnxscript"):
        pytest.importorskip(module, reason="the extra bench is not installed")
    monkeypatch.setattr(peers, "SIDE", 32)
    monkeypatch.setattr(peers, "PEERS", {"onnxruntime": peers.PEERS["onnxruntime"]})
    rows = peers.compare(Catalog(), Compute(torch.device("cpu"), torch.float32), [], 1)
    assert [row.name.split()[0] for row in rows] == ["imggen,", "onnxruntime"]
    assert rows[0].ratio == 1
    assert rows[1].ratio > 0
