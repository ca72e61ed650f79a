"""What storing a picture as a JPEG does to it."""

from __future__ import annotations

import io

from PIL import Image


def as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    """Write an RGB image as a JPEG file of a quality, 1 to 100, with Pillow's other settings, and read it."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    stored = Image.open(buffer)
    stored.load()
    return stored
