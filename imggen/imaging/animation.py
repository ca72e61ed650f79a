"""Write films: animated WebP with Pillow, MP4 with PyAV, which has its own encoder. Both hold the film's recipe."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from imggen.errors import ImageError
from imggen.imaging.contact_sheet import grid
from imggen.imaging.decode import recipe_of
from imggen.imaging.recipe import RECIPE_KEY, parse_recipe

#: Frames per second. WebP needs a whole number of milliseconds per frame.
RATE = 25
#: Longer side in pixels up to which the frames of an MP4 are enlarged.
_LEAST_SIDE = 256
#: Longer side in pixels up to which the frames of a strip are enlarged.
_STRIP_SIDE = 128
#: Pixels of all frames up to which a WebP is lossless.
_LOSSLESS_PIXELS = 4 * 1024**2


def save_webp(frames: list[Image.Image], path: str | Path) -> Path:
    """Write an animated WebP that repeats for ever; the first frame's recipe goes into EXIF's ImageDescription.

    Films of up to four million pixels (256 frames of 128 x 128) are lossless, which takes 1.6 bytes a pixel.

    Args:
        frames: RGB images of one size.
        path: of the file.
    """
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = json.dumps(_recipe(frames))
    first, *others = frames
    small = len(frames) * first.width * first.height <= _LOSSLESS_PIXELS
    quality = {"lossless": True, "quality": 0, "method": 0} if small else {"quality": 90, "method": 2}
    timing = {"duration": 1000 // RATE, "loop": 0}
    first.save(path, "WEBP", save_all=True, append_images=others, exif=exif, **timing, **quality)
    return Path(path)


def save_mp4(frames: list[Image.Image], path: str | Path) -> Path:
    """Write an H.264 film that any player and browser shows; the first frame's recipe goes into the comment.

    Such films store colours at half the resolution, so small frames are enlarged to about 256 pixels.

    Args:
        frames: RGB images of one size, with even sides.
        path: of the file.
    """
    import av  # the libraries of FFmpeg: only who asks for such a film waits for them

    width, height = frames[0].size
    scale = max(1, _LEAST_SIDE // max(width, height))
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata["comment"] = json.dumps(_recipe(frames))
        stream = container.add_stream("libx264", rate=RATE, options={"crf": "16", "preset": "veryfast"})
        stream.width, stream.height = scale * width, scale * height
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, RATE)
        for frame in frames:
            enlarged = frame.resize((stream.width, stream.height), Image.Resampling.BICUBIC)
            container.mux(stream.encode(av.VideoFrame.from_image(enlarged)))
        container.mux(stream.encode(None))
    return Path(path)


def strip(frames: list[Image.Image], count: int = 8) -> Image.Image:
    """Up to ``count`` frames side by side, evenly spaced from the first to the last, with the film's recipe.

    Frames of less than 128 pixels are enlarged by an integer factor.
    """
    count = min(count, len(frames))
    shown = [frames[round(place * (len(frames) - 1) / max(1, count - 1))] for place in range(count)]
    scale = max(1, _STRIP_SIDE // max(frames[0].size))
    size = scale * frames[0].width, scale * frames[0].height
    row = grid([frame.resize(size, Image.Resampling.BICUBIC) for frame in shown], count)
    row.info[RECIPE_KEY] = _recipe(frames)
    return row


def frame_of(path: str | Path, number: int) -> Image.Image:
    """One frame of a film that :func:`save_webp` wrote, with its recipe.

    Args:
        path: of the film.
        number: from 0; larger than the last frame gives the last frame.

    Raises:
        ImageError: when the file is gone or damaged.
    """
    made = film_recipe(path)
    try:
        with Image.open(path, formats=["WEBP"]) as film:
            number = min(max(0, number), getattr(film, "n_frames", 1) - 1)
            film.seek(number)
            frame = film.convert("RGB")
    except (OSError, EOFError, ValueError):
        raise ImageError("This film is gone. Make it again.") from None
    frame.info = {RECIPE_KEY: {**made, "frame": number}} if made else {}
    return frame


def film_recipe(path: str | Path) -> dict[str, Any] | None:
    """The recipe of a film, WebP or MP4, or of a picture. None when the file carries none.

    Raises:
        ImageError: when it is none of these, or damaged, or its recipe is.
    """
    path = Path(path)
    if path.suffix.lower() != ".mp4":
        return recipe_of(path)
    import av
    from av.error import FFmpegError

    try:
        with av.open(str(path), format="mp4") as container:
            return parse_recipe(container.metadata.get("comment"))
    except (OSError, SyntaxError, ValueError, FFmpegError):
        raise ImageError("This is no film that was made here, or it is damaged.") from None


def _recipe(frames: list[Image.Image]) -> dict[str, Any]:
    """The film's recipe: that of a frame without the frame's number."""
    return {key: value for key, value in frames[0].info.get(RECIPE_KEY, {}).items() if key != "frame"}
