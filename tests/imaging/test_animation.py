"""Films as files: every frame is there, they repeat, and they say how they were made."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from imggen.errors import ImageError
from imggen.imaging.animation import RATE, film_recipe, frame_of, save_mp4, save_webp, strip
from imggen.imaging.recipe import read_recipe, save_png
from tests.conftest import picture

RECIPE = {"task": "interpolation", "model": "tiny", "parameters": {"seeds": [3, [4, "rosé"]]}}


@pytest.fixture
def film() -> list[Image.Image]:
    frames = [picture(32, 32, seed) for seed in range(7)]
    for number, frame in enumerate(frames):
        frame.info["imggen"] = {**RECIPE, "frame": number}
    return frames


def close(one: Image.Image, other: Image.Image, tolerance: float) -> bool:
    return float(np.abs(np.asarray(one, float) - np.asarray(other, float)).mean()) < tolerance


def test_webp_holds_every_frame_and_the_recipe(film: list[Image.Image], tmp_path: Path) -> None:
    path = save_webp(film, tmp_path / "film.webp")
    with Image.open(path) as image:
        assert image.n_frames == 7  # type: ignore[attr-defined]
        assert image.info["loop"] == 0
        image.seek(6)
        image.load()
        assert image.info["duration"] == 1000 // RATE
    assert film_recipe(path) == RECIPE
    for number in (0, 3, 6):
        frame = frame_of(path, number)
        assert np.array_equal(np.asarray(frame), np.asarray(film[number]))
        assert read_recipe(frame) == {**RECIPE, "frame": number}
    assert np.array_equal(np.asarray(frame_of(path, 99)), np.asarray(frame_of(path, 6)))


def test_a_large_film_is_smaller_than_exact(tmp_path: Path) -> None:
    frames = [picture(1024, 1024, seed) for seed in range(5)]
    path = save_webp(frames, tmp_path / "film.webp")
    assert path.stat().st_size < sum(save_png(frame, tmp_path / "frame.png").stat().st_size for frame in frames) / 2
    assert close(frame_of(path, 4), frames[4], 6)


def test_mp4_plays_everywhere_and_holds_the_recipe(film: list[Image.Image], tmp_path: Path) -> None:
    path = save_mp4(film, tmp_path / "film.mp4")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == RATE
        shown = [frame.to_image() for frame in container.decode(video=0)]
    assert len(shown) == 7
    assert shown[0].size == (256, 256)
    assert all(
        close(one.resize((32, 32), Image.Resampling.BOX), other, 6) for one, other in zip(shown, film, strict=True)
    )
    assert film_recipe(path) == RECIPE


def test_a_saved_frame_and_the_strip_carry_the_recipe(film: list[Image.Image], tmp_path: Path) -> None:
    assert film_recipe(save_png(film[2], tmp_path / "frame.png")) == {**RECIPE, "frame": 2}
    row = strip(film, count=3)
    assert row.size == (3 * 128 + 2 * 2, 128)
    assert read_recipe(row) == RECIPE
    assert close(row.crop((130, 0, 258, 128)).resize((32, 32), Image.Resampling.BOX), film[3], 6)
    assert strip([picture(200, 200)] * 2).size == (402, 200)


def test_films_of_others_have_no_recipe(tmp_path: Path) -> None:
    picture(16, 16).save(tmp_path / "plain.webp")
    assert film_recipe(tmp_path / "plain.webp") is None


@pytest.mark.parametrize("name", ["odd.webp", "odd.mp4", "odd.png", "odd.txt"])
def test_damaged_files_are_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"RIFF nothing of the kind")
    with pytest.raises(ImageError):
        film_recipe(tmp_path / name)
    with pytest.raises(ImageError):
        frame_of(tmp_path / name, 0)
