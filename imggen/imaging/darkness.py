"""How much of a night photo is too dark to show what is there."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imggen.imaging.colour import LUMA

#: Luma from which a pixel is not dark, and luma up to which it is fully dark.
_NOT_DARK, _DARK = 0.12, 0.08
#: Longer side in pixels at which dark pixels are counted.
_SIDE = 256


def dark_share(night: Image.Image) -> float:
    """Share 0..1 of a photo's area that is too dark to show what is there."""
    small = night.convert("RGB")
    small.thumbnail((_SIDE, _SIDE))
    luma = np.asarray(small) / 255 @ np.array(LUMA)
    return float(((_NOT_DARK - luma) / (_NOT_DARK - _DARK)).clip(0, 1).mean())
