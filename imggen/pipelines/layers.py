"""Progress from inside a network: large networks take seconds or minutes for one picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

_INTERVAL = 0.25  # seconds between two reports


@contextmanager
def reported_layers(network: nn.Module, report: Callable[[float], None]) -> Iterator[None]:
    """While the block runs a network once, report a few times a second how far it is.

    Args:
        network: what runs.
        report: gets the part of the layers that have begun, 0..1; may raise to stop the network.
    """
    layers = [module for module in network.modules() if not any(module.children())]
    begun = 0
    last = time.monotonic()

    def count(module: nn.Module, inputs: Any) -> None:
        nonlocal begun, last
        begun += 1
        if time.monotonic() - last > _INTERVAL:
            last = time.monotonic()
            report(min(begun / len(layers), 1.0))  # a layer that is used twice counts twice

    hooks = [layer.register_forward_pre_hook(count) for layer in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
