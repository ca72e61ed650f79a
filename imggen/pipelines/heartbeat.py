"""Progress from inside a long calculation that has no steps of its own to report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from PIL import Image
from torch.overrides import TorchFunctionMode

from imggen.pipelines import Report

_INTERVAL = 0.25  # seconds without a report after which the last one is repeated


@contextmanager
def kept_alive(report: Report) -> Iterator[Report]:
    """Repeat the last report where none comes for a while, so that Stop and the deadline act and people see life.

    It is repeated between two operations of PyTorch in this thread, each of which takes a fraction of a second.

    Args:
        report: gets the fraction done; may raise to stop.

    Yields:
        What to report to inside the block, in place of ``report``.
    """
    last, fraction = time.monotonic(), 0.0

    def noted(done: float, preview: Image.Image | None = None, /) -> None:
        nonlocal last, fraction
        last, fraction = time.monotonic(), done
        report(done, preview)

    def beat() -> None:
        if time.monotonic() - last > _INTERVAL:
            noted(fraction)

    with _BetweenOperations(beat):
        yield noted


class _BetweenOperations(TorchFunctionMode):
    """Calls a function before every operation of PyTorch."""

    def __init__(self, call: Callable[[], None]) -> None:
        super().__init__()
        self._call = call

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        self._call()
        return func(*args, **(kwargs or {}))
