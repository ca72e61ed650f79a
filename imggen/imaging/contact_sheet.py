"""Several pictures on one sheet."""

from __future__ import annotations

import math
import unicodedata

from PIL import Image, ImageDraw, ImageFont

from imggen.imaging.limits import shrunk


def grid(images: list[Image.Image], columns: int, gap: int = 2) -> Image.Image:
    """Arrange equally sized images in rows of ``columns`` on white, ``gap`` pixels apart."""
    width, height = images[0].size
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * (width + gap) - gap, rows * (height + gap) - gap), "white")
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        sheet.paste(image, (column * (width + gap), row * (height + gap)))
    return sheet


def captioned(images: list[Image.Image], captions: list[str], max_pixels: int) -> Image.Image:
    """Arrange pictures on white in one or two rows, each above its caption.

    Args:
        images: RGB, of about the same size; those that would make the sheet too large are shrunk.
        captions: one for each; it is broken into lines as wide as the pictures.
        max_pixels: of all pictures together.
    """
    images = [shrink(image, max_pixels // len(images)) for image in images]
    columns = len(images) if len(images) <= 3 else math.ceil(len(images) / 2)
    width, height = (max(sides) for sides in zip(*(image.size for image in images), strict=True))
    font = ImageFont.load_default(max(12, width // 20))
    texts = [_in_lines(in_plain_letters(text), font, width) for text in captions]
    gap = max(4, width // 60)
    pen = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    boxes = [pen.multiline_textbbox((0, 0), text, font) for text in texts]
    across = max(width, *(math.ceil(box[2]) for box in boxes)) + gap  # a long word moves the pictures apart
    down = height + max(math.ceil(box[3]) for box in boxes) + 3 * gap
    sheet = Image.new("RGB", (gap + columns * across, gap + math.ceil(len(images) / columns) * down - gap), "white")
    pen = ImageDraw.Draw(sheet)
    for index, (image, text) in enumerate(zip(images, texts, strict=True)):
        row, column = divmod(index, columns)
        left, top = gap + column * across, gap + row * down
        sheet.paste(image, (left + (across - gap - image.width) // 2, top + (height - image.height) // 2))
        middle = left + (across - gap) // 2
        pen.multiline_text((middle, top + height + gap), text, "#222222", font, anchor="ma", align="center")
    return sheet


def _in_lines(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """A text with line breaks, first of all before a bracket: lines of more than a word are at most so wide."""
    if font.getlength(text) <= width:
        return text
    lines: list[str] = []
    for part in text.replace(" (", "\n(").splitlines():
        line = ""
        for word in part.split():
            longer = f"{line} {word}".lstrip()
            if line and font.getlength(longer) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return "\n".join(lines)


def in_plain_letters(text: str) -> str:
    """The nearest text in the letters of Pillow's built-in font, which has neither accents nor long dashes."""
    dashed = "".join("-" if unicodedata.category(letter) == "Pd" else letter for letter in text)
    return unicodedata.normalize("NFKD", dashed).encode("ascii", "ignore").decode()


def shrink(image: Image.Image, max_pixels: int) -> Image.Image:
    """A picture, shrunk in its proportions where it has more pixels."""
    size = shrunk(image.size, max_pixels)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)
