"""Latent vectors: each depends on its own seed only, so that a seed gives the same picture in any batch."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from imggen.ranges import MAX_SEED as MAX_SEED


def draw(seed: int, size: int) -> Tensor:
    """Draw a standard normal vector (1, size) in float32.

    Args:
        seed: 0..MAX_SEED.
        size: length of the vector.
    """
    numbers = np.random.RandomState(seed).standard_normal((1, size))
    return torch.from_numpy(numbers.astype(np.float32))


def truncate(z: Tensor, share: float) -> Tensor:
    """Map standard normal numbers to a truncated normal distribution: the middle ``share`` of the quantiles.

    The truncation trick of Brock et al., 2019 (https://arxiv.org/abs/1809.11096), section 3.1, by quantiles instead of
    drawing again: every number moves monotonically with ``share``, so a seed's picture changes smoothly.

    Args:
        z: of any shape.
        share: 1 changes nothing, 0.95 cuts at 1.96 standard deviations, 0 gives zeros.
    """
    if share == 1:
        return z
    quantiles = 0.5 + share * (torch.special.ndtr(z.double()) - 0.5)
    return torch.special.ndtri(quantiles).to(z.dtype)
