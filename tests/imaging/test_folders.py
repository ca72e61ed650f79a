"""Which files in a folder count as pictures, and which class each belongs to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imggen.errors import ImageError, InputError
from imggen.imaging.folders import SUFFIXES, classes_of, find_pictures, list_counts, open_named
from tests.conftest import picture

FORMATS = {
    "JPEG": ".jfif .jpe .jpeg .jpg .JPG",
    "PNG": ".png",
    "WEBP": ".webp",
    "GIF": ".gif",
    "BMP": ".bmp",
    "TIFF": ".tif .tiff",
    "AVIF": ".avif",
    "HEIF": ".heic .heif .hif",
}


def found(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find_pictures(folder)]


def test_every_format_that_the_app_reads_counts(tmp_path: Path) -> None:
    names = []
    for kind, ends in FORMATS.items():
        for number, end in enumerate(ends.split()):
            names.append(f"{kind}{number}{end}")
            picture(16, 16).save(tmp_path / names[-1], kind)
    for name in ("notes.txt", "drawing.svg", "film.mp4", "scene.psd"):
        (tmp_path / name).write_bytes(b"no picture")
    assert found(tmp_path) == sorted(names)
    for name in names:
        assert open_named(tmp_path / name, name, 1000).size == (16, 16)


def test_hidden_and_system_files_are_no_data(tmp_path: Path) -> None:
    for name in (
        "rose/1.png",
        "rose/._1.png",
        "rose/.ipynb_checkpoints/1-checkpoint.png",
        "rose/@eaDir/1.png/SYNOPHOTO_THUMB_M.jpg",
        "__MACOSX/rose/._1.png",
        ".cache/huggingface/1.png",
        "$RECYCLE.BIN/2.png",
        "lost+found/3.png",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        picture(8, 8).save(tmp_path / name)
    assert found(tmp_path) == ["rose/1.png"]
    assert found(tmp_path / ".cache") == ["huggingface/1.png"], "a hidden folder that the user names is meant"


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    (data / "rose").mkdir(parents=True)
    (elsewhere / "deep").mkdir(parents=True)
    picture(8, 8).save(data / "rose" / "1.png")
    picture(8, 8).save(elsewhere / "deep" / "2.png")
    (data / "tulip").symlink_to(elsewhere)
    (data / "3.png").symlink_to(data / "rose" / "1.png")
    (data / "rose" / "again").symlink_to(data)
    (elsewhere / "deep" / "up").symlink_to(elsewhere)
    (data / "itself").symlink_to(data / "itself")
    assert found(data) == ["3.png", "rose/1.png", "tulip/deep/2.png"]


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    os.mkfifo(tmp_path / "pipe.png")  # reading it would wait for ever
    (tmp_path / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    assert found(tmp_path) == ["cut.jpg", "gone.png"]
    for name in found(tmp_path):
        with pytest.raises(ImageError, match=f"The picture '{name}' cannot be used"):
            open_named(tmp_path / name, name, 1000)
    with pytest.raises(InputError, match="cannot be read"):
        find_pictures(tmp_path / "missing")


def test_the_class_is_the_folder() -> None:
    assert classes_of(["rose/1.png", "tulip/1.png", "rose/2.png"]) == ["rose", "tulip", "rose"]
    assert classes_of(["flowers/all/rose/1.png", "flowers/all/tulip/1.png"]) == ["rose", "tulip"]
    decomposed, composed = "cafe\N{COMBINING ACUTE ACCENT}", "caf\N{LATIN SMALL LETTER E WITH ACUTE}"
    assert classes_of([f"{decomposed}/1.png", "tea/1.png"]) == [composed, "tea"]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["rose/1.png", "tulip/1.png", "3.png"], "'3.png' lies beside the class folders"),
        (["all/rose/1.png", "all/tulip/1.png", "all/3.png"], "'all/3.png' lies beside the class folders"),
        (["rose/1.png", "tulip/close/2.png"], "'tulip/close/2.png' lies too deep"),
        (["train/rose/1.png", "test/rose/1.png"], "'train/rose/1.png' lies too deep"),
        (["Rose/1.png", "rose/2.png"], "'Rose' and 'rose' differ in case only"),
        (["rose/1.png", "rose/2.png"], "two at least"),
        (["1.png", "2.png"], "two at least"),
    ],
)
def test_unclear_classes_are_refused(names: list[str], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        classes_of(names)


def test_counts_of_many_classes_stay_readable() -> None:
    assert list_counts(["tulip", "rose", "rose"]) == "rose 2, tulip 1"
    assert list_counts([f"class{number:03}" for number in range(1000)]).endswith("class011 1 and 988 more")


def test_no_suffix_is_one_that_starts_programs() -> None:
    assert not {".eps", ".ps", ".pdf", ".wmf", ".svg"} & set(SUFFIXES)
