"""Take the brightness of one picture and the colours of another."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imggen.imaging.colour import LUMA


def keep_colours(painted: Image.Image, original: Image.Image) -> Image.Image:
    """Give ``painted`` the colours of ``original``: luma of the one, chroma of the other.

    Gatys et al., 2016, "Preserving Color in Neural Artistic Style Transfer" (https://arxiv.org/abs/1606.05897),
    section 3, luminance-only transfer. Adding the same number to red, green and blue changes luma and keeps chroma.

    Args:
        painted: RGB.
        original: RGB of the same size.
    """
    before, after = (np.asarray(image, np.float32) for image in (original, painted))
    moved = before + ((after - before) @ np.array(LUMA, np.float32))[..., None]
    return Image.fromarray(moved.round().clip(0, 255).astype(np.uint8))
