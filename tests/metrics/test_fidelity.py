"""PSNR and SSIM against values worked out by hand and against a direct, slow computation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from imggen.metrics.fidelity import luma, psnr, ssim


def noise(*shape: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((0, 0, 0), 16),
        ((255, 255, 255), 235),
        ((255, 0, 0), 81),  # 16 + 65.481 = 81.481
        ((0, 255, 0), 145),  # 16 + 128.553 = 144.553
        ((0, 0, 255), 41),  # 16 + 24.966 = 40.966
    ],
)
def test_luma_of_colour_is_studio_range_bt601(rgb: tuple[int, int, int], expected: int) -> None:
    assert luma(np.array([[rgb]], np.uint8)) == expected


def test_luma_of_grey_is_the_picture_itself() -> None:
    grey = noise(4, 5)
    assert np.array_equal(luma(grey), grey)


def test_psnr_by_hand() -> None:
    black = np.zeros((2, 2), np.uint8)
    assert psnr(black, black + 255) == 0
    assert psnr(black, black + 1) == pytest.approx(48.1308, abs=1e-4)
    assert psnr(black, np.array([[0, 0], [0, 2]], np.uint8)) == pytest.approx(48.1308, abs=1e-4)
    assert psnr(black, black) == math.inf


def test_psnr_does_not_wrap_around_in_8_bits() -> None:
    a, b = np.full((3, 3), 250, np.uint8), np.full((3, 3), 5, np.uint8)
    assert psnr(a, b) == psnr(b, a) == pytest.approx(20 * math.log10(255 / 245))


def direct_ssim(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """The formula of the paper, one window after the other."""
    y, x = np.mgrid[-5:6, -5:6]
    window = np.exp(-(x**2 + y**2) / (2 * 1.5**2))
    window /= window.sum()
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = []
    for top in range(a.shape[0] - 10):
        for left in range(a.shape[1] - 10):
            p, q = a[top : top + 11, left : left + 11], b[top : top + 11, left : left + 11]
            mean_p, mean_q = (window * p).sum(), (window * q).sum()
            var_p, var_q = (window * (p - mean_p) ** 2).sum(), (window * (q - mean_q) ** 2).sum()
            covariance = (window * (p - mean_p) * (q - mean_q)).sum()
            numerator = (2 * mean_p * mean_q + c1) * (2 * covariance + c2)
            values.append(numerator / ((mean_p**2 + mean_q**2 + c1) * (var_p + var_q + c2)))
    return float(np.mean(values))


def test_ssim_equals_the_direct_computation() -> None:
    a = noise(17, 23).astype(np.float64)
    b = 0.5 * a + 0.5 * noise(17, 23, seed=1)
    assert ssim(a, b) == pytest.approx(direct_ssim(a, b), abs=1e-12)


def test_ssim_is_one_for_equal_pictures_symmetric_and_falls_with_noise() -> None:
    a = noise(32, 32).astype(np.float64)
    rng = np.random.default_rng(2)
    scores = [ssim(a, a + rng.normal(0, sigma, a.shape)) for sigma in (0, 5, 20, 60)]
    assert scores[0] == pytest.approx(1)
    assert scores == sorted(scores, reverse=True)
    assert ssim(a, 255 - a) == pytest.approx(ssim(255 - a, a))
    assert ssim(a, 255 - a) < 0


def test_ssim_of_flat_pictures_by_hand() -> None:
    a, b = np.full((11, 11), 100.0), np.full((11, 11), 110.0)
    c1 = 6.5025
    assert ssim(a, b) == pytest.approx((2 * 100 * 110 + c1) / (100**2 + 110**2 + c1))


def test_pictures_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="different shapes"):
        psnr(noise(4, 4), noise(4, 5))
    with pytest.raises(ValueError, match="11x11"):
        ssim(noise(10, 40), noise(10, 40))
    with pytest.raises(ValueError, match="grey"):
        ssim(noise(16, 16, 3), noise(16, 16, 3))
