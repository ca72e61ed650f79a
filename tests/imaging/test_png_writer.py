"""What is written as a PNG is read by other programs, pixel by pixel as it was."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from imggen.errors import InputError
from imggen.imaging.decode import open_image, recipe_of
from imggen.imaging.png_writer import write_png
from imggen.imaging.recipe import save_png
from tests.conftest import picture
from tests.imaging.recipes import GOOD

CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}


@pytest.mark.parametrize("mode", CHANNELS)
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (7, 1), (31, 17), (641, 1200), (400_000, 3)])
def test_every_pixel_comes_back(mode: str, size: tuple[int, int], tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], CHANNELS[mode]), np.uint8)
    noise[: size[1] // 2] //= 64  # compresses well, and the rest does not
    image = Image.fromarray(noise[..., 0] if mode == "L" else noise)
    assert image.mode == mode
    path = tmp_path / "picture.png"
    write_png(image, path, {"Title": "Größe 大きさ"})
    with Image.open(path) as checked:
        checked.verify()  # the checksums of all chunks
    with Image.open(path) as opened:
        assert (opened.mode, opened.text) == (mode, {"Title": "Größe 大きさ"})
        assert opened.tobytes() == image.tobytes()
    assert np.array_equal(np.squeeze(imagecodecs.png_decode(path.read_bytes())), np.squeeze(noise))


def test_photographs_are_at_most_a_tenth_larger_than_by_pillow(tmp_path: Path) -> None:
    photo = open_image(Path(__file__).parents[2] / "imggen" / "ui" / "examples" / "water-of-leith.jpg")
    photo.save(tmp_path / "pillow.png", compress_level=1)
    ours = save_png(photo, tmp_path / "ours.png")
    assert ours.stat().st_size < 1.1 * (tmp_path / "pillow.png").stat().st_size


def test_a_shorter_file_replaces_a_longer_one(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    save_png(picture(400, 300), path)
    small = picture(4, 3)
    small.info["imggen"] = GOOD["sampling"]
    save_png(small, path)
    assert open_image(path).tobytes() == small.tobytes()
    assert recipe_of(path) == GOOD["sampling"]
    assert path.read_bytes().endswith(b"IEND\xaeB`\x82")


def test_a_file_that_cannot_be_finished_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(image: Image.Image) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("imggen.imaging.png_writer._filtered", full)
    with pytest.raises(OSError, match="No space left"):
        save_png(picture(40, 30), tmp_path / "picture.png")
    assert not list(tmp_path.iterdir())


def test_a_mode_that_is_not_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not CMYK: convert it first"):
        save_png(picture(4, 3).convert("CMYK"), tmp_path / "picture.png")
    assert not list(tmp_path.iterdir())
