"""How fast every job is on this machine: cold and warm, with its memory and its share of what the machine can do."""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
import torch
from torch.utils.flop_counter import FlopCounterMode

from imggen.device import Compute, bfloat16_unit, describe, dtype_name
from imggen.engine.loading import load_pipeline
from imggen.engine.memory import return_memory
from imggen.metrics.latency import seconds
from imggen.metrics.typical_jobs import CASES
from imggen.pipelines import Pipeline
from imggen.store.catalogue import Catalog
from imggen.tasks import TASKS
from imggen.version import __version__

#: Side of the square matrices whose product tells what the machine can do: large enough to keep all cores busy.
MATRIX = 2048
MATRIX_FLOP = 2 * MATRIX**3
#: Seconds between two looks at the memory.
TICK = 0.005


@dataclass(frozen=True)
class Timing:
    """One row of the table.

    Attributes:
        task: id of the task.
        model: id of the model.
        size: in ``unit``.
        unit: "pictures", "frames", or "px" for the side of a square photo.
        cold: seconds to load the model and do the job for the first time; None beyond the first size.
        warm: median seconds of the job after that.
        peak_mb: memory that the job takes at most beside what was taken before it, in MB.
        gflop: operations of its convolutions and matrix products, in 10^9, a multiplication and an addition as two.
        share: of the machine's matrix throughput that it reaches, 0..1.
    """

    task: str
    model: str
    size: int
    unit: str
    cold: float | None
    warm: float
    peak_mb: float
    gflop: float
    share: float


def measure(catalog: Catalog, compute: Compute, runs: int) -> Iterator[Timing]:
    """Time every task with its default model. Raises :class:`ImggenError` where a model cannot be had.

    Args:
        catalog: the models.
        compute: where and in which precision.
        runs: of which the median counts. Before each a product of large matrices is timed: what the machine can do is
            what it reaches at the same moment, for others may use it too.
    """
    multiply = matrix_product(compute)
    multiply()
    for task, case in CASES.items():
        info = catalog.get(TASKS[task].default_model)
        for number, size in enumerate(case.sizes):
            started = time.perf_counter()
            if number == 0:
                model: Pipeline = load_pipeline(info.id, catalog, compute, offline=True)
            job = case.job(model, size)
            with FlopCounterMode(display=False) as counter:
                job()
            cold = time.perf_counter() - started
            return_memory()
            with _peak() as peak:
                times = [(seconds(multiply), seconds(job)) for _ in range(runs)]
            matrix, warm = (statistics.median(each) for each in zip(*times, strict=True))
            flop = counter.get_total_flops()
            share = flop / warm / (MATRIX_FLOP / matrix)
            yield Timing(task, info.id, size, case.unit, None if number else cold, warm, peak[0], flop / 1e9, share)


def matrix_product(compute: Compute) -> Callable[[], None]:
    """A call that multiplies two large matrices and waits for the result."""
    a, b = (torch.randn(MATRIX, MATRIX, device=compute.device).to(compute.dtype) for _ in range(2))

    def multiply() -> None:
        (a @ b)[0, 0].item()

    return multiply


def machine(compute: Compute, runs: int) -> dict[str, Any]:
    """What the numbers were measured on."""
    multiply = matrix_product(compute)
    multiply()
    return {
        "hardware": describe(compute.device),
        "bfloat16": bfloat16_unit(),
        "precision": dtype_name(compute.dtype),
        "matrix_gflops": MATRIX_FLOP / 1e9 / statistics.median(seconds(multiply) for _ in range(runs)),
        "load": os.getloadavg()[0],
        "torch": torch.__version__,
        "imggen": __version__,
    }


@contextmanager
def _peak() -> Iterator[list[float]]:
    """Memory that the block takes at most beside what the process has now, in MB; there when the block is left."""
    process, over, peak = psutil.Process(), threading.Event(), [0.0]
    before = process.memory_info().rss

    def watch() -> None:
        while not over.wait(TICK):
            peak[0] = max(peak[0], (process.memory_info().rss - before) / 1e6)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield peak
    finally:
        over.set()
        watching.join()


def table(timings: list[Timing]) -> str:
    """The timings as a table in Markdown."""
    lines = ["| job | model | size | cold s | warm s | memory MB | GFLOP | share of matrix throughput |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for row in timings:
        cold = "" if row.cold is None else f"{row.cold:.2f}"
        size = f"{row.size} {row.unit}"
        lines.append(
            f"| {TASKS[row.task].title} | {row.model} | {size} | {cold} | {row.warm:.3f} | {row.peak_mb:.0f} "
            f"| {row.gflop:.1f} | {row.share:.0%} |"
        )
    return "\n".join(lines)
