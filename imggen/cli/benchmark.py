"""``imggen benchmark``: how fast the jobs are on this machine, and beside other programs."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from imggen.errors import InputError

#: Runs whose median counts.
RUNS = 5


def add_to(commands: Any) -> None:
    """Add the verb to the parser."""
    parser = commands.add_parser(
        "benchmark", help="time every job on this machine, and the same work in other programs"
    )
    parser.add_argument("--runs", type=int, default=RUNS, help=f"runs of which the median counts; default: {RUNS}")
    parser.add_argument("--peers", action="store_true", help="only the upscaler, beside the programs of imggen[bench]")
    parser.add_argument(
        "--weights", type=Path, nargs="+", default=[], metavar="FILE", help="upscalers of others, for --peers"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table in Markdown")
    parser.set_defaults(run=_benchmark)


def _benchmark(options: argparse.Namespace) -> None:
    if options.runs < 1:
        raise InputError("--runs must be at least 1.")
    if missing := [str(path) for path in options.weights if not path.is_file()]:
        raise InputError(f"There is no file {missing[0]!r}.")
    from imggen.device import best
    from imggen.metrics import benchmark, peers, start_time
    from imggen.store.catalogue import Catalog

    catalog, compute, rows, table = Catalog(), best(), [], ""
    start = None if options.peers else start_time.measure(options.runs)
    machine = benchmark.machine(compute, options.runs)
    if options.peers:
        ratios = peers.compare(catalog, compute, options.weights, options.runs)
        rows, table = [asdict(row) for row in ratios], peers.table(ratios)
    else:
        timings = []
        for timing in benchmark.measure(catalog, compute, options.runs):
            print(f"{timing.task}, {timing.size} {timing.unit}: {timing.warm:.3f} s", file=sys.stderr, flush=True)
            timings.append(timing)
        rows, table = [asdict(row) for row in timings], benchmark.table(timings)
    if options.json:
        print(json.dumps({"machine": machine, "start": start and asdict(start), "rows": rows}, indent=2))
        return
    print(
        f"{machine['hardware']}, {machine['matrix_gflops']:.0f} GFLOP/s in {machine['precision']} matrix products "
        f"(bfloat16 unit: {machine['bfloat16']}; load average {machine['load']:.1f}), medians of {options.runs}.\n"
    )
    if start is not None:
        print(
            f"The app: {start.wall:.1f} s from its start to a page that answers, "
            f"{start.processor:.1f} s of them processor time.\n"
        )
    print(table)
