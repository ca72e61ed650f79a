"""How large a picture may be."""

from __future__ import annotations

from imggen.errors import ImageError

#: Pixels of the largest picture that is decoded: 8192 x 6144, the largest photos of phones that people pass on.
MAX_PIXELS = 8192 * 6144


def check_size(size: tuple[int, int], max_pixels: int) -> None:
    """Check a picture's size before anything is decoded.

    Args:
        size: width and height.
        max_pixels: largest product of both.

    Raises:
        ImageError: with a sentence for the user.
    """
    width, height = size
    if width < 1 or height < 1:
        raise ImageError(f"This picture is empty: it has {width} x {height} pixels. Choose another.")
    if width * height > max_pixels:
        raise ImageError(
            f"This picture has {width} x {height} pixels ({width * height / 1e6:.1f} megapixels); "
            f"the limit is {max_pixels / 1e6:.1f} megapixels. Make it smaller and try again."
        )
