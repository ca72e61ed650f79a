"""Batches of an endless dataset, starting at any item number."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset


def loader(items: Dataset[Any], batch: int, numbers: range, workers: int, seed: int = 0) -> DataLoader[Any]:
    """Batches of the items with the given numbers, in order.

    Args:
        items: endless, by number.
        batch: items in a batch.
        numbers: which items.
        workers: loader processes.
        seed: of the workers.
    """
    return DataLoader(
        items,
        batch_size=batch,
        sampler=numbers,
        num_workers=workers,
        drop_last=True,
        persistent_workers=workers > 0,
        # The loader draws a seed for its workers; from a generator of its own, so that the training's stays untouched.
        generator=torch.Generator().manual_seed(seed),
    )
