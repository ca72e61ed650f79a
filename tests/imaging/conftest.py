from __future__ import annotations

import imagecodecs
import numpy as np
import pytest


@pytest.fixture(scope="session")
def p3() -> bytes:
    """An ICC profile of Display P3: its primaries, with sRGB's curve."""
    levels = np.linspace(0, 1, 4096)
    curve = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return imagecodecs.cms_profile(
        "rgb",
        whitepoint=(0.3127, 0.3290),
        primaries=(0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
        transferfunction=(65535 * curve).round().astype(np.uint16),
    )
