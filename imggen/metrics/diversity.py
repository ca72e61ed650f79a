"""How far samples differ from each other: small for a generator with mode collapse."""

from __future__ import annotations

import numpy as np

from imggen.metrics.statistics import Features, squared_distances


def mean_pairwise_distance(features: Features) -> float:
    """Mean Euclidean distance between all pairs of rows.

    Args:
        features: (N, D), N at least 2. More rows make the mean more precise, not larger.
    """
    count = len(features)
    return float(np.sqrt(squared_distances(features, features)).sum() / (count * (count - 1)))
