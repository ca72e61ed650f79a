"""One optimiser step."""

from __future__ import annotations

import torch
from accelerate import Accelerator
from torch import Tensor, nn


def descend(
    accelerator: Accelerator, loss: Tensor, network: nn.Module, optimizer: torch.optim.Optimizer, max_norm: float
) -> None:
    """Go back from a loss and, on the last micro-step, clip the gradient and step.

    A step whose gradient is not finite is left out: one overflow must not end a long training.

    Args:
        accelerator: that prepared the network and the optimiser.
        loss: scalar.
        network: whose parameters the optimiser holds.
        optimizer: prepared.
        max_norm: largest gradient norm.
    """
    accelerator.backward(loss)
    if accelerator.sync_gradients:
        accelerator.unscale_gradients(optimizer)
        norm = nn.utils.clip_grad_norm_(network.parameters(), max_norm)
        # With fp16 the scaler itself leaves the step out, and has to see it to lower its scale.
        if accelerator.scaler is None and not torch.isfinite(norm):
            optimizer.zero_grad()
            return
    optimizer.step()
    optimizer.zero_grad()
