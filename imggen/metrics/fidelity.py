"""PSNR and SSIM under the protocol of the super-resolution papers: 8-bit luma in MATLAB's studio range."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Border pixels left out on every side before measuring a 4x result.
CROP = 4
_PEAK = 255.0
_WINDOW = 11
_SIGMA = 1.5


def luma(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the luma that the super-resolution papers measure on.

    For colour this is BT.601 Y in 16..235, rounded to whole numbers, which is what MATLAB's ``rgb2ycbcr`` makes of
    8-bit images. Grey pictures pass unchanged in 0..255, as they do in those papers' scripts.

    Args:
        pixels: 8-bit colour (H, W, 3) or grey (H, W).

    Returns:
        Luma (H, W).
    """
    values = pixels.astype(np.float64)
    if values.ndim == 2:
        return values
    return np.round(16 + values @ np.array([65.481, 128.553, 24.966]) / _PEAK)


def psnr(a: NDArray[np.generic], b: NDArray[np.generic]) -> float:
    """Peak signal-to-noise ratio in dB of two arrays of one shape in 0..255; infinite when they are equal.

    Raises:
        ValueError: when the shapes differ.
    """
    x, y = _pair(a, b)
    error = float(np.mean((x - y) ** 2))
    return float("inf") if error == 0 else float(10 * np.log10(_PEAK**2 / error))


def ssim(a: NDArray[np.generic], b: NDArray[np.generic]) -> float:
    """Structural similarity of two grey images, at most 1.

    Wang et al., 2004, "Image Quality Assessment: From Error Visibility to Structural Similarity": Gaussian window of
    11x11 pixels with sigma 1.5, K1 = 0.01, K2 = 0.03, averaged where the window lies inside the image.

    Args:
        a: image (H, W) in 0..255, at least 11 pixels wide and high.
        b: image of the same shape.

    Raises:
        ValueError: when the shapes differ or the images are smaller than the window.
    """
    x, y = _pair(a, b)
    if x.ndim != 2 or min(x.shape) < _WINDOW:
        raise ValueError(f"SSIM needs grey images of at least {_WINDOW}x{_WINDOW} pixels, got the shape {x.shape}.")
    c1, c2 = (0.01 * _PEAK) ** 2, (0.03 * _PEAK) ** 2
    mean_x, mean_y = _blur(x), _blur(y)
    variance_x, variance_y = _blur(x * x) - mean_x**2, _blur(y * y) - mean_y**2
    covariance = _blur(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    structure = (2 * covariance + c2) / (variance_x + variance_y + c2)
    return float(np.mean(luminance * structure))


def _pair(a: NDArray[np.generic], b: NDArray[np.generic]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if a.shape != b.shape:
        raise ValueError(f"Images of different shapes cannot be compared: {a.shape} and {b.shape}.")
    return a.astype(np.float64), b.astype(np.float64)


def _blur(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gaussian average over every window that lies inside (H, W)."""
    offsets = np.arange(_WINDOW) - _WINDOW // 2
    weights = np.exp(-(offsets**2) / (2 * _SIGMA**2))
    weights /= weights.sum()
    for axis in (0, 1):
        x = np.lib.stride_tricks.sliding_window_view(x, _WINDOW, axis=axis) @ weights
    return x
