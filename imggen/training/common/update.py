"""One optimiser step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from accelerate import Accelerator
from torch import Tensor, nn


@dataclass(frozen=True)
class Learner:
    """A network that learns, prepared by Accelerate, with its optimiser.

    Attributes:
        network: prepared.
        optimizer: prepared.
        lr: highest learning rate.
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    lr: float


def descend(accelerator: Accelerator, loss: Tensor, learner: Learner, max_norm: float) -> None:
    """Backpropagate a loss and, on the last micro-step, clip the gradient and take an optimiser step.

    A step whose gradient is not finite is skipped: one overflow must not end a long training.

    Args:
        accelerator: that prepared the learner.
        loss: scalar.
        learner: the network to update.
        max_norm: largest gradient norm; 0 for no limit.
    """
    accelerator.backward(loss)
    optimizer = learner.optimizer
    if accelerator.sync_gradients:
        accelerator.unscale_gradients(optimizer)
        norm = nn.utils.clip_grad_norm_(learner.network.parameters(), max_norm or float("inf"))
        # With fp16 the scaler skips the step itself, and must be called to lower its scale.
        if accelerator.scaler is None and not torch.isfinite(norm):
            optimizer.zero_grad()
            return
    optimizer.step()
    optimizer.zero_grad()
