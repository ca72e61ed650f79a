"""Averages of what micro-steps return, for the log."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import torch
from accelerate import Accelerator
from torch import Tensor


class Meters:
    """What micro-steps return, over all processes: averages since the last flush, items, and whether all is finite.

    A scalar that only some micro-steps return is averaged over these.
    """

    def __init__(self, accelerator: Accelerator) -> None:
        self._accelerator = accelerator
        self._sums: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), device=accelerator.device))
        self._counts: Counter[str] = Counter()
        self._items = torch.tensor(0, device=accelerator.device)
        self._not_finite = torch.tensor(0, device=accelerator.device)

    def add(self, scalars: Mapping[str, Tensor], items: int) -> None:
        """Add the scalars and the number of items of one micro-step."""
        for name, value in scalars.items():
            value = value.detach().float()
            self._sums[name] = self._sums[name] + value
            self._counts[name] += 1
            self._not_finite += ~torch.isfinite(value)
        self._items += items

    def finite(self) -> bool:
        """Whether all scalars since this was last asked were finite, in all processes."""
        not_finite = int(self._accelerator.reduce(self._not_finite))
        self._not_finite.zero_()
        return not_finite == 0

    def items(self) -> int:
        """The number of items of all processes since the last call."""
        items = int(self._accelerator.reduce(self._items))
        self._items.zero_()
        return items

    def flush(self, step: int, lr: float) -> dict[str, float]:
        """Log the averages to TensorBoard, start again from zero, and return them by name."""
        means = {
            name: float(self._accelerator.reduce(total / self._counts[name], reduction="mean"))
            for name, total in sorted(self._sums.items())
        }
        self._accelerator.log({**means, "lr": lr}, step=step)
        self._sums.clear()
        self._counts.clear()
        return means
