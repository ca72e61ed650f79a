"""The tensors of a third-party file while an adapter takes them, one by one, until none is left."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn

from imggen.errors import CheckpointError


class Weights:
    """Tensors by name, each of which can be taken once.

    Args:
        tensors: of a file.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._left = dict(tensors)

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor, which stays. Raises :class:`CheckpointError` when there is none of that name."""
        return tuple(self._get(name).shape)

    def take(self, name: str) -> Tensor:
        """Take a tensor. Raises :class:`CheckpointError` when there is none of that name."""
        tensor = self._get(name)
        del self._left[name]
        return tensor

    def take_normalised(self, prefix: str, dim: int = 0) -> Tensor:
        """Take a spectrally normalised weight: what the layer multiplies with, once its own norm is divided away.

        PyTorch's first spectral normalisation stores the weight and the two vectors that estimate its norm
        (``torch.nn.utils.spectral_norm``).

        Args:
            prefix: name of the layer.
            dim: of the output features: 1 for transposed convolutions.
        """
        weight, left, right = (self.take(f"{prefix}.weight_{part}") for part in ("orig", "u", "v"))
        return weight / (left @ weight.movedim(dim, 0).flatten(1) @ right)

    def take_normalised_layer(self, theirs: str, ours: str) -> dict[str, Tensor]:
        """Take a spectrally normalised weight and its bias, under the names of ours: ``{ours}.weight`` and so on."""
        return {f"{ours}.weight": self.take_normalised(theirs), f"{ours}.bias": self.take(f"{theirs}.bias")}

    def take_batch_norm(self, theirs: str, ours: str) -> dict[str, Tensor]:
        """Take what belongs to a batch normalisation, under the names of ours: ``{ours}.weight`` and so on."""
        parts = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
        return {f"{ours}.{part}": self.take(f"{theirs}.{part}") for part in parts if f"{theirs}.{part}" in self}

    def take_all(self) -> dict[str, Tensor]:
        """Take every tensor that is left."""
        taken, self._left = self._left, {}
        return taken

    def drop(self, pattern: str) -> None:
        """Leave out, on purpose, the tensors whose whole names match a regular expression."""
        self._left = {name: value for name, value in self._left.items() if not re.fullmatch(pattern, name)}

    def close(self) -> None:
        """Raise :class:`CheckpointError` if something is left."""
        if self._left:
            first, *others = self._left
            more = f" and {len(others)} more" if others else ""
            raise CheckpointError(f"it holds {first!r}{more}, which this network has no place for.")

    def _get(self, name: str) -> Tensor:
        if name not in self._left:
            raise CheckpointError(f"the tensor {name!r} is missing.")
        return self._left[name]


def filled(network: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
    """Put tensors into a network, in every place it has.

    Raises:
        CheckpointError: when a shape differs. A place without a tensor is a mistake in the adapter: RuntimeError.
    """
    for name, place in network.state_dict().items():
        if name in state and state[name].shape != place.shape:
            theirs, ours = tuple(state[name].shape), tuple(place.shape)
            raise CheckpointError(f"what belongs at {name!r} has the shape {theirs} instead of {ours}.")
    network.load_state_dict(state)
    return network
