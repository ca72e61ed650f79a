"""Find NaN and infinity in weights before they are used: they give black pictures and no error."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from imggen.errors import CheckpointError


def find_not_finite(named: Iterable[tuple[str, Tensor]]) -> str | None:
    """The name of the first tensor that holds NaN or infinity, or None."""
    return next((name for name, value in named if not bool(torch.isfinite(value).all())), None)


def refuse_not_finite(network: nn.Module, what: str) -> None:
    """Refuse a network with weights that are NaN or infinite.

    Args:
        network: filled with its weights.
        what: the words for it at the start of a sentence.

    Raises:
        CheckpointError: when it has any.
    """
    name = find_not_finite(network.state_dict().items())
    if name:
        raise CheckpointError(
            f"{what} holds weights that are not finite numbers ({name}): its training has gone wrong. Use another one."
        )
