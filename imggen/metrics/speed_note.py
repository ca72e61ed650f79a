"""The sentence of a model card about how long one job of the model takes."""

from __future__ import annotations

from collections.abc import Callable

import torch

from imggen.device import best, describe, dtype_name
from imggen.metrics.latency import RUNS, latency


def speed_note(what: str, job_in: Callable[[torch.dtype], Callable[[], object]], measured: str) -> str:
    """Time a job in the number format that is fastest on this machine, and in float32.

    Args:
        what: the beginning of the sentence, such as ``"16 samples take"``.
        job_in: gives the job to time, from the number format that the model runs in.
        measured: what the time includes, such as ``"from image to image"``.
    """
    compute = best()
    seconds = {dtype: latency(job_in(dtype)) for dtype in dict.fromkeys((compute.dtype, torch.float32))}
    times = " and ".join(f"{value:.3f} s in {dtype_name(dtype)}" for dtype, value in seconds.items())
    return f"Speed: {what} {times}, {measured}, the median of {RUNS} runs on {describe(compute.device)}."
