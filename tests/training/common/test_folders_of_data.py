"""Folders of data as people have them, from the command line: what trains, what is told, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import picture
from tests.training.gan.test_gan import run
from tests.training.translation import test_translation


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    """Two classes in a folder of a folder, as archives unpack, among what systems leave behind."""
    data = tmp_path / "data"
    pictures = {"rose": ["1.png", "2.gif", "3.jfif"], "tulip": ["1.png", "2.tif"]}
    junk = ["__MACOSX/flowers/rose/._1.png", "flowers/rose/.ipynb_checkpoints/1.png", "flowers/tulip/@eaDir/2.png"]
    for name in [*junk, *(f"flowers/{kind}/{file}" for kind, files in pictures.items() for file in files)]:
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        picture(24, 20, len(name)).save(data / name)
    return data


def test_training_tells_classes_counts_and_damaged_files(
    flowers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (flowers / "flowers" / "rose" / "broken.png").write_bytes(b"not a picture")
    assert run("cgan", flowers, tmp_path / "result", "steps=1") == 0
    printed = capsys.readouterr().out
    assert "Training on 5 images (rose 3, tulip 2); left out: 0 smaller, 1 not decodable" in printed
    assert "flowers/rose/broken.png" in printed
    config = json.loads((tmp_path / "result" / "config.json").read_text())
    assert config["class_names"] == ["rose", "tulip"]


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        ("flowers/loose.png", "'flowers/loose.png' lies beside the class folders"),
        ("flowers/rose/close/4.png", "'flowers/rose/close/4.png' lies too deep"),
        ("flowers/Rose/4.png", "'Rose' and 'rose' differ in case only"),
    ],
)
def test_pictures_without_a_clear_class_are_refused(
    extra: str, sentence: str, flowers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (flowers / extra).parent.mkdir(exist_ok=True)
    picture(24, 20).save(flowers / extra)
    assert run("cgan", flowers, tmp_path / "result") == 2
    printed = capsys.readouterr().err
    assert sentence in printed
    assert "Traceback" not in printed
    assert run("dcgan", flowers, tmp_path / "result", "steps=1") == 0, "without classes every folder counts"


def test_a_class_without_a_usable_picture_is_refused(
    flowers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (flowers / "flowers" / "violet").mkdir()
    picture(4, 4).save(flowers / "flowers" / "violet" / "tiny.png")
    assert run("cgan", flowers, tmp_path / "result") == 2
    assert "No picture of the class 'violet' can be used" in capsys.readouterr().err


def test_a_damaged_picture_of_a_domain_is_named_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for domain in ("day", "night"):
        for name in ("scene01_1", "scene02_1", "scene02_2"):
            (tmp_path / "data" / domain).mkdir(parents=True, exist_ok=True)
            picture(48, 40).save(tmp_path / "data" / domain / f"{name}.png")
    (tmp_path / "data" / "night" / "scene02_2.png").write_bytes(b"not a picture")
    (tmp_path / "data" / "night" / "scene01_1.png").write_bytes(b"nor this")  # held out for the sample sheet
    assert test_translation.run(tmp_path / "data", tmp_path / "result", "steps=1") == 0
    printed = capsys.readouterr().out
    assert "Training on 2 images of 'day'; 1 held out" in printed
    assert "1 not decodable (night/scene02_2.png)" in printed
    assert "The picture 'night/scene01_1.png' cannot be used" in printed
    (tmp_path / "data" / "Day").mkdir()
    assert test_translation.run(tmp_path / "data", tmp_path / "other") == 2
    assert "differ in case only" in capsys.readouterr().err
