"""A limit on the memory of weights and jobs together."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from imggen.engine import kept_models
from imggen.engine.engine import Engine
from imggen.engine.jobs import Kind
from imggen.engine.memory import NEEDS, needed
from imggen.errors import InputError
from imggen.store.catalogue import Catalog
from imggen.tasks import TASKS
from tests.conftest import save_tiny_span


def test_larger_jobs_need_more() -> None:
    assert needed("super_resolution", 0.1) < needed("super_resolution", 1.0) < needed("super_resolution", 4.0)
    assert needed("super_resolution", 40.0) > 5 * needed("super_resolution", 4.0)
    assert 0 < needed("sampling", 1) < needed("sampling", 64) < needed("interpolation", 24)
    assert needed("interpolation", 24) < needed("interpolation", 240)
    assert set(NEEDS) == set(TASKS)


def test_a_job_forgets_other_models_before_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        save_tiny_span(tmp_path / name)
    engine = Engine(Catalog([tmp_path], tmp_path / "none"), memory_limit=int(600e6))
    monkeypatch.setattr(kept_models, "resident", lambda: 100e6 * len(engine.loaded))
    for name in "abc":
        engine.run(name, lambda pipeline, report: None)
    assert engine.loaded == ["a", "b", "c"]
    engine.run("c", lambda pipeline, report: None, Kind("super_resolution", 0.2))  # needs between 300 and 400 MB
    assert engine.loaded == ["b", "c"]
    with pytest.raises(InputError, match=r"about \d+ MB of memory, and there are 500 MB left"):
        engine.run("c", lambda pipeline, report: None, Kind("super_resolution", 4.0))
    assert engine.loaded == ["c"]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="arenas are those of glibc")
def test_threads_share_what_is_freed() -> None:
    script = """
import ctypes, threading
from imggen.engine.memory import share_memory
share_memory()
blocks, all_there = [], threading.Barrier(12)
def work():
    blocks.append(ctypes.CDLL(None).malloc(1000))
    all_there.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
ctypes.CDLL(None).malloc_info(0, ctypes.c_void_p.in_dll(ctypes.CDLL(None), "stdout"))
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert 1 <= told.count("<heap nr=") <= 2
