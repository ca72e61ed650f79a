"""The examples of the README, word for word, with the models that ship."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.app.conftest import ROOT, running_app
from tests.app.test_typeface_panel import drawn_letter
from tests.conftest import picture


def example(heading: str) -> str:
    """The code below a heading of the README."""
    section = (ROOT / "README.md").read_text().partition(f"\n## {heading}\n")[2]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the examples are run in, with the pictures that they name."""
    picture(96, 64).save(tmp_path / "photo.jpg")
    picture(64, 64, seed=1).save(tmp_path / "painting.jpg")
    drawn_letter(tmp_path / "my_r.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def shipped_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_app(tmp_path_factory, "--offline") as url:
        yield url


def test_the_python_examples(pictures: Path) -> None:
    names: dict[str, Any] = {}
    exec(example("From Python"), names)
    assert Image.open("photo_4x.png").size == (384, 256)
    for name in ("irises.png", "dusk.png"):
        assert Image.open(name).size == (96, 64)
    assert Image.open("hello.png").width > 100
    assert Path("mine.ttf").stat().st_size > 1000
    assert names["flowers"].sample(count=4, seed=7)[3].info["imggen"]["parameters"]["seed"] == 10


def test_the_http_examples(pictures: Path, shipped_url: str) -> None:
    code = example("Over HTTP").replace("http://127.0.0.1:7860", shipped_url)
    answers: list[Any] = []
    calls = re.sub(r"^client\.predict\((.*?)\)(?=$|  #)", r"answers.append(client.predict(\1))", code, flags=re.M)
    exec(calls, {"answers": answers})
    assert code.count("client.predict") == len(answers) == 8
    upscaled, stylised, translated = (Image.open(path).size for path in answers[:3])
    assert (upscaled, stylised, translated) == ((384, 256), (96, 64), (96, 64))
    assert [entry["caption"] for entry in answers[3]] == ["seed 7", "seed 8", "seed 9", "seed 10"]
    for word, font in answers[4:6]:
        assert Image.open(word).width > 100
        assert Path(font).stat().st_size > 1000
    film, _ = answers[6]
    assert Image.open(film).n_frames == 60  # type: ignore[attr-defined]
    assert "arbitrary-style" in [entry["id"] for entry in answers[7]]
