"""ICC profiles for files that describe their colours in a few numbers: primaries and a transfer curve."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from imggen.imaging import colour

_D65 = (0.3127, 0.3290)
#: White point (x, y), and x and y of red, green and blue, by their number in ITU-T H.273 (2024), table 2.
_PRIMARIES: dict[int, tuple[tuple[float, float], tuple[float, ...]]] = {
    1: (_D65, (0.640, 0.330, 0.300, 0.600, 0.150, 0.060)),
    4: ((0.310, 0.316), (0.670, 0.330, 0.210, 0.710, 0.140, 0.080)),
    5: (_D65, (0.640, 0.330, 0.290, 0.600, 0.150, 0.060)),
    6: (_D65, (0.630, 0.340, 0.310, 0.595, 0.155, 0.070)),
    7: (_D65, (0.630, 0.340, 0.310, 0.595, 0.155, 0.070)),
    9: (_D65, (0.708, 0.292, 0.170, 0.797, 0.131, 0.046)),
    11: ((0.314, 0.351), (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)),
    12: (_D65, (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)),
}
#: Exponents of transfer curves that are power functions, by their number in the same standard, table 3.
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0, 17: 2.6}
#: Numbers of the two transfer curves for high dynamic range, in the same table.
_PQ = 16
_HLG = 18
#: Luminance in cd/m^2 of diffuse white in pictures with high dynamic range (ITU-R BT.2408). It becomes white; brighter
#: pixels, such as lamps and reflections, are clipped.
_DIFFUSE_WHITE = 203.0
#: Largest luminance in cd/m^2 of the curve PQ.
_PQ_PEAK = 10_000.0
#: Largest luminance in cd/m^2 of the curve HLG.
_HLG_PEAK = 1_000.0
#: 100,000 times the gamma that cameras and editors write for sRGB.
_SRGB_GAMMA = 45_455
#: x and y of sRGB's white, red, green and blue, times 100,000.
_SRGB_CHROMATICITIES = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
#: Largest difference from these numbers that still counts as sRGB.
_TOLERANCE = 500
#: Points of the tables of transfer curves.
_ENTRIES = 4096


@lru_cache(32)
def from_code_points(primaries: int, transfer: int, grey: bool) -> bytes | None:
    """The ICC profile for numbers of ITU-T H.273, as in PNG's ``cICP`` and in AVIF and HEIC.

    Args:
        primaries: number of the primaries.
        transfer: number of the transfer curve. The curves of video, such as BT.709, are taken for sRGB's, as browsers
            do: cameras write these numbers for sRGB.
        grey: whether the picture is grey.

    Returns:
        None for sRGB, and for numbers that are unknown or mean "unspecified".
    """
    white, corners = _PRIMARIES.get(primaries, _PRIMARIES[1])
    if transfer in _GAMMAS:
        curve = np.linspace(0, 1, _ENTRIES) ** _GAMMAS[transfer]
    elif transfer == _PQ:
        curve = _pq()
    elif transfer == _HLG:
        curve = _hlg()
    else:
        curve = _srgb()
        if grey or corners == _PRIMARIES[1][1]:
            return None
    return _profile(white, corners, curve, grey)


@lru_cache(32)
def from_gamma(gamma: int | None, chromaticities: tuple[int, ...] | None, grey: bool) -> bytes | None:
    """The ICC profile for the chunks ``gAMA`` and ``cHRM`` of a PNG file.

    Args:
        gamma: 100,000 times the exponent that samples were made with; 45,455 stands for sRGB's curve.
        chromaticities: 100,000 times x and y of white, red, green and blue.
        grey: whether the picture is grey.

    Returns:
        None for sRGB, and for numbers that give no valid colour space.
    """
    srgb_curve = not gamma or abs(gamma - _SRGB_GAMMA) <= _TOLERANCE
    near = chromaticities is None or all(
        abs(found - usual) <= _TOLERANCE for found, usual in zip(chromaticities, _SRGB_CHROMATICITIES, strict=True)
    )
    if srgb_curve and (near or grey):
        return None
    curve = np.linspace(0, 1, _ENTRIES) ** (100_000 / gamma) if gamma and not srgb_curve else _srgb()
    white_x, white_y, *corners = (value / 100_000 for value in chromaticities or _SRGB_CHROMATICITIES)
    return _profile((white_x, white_y), tuple(corners), curve, grey)


def _profile(
    white: tuple[float, float], corners: Sequence[float], curve: NDArray[np.float64], grey: bool
) -> bytes | None:
    table = (curve.clip(0, 1) * 65535).round().astype(np.uint16)
    try:
        if grey:
            return imagecodecs.cms_profile("gray", transferfunction=table)
        return imagecodecs.cms_profile("rgb", whitepoint=white, primaries=corners, transferfunction=table)
    except (imagecodecs.CmsError, ValueError):
        return None


def _srgb() -> NDArray[np.float64]:
    import torch  # not at the top: most pictures need no such table, and none is needed to build the page

    return colour.decode(torch.linspace(0, 1, _ENTRIES, dtype=torch.float64)).numpy()


def _pq() -> NDArray[np.float64]:
    """Light relative to diffuse white: SMPTE ST 2084, section 5.2."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = np.linspace(0, 1, _ENTRIES) ** (1 / m2)
    return (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1) * _PQ_PEAK / _DIFFUSE_WHITE


def _hlg() -> NDArray[np.float64]:
    """Light relative to diffuse white: ITU-R BT.2100, table 5, with the system gamma 1.2 on each channel."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    value = np.linspace(0, 1, _ENTRIES)
    scene = np.where(value <= 0.5, value**2 / 3, (np.exp((value - c) / a) + b) / 12)
    return scene**1.2 * _HLG_PEAK / _DIFFUSE_WHITE
