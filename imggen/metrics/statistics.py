"""Distances between two sets of feature vectors. Pure functions on matrices (N, D), one row for each image."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float64]


class KernelDistance(NamedTuple):
    """Mean over the subsets, and their standard deviation."""

    mean: float
    std: float


class PrecisionRecall(NamedTuple):
    """Share of generated images that look real, and share of real images that the generator covers; 0..1."""

    precision: float
    recall: float


def frechet_distance(a: Features, b: Features) -> float:
    """Fréchet distance between Gaussians fitted to two sets of features; 0 for equal ones.

    Heusel et al., 2017, "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium"
    (https://arxiv.org/abs/1706.08500), equation 6: ``|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2))``. With
    ``C = R^T R`` the trace of the root is the sum of the singular values of ``R_a R_b^T``, which are real and at least
    0 where covariances have no full rank too. The estimate is biased upwards, the more the fewer rows there are:
    compare only numbers from sets of one size, and trust none from fewer rows than columns.

    Args:
        a: features (N, D), N at least 2.
        b: features (M, D), M at least 2.

    Raises:
        ValueError: when the shapes do not fit.
    """
    _check(a, b, 2)
    root_a, root_b = _covariance_root(a), _covariance_root(b)
    cross = np.linalg.svd(root_a @ root_b.T, compute_uv=False).sum()
    shift = a.mean(0) - b.mean(0)
    distance = shift @ shift + (root_a**2).sum() + (root_b**2).sum() - 2 * cross
    return float(max(distance, 0.0))  # rounding may leave a tiny negative number for equal sets


def kernel_distance(
    a: Features, b: Features, subsets: int = 100, subset_size: int = 1000, seed: int = 0
) -> KernelDistance:
    """Squared maximum mean discrepancy under a cubic polynomial kernel: KID; 0 on average for equal distributions.

    Binkowski et al., 2018, "Demystifying MMD GANs" (https://arxiv.org/abs/1801.01401), section 4: kernel
    ``(x.y / D + 1)^3``, unbiased estimate, mean over random subsets. Unlike :func:`frechet_distance` it needs no large
    sets, and may fall below 0 by chance.

    Args:
        a: features (N, D).
        b: features (M, D).
        subsets: how many are drawn.
        subset_size: rows in each, drawn without repetition; from 2 to the number of rows of the smaller set.
        seed: of the draw.

    Raises:
        ValueError: when the shapes or the size of the subsets do not fit.
    """
    _check(a, b, subset_size)
    if subset_size < 2:
        raise ValueError("A subset needs at least 2 rows.")
    random = np.random.default_rng(seed)
    values = []
    for _ in range(subsets):
        x = a[random.choice(len(a), subset_size, replace=False)]
        y = b[random.choice(len(b), subset_size, replace=False)]
        within = _mean_without_diagonal(_kernel(x, x)) + _mean_without_diagonal(_kernel(y, y))
        values.append(within - 2 * _kernel(x, y).mean())
    return KernelDistance(float(np.mean(values)), float(np.std(values)))


def precision_recall(real: Features, fake: Features, k: int = 3) -> PrecisionRecall:
    """Precision and recall of a generator.

    Kynkäänniemi et al., 2019, "Improved Precision and Recall Metric for Assessing Generative Models"
    (https://arxiv.org/abs/1904.06991), section 2: a set covers the union of balls around its rows that reach to their
    ``k``-th nearest neighbour in the same set.

    Args:
        real: features (N, D), N more than ``k``.
        fake: features (M, D), M more than ``k``; N = M makes the two shares comparable.
        k: neighbour that gives the radius.

    Raises:
        ValueError: when the shapes do not fit.
    """
    _check(real, fake, k + 1)
    between = squared_distances(real, fake)
    precision = (between <= _radii(real, k)[:, None]).any(0).mean()
    recall = (between <= _radii(fake, k)[None, :]).any(1).mean()
    return PrecisionRecall(float(precision), float(recall))


def squared_distances(a: Features, b: Features) -> Features:
    """Squared Euclidean distances (N, M) between the rows of (N, D) and (M, D)."""
    products = a @ b.T
    return ((a**2).sum(1)[:, None] + (b**2).sum(1)[None, :] - 2 * products).clip(0)


def _check(a: Features, b: Features, rows: int) -> None:
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < rows:
        raise ValueError(f"Needs two matrices of one width and at least {rows} rows, got {a.shape} and {b.shape}.")


def _covariance_root(rows: Features) -> Features:
    """A matrix R of at most D rows with ``R.T @ R`` equal to the covariance."""
    return np.linalg.qr((rows - rows.mean(0)) / np.sqrt(len(rows) - 1)).R


def _kernel(x: Features, y: Features) -> Features:
    return (x @ y.T / x.shape[1] + 1) ** 3


def _mean_without_diagonal(square: Features) -> float:
    count = len(square)
    return float((square.sum() - np.trace(square)) / (count * (count - 1)))


def _radii(rows: Features, k: int) -> Features:
    """Squared distance of every row to its ``k``-th nearest neighbour; each row's nearest of all is itself."""
    return np.partition(squared_distances(rows, rows), k, axis=1)[:, k]
