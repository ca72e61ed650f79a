"""Distances between sets of features against closed forms and cases that are plain to see."""

from __future__ import annotations

import numpy as np
import pytest

from imggen.metrics.diversity import mean_pairwise_distance
from imggen.metrics.statistics import Features, frechet_distance, kernel_distance, precision_recall


def normal(rows: int, columns: int, seed: int, mean: float = 0.0, deviation: float = 1.0) -> Features:
    return np.random.default_rng(seed).normal(mean, deviation, (rows, columns))


def exactly(mean: Features, covariance: Features, rows: int = 50) -> Features:
    """Rows whose sample mean and covariance are exactly these."""
    z = normal(rows, len(mean), 0)
    z -= z.mean(0)
    z @= np.linalg.inv(np.linalg.cholesky(np.cov(z.T))).T
    return z @ np.linalg.cholesky(covariance).T + mean


def test_frechet_distance_has_the_closed_form_of_gaussians() -> None:
    """Diagonal covariances commute: squared differences of means and of deviations, added up."""
    a = exactly(np.array([1.0, 2.0]), np.diag([4.0, 9.0]))
    b = exactly(np.array([0.0, 4.0]), np.diag([1.0, 25.0]))
    assert frechet_distance(a, b) == pytest.approx((1 + 4) + (2 - 1) ** 2 + (3 - 5) ** 2)


def test_frechet_distance_of_covariances_that_do_not_commute() -> None:
    c, d = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[5.0, -2.0], [-2.0, 1.5]])
    # The trace of the root of a 2 x 2 matrix M is sqrt(tr M + 2 sqrt(det M)).
    root = np.sqrt(np.trace(c @ d) + 2 * np.sqrt(np.linalg.det(c @ d)))
    distance = frechet_distance(exactly(np.zeros(2), c), exactly(np.zeros(2), d))
    assert distance == pytest.approx(np.trace(c) + np.trace(d) - 2 * root)


def test_frechet_distance_with_fewer_rows_than_columns() -> None:
    a, b = normal(5, 40, 0), normal(6, 40, 1)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-5)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a))
    assert frechet_distance(a, a + 2) == pytest.approx(40 * 4)


def test_kernel_distance_is_zero_on_average_for_one_distribution_and_not_for_two() -> None:
    found = [kernel_distance(normal(60, 8, 2 * n), normal(60, 8, 2 * n + 1), 1, 60, n).mean for n in range(200)]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))
    assert min(found) < 0
    assert kernel_distance(normal(60, 8, 0), normal(60, 8, 1, mean=1), 10, 30).mean > 10 * np.std(found)


def test_kernel_distance_by_hand() -> None:
    """Two rows of one column: kernel (xy + 1)^3; within 8 and 1, across 1, 1, 1, 1."""
    a, b = np.array([[1.0], [1.0]]), np.array([[0.0], [0.0]])
    assert kernel_distance(a, b, subsets=3, subset_size=2) == (8 + 1 - 2, 0)


def test_kernel_distance_depends_on_the_seed_alone() -> None:
    a, b = normal(40, 4, 0), normal(50, 4, 1)
    assert kernel_distance(a, b, 5, 20, seed=3) == kernel_distance(a, b, 5, 20, seed=3)
    assert kernel_distance(a, b, 5, 20, seed=3) != kernel_distance(a, b, 5, 20, seed=4)


def test_precision_and_recall_of_equal_separate_and_partial_sets() -> None:
    real = normal(100, 3, 0)
    assert precision_recall(real, real) == (1, 1)
    assert precision_recall(real, real + 100) == (0, 0)
    two_modes = np.concatenate([real, normal(100, 3, 1, mean=50)])
    collapsed = precision_recall(two_modes, normal(200, 3, 2))
    assert collapsed.precision > 0.8
    assert 0.3 < collapsed.recall < 0.5
    scattered = precision_recall(real, np.concatenate([normal(50, 3, 3), normal(50, 3, 4, mean=50)]))
    assert 0.3 < scattered.precision < 0.5


def test_a_ball_reaches_to_the_third_neighbour() -> None:
    real = np.array([[0.0], [1.0], [2.0], [4.0]])  # radii 4, 3, 2, 4: together from -4 to 8
    fake = np.array([[-4.0], [-4.1], [8.0], [8.1]])
    assert precision_recall(real, fake).precision == 0.5


def test_mean_pairwise_distance_by_hand() -> None:
    assert mean_pairwise_distance(np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]])) == pytest.approx(10 / 3)
    assert mean_pairwise_distance(np.ones((4, 2))) == 0


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="one width"):
        frechet_distance(normal(5, 3, 0), normal(5, 4, 0))
    with pytest.raises(ValueError, match="at least 10 rows"):
        kernel_distance(normal(5, 3, 0), normal(20, 3, 0), subset_size=10)
    with pytest.raises(ValueError, match="at least 4 rows"):
        precision_recall(normal(3, 3, 0), normal(5, 3, 0))
