"""Read HEIC and HEIF files, the photos of most phones, with pillow-heif."""

from __future__ import annotations

import io

import numpy as np
import pillow_heif

from imggen.imaging import isobmff
from imggen.imaging.colour_profiles import from_code_points
from imggen.imaging.raster import Opened, Raster, Space, orientation_in

pillow_heif.register_heif_opener()  # so that Image.open reads these files too


def open_heif(data: bytes) -> Opened:
    """Read everything but the pixels of the main picture.

    Raises:
        Exception: of any kind, when the file is damaged.
    """
    image = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
    properties = isobmff.main_properties(data)
    turned = any(kind in (b"irot", b"imir") for kind, _ in properties)  # the decoder has applied these
    orientation = 1 if turned else orientation_in(image.info.get("exif") or b"")
    return Opened(image.size, lambda: _decode(image, properties), orientation)


def _decode(image: pillow_heif.HeifFile, properties: list[tuple[bytes, bytes]]) -> Raster:
    pixels = np.asarray(image)
    if pixels.dtype == np.uint16:  # 10 or 12 bits, shifted to the left: their white is slightly below 65535
        white = 65536 - (1 << (16 - image.info["bit_depth"]))
        pixels = (pixels.astype(np.float32) * (65535 / white)).round().clip(0, 65535).astype(np.uint16)
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    space: Space = "grey" if channels <= 2 else "rgb"
    alpha = pixels[..., -1] if channels in (2, 4) else None
    colours = pixels if alpha is None else pixels[..., :-1]
    profile = image.info.get("icc_profile")
    if not profile and (numbers := isobmff.nclx(properties)):
        profile = from_code_points(*numbers, grey=space == "grey")
    if space == "grey":
        colours = colours.reshape(colours.shape[:2])
    return Raster(colours, space, alpha, image.premultiplied_alpha, profile)
