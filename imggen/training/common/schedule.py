"""Learning rates as plain functions of the step, so that resuming needs no scheduler state."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch


def warmup_cosine(step: int, steps: int, warmup: int, floor: float) -> float:
    """Factor on the learning rate: linear over ``warmup`` steps, times a cosine from 1 to ``floor`` over ``steps``
    (Loshchilov and Hutter, 2017, https://arxiv.org/abs/1608.03983, without restarts).

    Args:
        step: optimiser steps already taken.
        steps: length of the training.
        warmup: steps of the linear rise; 0 for none.
        floor: factor reached at the end, 0..1.
    """
    rise = min(1.0, (step + 1) / warmup) if warmup else 1.0
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))
    return rise * (floor + (1 - floor) * cosine)


def hold_then_fall(step: int, steps: int, hold: float) -> float:
    """Factor on the learning rate: 1, then linear down to 0 at the end (Zhu et al., 2017,
    https://arxiv.org/abs/1703.10593, section 4).

    Args:
        step: optimiser steps already taken.
        steps: length of the training.
        hold: share of the steps with the full rate, 0..1; half of them in the paper.
    """
    falling = steps * (1 - hold)
    return min(1.0, max(0.0, (steps - step) / falling)) if falling else 1.0


def growth(step: int, phase: int) -> float:
    """Stage of a progressively growing network: each resolution is held for one phase, then the next fades in for one
    (Karras et al., 2018, https://arxiv.org/abs/1710.10196, section 2).

    Args:
        step: optimiser steps already taken.
        phase: steps of holding a resolution, and of fading in the next.
    """
    held, into = divmod(step / phase, 2)
    return held + max(0.0, into - 1)


def set_learning_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Give every parameter group the same learning rate."""
    groups: Iterable[dict[str, object]] = optimizer.param_groups
    for group in groups:
        group["lr"] = lr
