"""``imggen upscale``, ``night``, ``sample`` and the other jobs on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from imggen.cli import main
from imggen.imaging.decode import recipe_of
from tests.conftest import picture


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("castle.jpg", "harbour.png"):
        picture(40, 32).save(folder / name)
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_a_folder_of_photos_is_enlarged_under_its_names(photos: Path, tmp_path: Path) -> None:
    assert main(["upscale", str(photos), "-o", str(tmp_path / "large"), "--detail", "0"]) == 0
    assert sorted(path.name for path in (tmp_path / "large").iterdir()) == ["castle_4x.png", "harbour_4x.png"]
    assert Image.open(tmp_path / "large" / "castle_4x.png").size == (160, 128)
    assert recipe_of(tmp_path / "large" / "castle_4x.png")["parameters"]["detail"] == 0


def test_photos_become_twice_as_large_or_as_large_as_told(photos: Path, tmp_path: Path) -> None:
    assert main(["upscale", str(photos), "-o", str(tmp_path / "twice"), "--scale", "2", "--format", "jpg"]) == 0
    assert sorted(path.name for path in (tmp_path / "twice").iterdir()) == ["castle_2x.jpg", "harbour_2x.jpg"]
    assert Image.open(tmp_path / "twice" / "castle_2x.jpg").size == (80, 64)
    assert main(["upscale", str(photos / "castle.jpg"), "-o", str(tmp_path / "sized"), "--size", "100"]) == 0
    assert Image.open(tmp_path / "sized" / "castle_100px.png").size == (100, 80)
    assert recipe_of(tmp_path / "sized" / "castle_100px.png")["parameters"]["size"] == 100


def test_a_damaged_photo_is_named_and_the_others_are_done(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "damaged.jpg").write_bytes(b"not a picture")
    assert main(["upscale", str(photos / "*.*"), "-o", str(tmp_path / "large")]) == 1
    assert "damaged.jpg" in capsys.readouterr().err
    assert (tmp_path / "large" / "harbour_4x.png").is_file()


def test_a_wrong_setting_is_explained_once_and_not_for_every_photo(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["stylize", str(photos), "--style", "no such style", "-o", str(tmp_path / "painted")]) == 1
    first, second = capsys.readouterr().err.strip().splitlines()
    assert "castle.jpg: There is no style 'no such style'." in first
    assert second.endswith("harbour.png: the same.")


def test_photos_whose_names_differ_in_their_ending_only_both_get_a_result(photos: Path, tmp_path: Path) -> None:
    picture(20, 16).save(photos / "castle.png")
    assert main(["upscale", str(photos), "-o", str(tmp_path / "large")]) == 0
    found = {path.name: Image.open(path).size for path in (tmp_path / "large").iterdir()}
    assert found == {"castle_4x.png": (160, 128), "castle_4x-2.png": (80, 64), "harbour_4x.png": (160, 128)}


def test_hidden_files_in_a_folder_are_no_photos(photos: Path, tmp_path: Path) -> None:
    (photos / "._castle.jpg").write_bytes(b"left by another system")
    assert main(["upscale", str(photos), "-o", str(tmp_path / "large")]) == 0
    assert len(list((tmp_path / "large").iterdir())) == 2


def test_a_single_result_goes_to_the_file_that_is_named(photos: Path, tmp_path: Path) -> None:
    night = tmp_path / "night.webp"
    assert main(["night", str(photos / "castle.jpg"), "-o", str(night), "--sky", "city glow", "--glow", "1.5"]) == 0
    assert Image.open(night).format == "WEBP"
    made = recipe_of(night)
    assert made is not None
    light = {"time": 0.7, "glow": 1.5, "sky": "city glow", "seed": 0}
    assert {name: made["parameters"][name] for name in light} == light


def test_samples_are_named_after_model_and_seed(tmp_path: Path) -> None:
    assert main(["sample", "-o", str(tmp_path), "--count", "2", "--seed", "7"]) == 0
    first, second = sorted(tmp_path.iterdir())
    assert first.name.endswith("_seed7.png")
    assert recipe_of(second)["parameters"]["seed"] == 8


def test_a_film_between_seeds(tmp_path: Path) -> None:
    film = tmp_path / "film.webp"
    assert main(["morph", "1", "2", "--class", "Bob, smiling", "-o", str(film), "--frames", "4"]) == 0
    assert Image.open(film).n_frames == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["upscale", "nowhere.jpg"], "There is no picture at 'nowhere.jpg'."),
        (["sample", "--model", "flower-128"], "Did you mean 'flowers-128'?"),
        (["upscal"], "There is no command 'upscal'. Did you mean 'upscale'?"),
        (["sample", "--class", "rose"], "has no classes"),
        (["sample", "--format", "jpg", "--quality", "0"], "quality is a number"),
        (["stylize", __file__, "--style", "irises.jpg"], "There is no picture at 'irises.jpg'."),
        (["morph", "1", "2", "--frames", "1"], "frames"),
        (["morph", "1", "2", "--class", "Bob, smilin"], "Bob, smiling"),
        (["morph", "1", "2", "--model", "flowers-64", "--class", "rose"], "leave --class out"),
    ],
)
def test_mistakes_end_with_a_sentence(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "-o", str(tmp_path / "out")]) == 2
    assert words in capsys.readouterr().err
