"""JPEG compression of a picture in memory."""

from __future__ import annotations

import io

from PIL import Image


def as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    """Compress an RGB image as JPEG with a quality of 1 to 100, otherwise with Pillow's defaults, and decode it."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    stored = Image.open(buffer)
    stored.load()
    return stored
