"""Network architectures: plain ``nn.Module``s that read no files. One file per architecture."""

from __future__ import annotations

from typing import Any

from torch import nn

from imggen.errors import CheckpointError
from imggen.models.rrdbnet import RRDBNet
from imggen.models.span import SPAN
from imggen.models.srresnet import SRResNet

#: Every architecture a checkpoint's config.json may name.
ARCHITECTURES: dict[str, type[nn.Module]] = {"span": SPAN, "srresnet": SRResNet, "rrdbnet": RRDBNet}


def build(architecture: str, config: dict[str, Any]) -> nn.Module:
    """Construct a network from its name and constructor arguments.

    Raises:
        CheckpointError: when the name is unknown or the arguments do not fit the constructor.
    """
    if architecture not in ARCHITECTURES:
        known = ", ".join(sorted(ARCHITECTURES))
        raise CheckpointError(f"This version knows the architectures {known}, not {architecture!r}. Update imggen.")
    try:
        return ARCHITECTURES[architecture](**config)
    except TypeError as error:
        raise CheckpointError(f"The configuration of this {architecture} checkpoint does not fit: {error}.") from error
