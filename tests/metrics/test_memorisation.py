"""Copies among samples are found, shown first, and raise the share of near ones."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from imggen.metrics.memorisation import NEIGHBOURS, SHOWN, nearest_distances, nearest_sheet, nearness


def normal(rows: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, 6))


def test_distances_to_the_nearest_by_hand() -> None:
    rows, reference = np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 1.0], [3.0, 4.0]])
    assert nearest_distances(rows, reference) == pytest.approx([1, 0])


def test_a_generator_that_copies_is_told_from_one_that_does_not() -> None:
    reference, real = normal(400, 0), normal(400, 1)
    honest = nearness(normal(400, 2), real, reference)
    assert honest.samples == pytest.approx(honest.real, rel=0.1)
    assert honest.near < 0.1
    copies = nearness(reference[:200] + 0.01, real, reference)
    assert copies.samples < 0.1 * copies.real
    assert copies.near == 1


def test_the_sheet_shows_suspects_first_each_beside_its_nearest_images() -> None:
    """Images are flat greys, and each one's feature is its grey value."""
    training = np.arange(0, 200, 10)
    samples = np.array([3, 14, 25, 33, 46, 54, 65, 77, 150, 88, 96, 104])
    flat = [[Image.new("RGB", (4, 4), (value,) * 3) for value in values.tolist()] for values in (samples, training)]
    sheet = nearest_sheet(*flat, samples[:, None].astype(float), training[:, None].astype(float))
    cells = np.asarray(sheet)[::6, ::6, 0].astype(int)
    assert cells.shape == (2 * SHOWN, NEIGHBOURS + 1)
    assert cells[0].tolist()[:2] == [150, 150]
    assert cells[SHOWN:, 0].tolist() == samples[:SHOWN].tolist()
    assert cells[SHOWN].tolist() == [3, 0, 10, 20, 30, 40]
    distances = np.abs(cells[:, 1:] - cells[:, :1])
    assert (np.diff(distances, axis=1) >= 0).all()
