"""Exponential moving average of a network's weights."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn


class EMA:
    """Average of a network's weights and buffers over training (Polyak averaging, as in Karras et al., 2018,
    https://arxiv.org/abs/1710.10196, section 6).

    Args:
        network: the unwrapped network; its present weights start the average.
        decay: share of the average that survives a step. The first steps use less, ``(n + 1) / (n + 10)``, so that
            the initial weights are soon forgotten.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Blend the network's present weights in. Integer buffers, such as counters, are copied."""
        self.updates += 1
        decay = min(self.decay, self.updates / (self.updates + 9))
        present = network.state_dict()
        for name, average in self.network.state_dict().items():
            if average.is_floating_point():
                average.lerp_(present[name], 1 - decay)
            else:
                average.copy_(present[name])

    def state_dict(self) -> dict[str, Any]:
        """State for ``accelerator.register_for_checkpointing``."""
        return {"updates": self.updates, "network": self.network.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.updates = state["updates"]
        self.network.load_state_dict(state["network"])
