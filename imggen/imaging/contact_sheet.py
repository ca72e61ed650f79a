"""Several pictures on one sheet."""

from __future__ import annotations

from PIL import Image


def grid(images: list[Image.Image], columns: int, gap: int = 2) -> Image.Image:
    """Arrange equally sized images in rows of ``columns`` on white, ``gap`` pixels apart."""
    width, height = images[0].size
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * (width + gap) - gap, rows * (height + gap) - gap), "white")
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        sheet.paste(image, (column * (width + gap), row * (height + gap)))
    return sheet
