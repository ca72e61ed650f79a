"""How far samples differ from each other: the figure that a collapsed generator gives away."""

from __future__ import annotations

import numpy as np

from imggen.metrics.statistics import Features, squared_distances


def mean_pairwise_distance(features: Features) -> float:
    """Mean Euclidean distance between all pairs of rows.

    Args:
        features: (N, D), N at least 2. Compare only sets of like kind: more rows make the mean surer, not larger.
    """
    count = len(features)
    return float(np.sqrt(squared_distances(features, features)).sum() / (count * (count - 1)))
