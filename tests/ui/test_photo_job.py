"""How a result reaches the page, without a browser."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
import pytest
from PIL import Image

from imggen.engine.engine import Engine
from imggen.imaging.decode import open_image
from imggen.store.catalogue import Catalog
from imggen.ui.photo_job import QUICKLY_SAVED, result_shown
from imggen.ui.photo_tab import PhotoTab, Surroundings
from imggen.ui.tabs import super_resolution
from tests.conftest import picture


@pytest.fixture
def tab(tiny_models: Path) -> PhotoTab:
    engine = Engine(Catalog(extra=[tiny_models], offline=True), offline=True)
    with gr.Blocks():
        return super_resolution.build(Surroundings(engine, 10**6, {}))


def test_a_large_result_is_looked_at_before_its_file_is_there(tab: PhotoTab, tmp_path: Path) -> None:
    tab.form.download.GRADIO_CACHE = str(tmp_path)
    photo = picture(900, 620)
    result = photo.resize((3600, 2480), Image.Resampling.BICUBIC)
    assert result.width * result.height > QUICKLY_SAVED
    shown = result_shown(tab, photo, result, "castle_4x", "Made.")
    first = next(shown)
    before, after = (open_image(path) for path in first[tab.pair])
    assert before.size == after.size == (1280, 882)
    assert not list(tmp_path.iterdir())
    assert tab.result not in first
    (last,) = shown
    # Of values that follow each other at once a browser may take only the last: it has all of them.
    assert first.keys() <= last.keys()
    assert last[tab.pair] == first[tab.pair]
    assert (last[tab.status], Path(last[tab.result]).name) == ("Made.", "castle_4x.png")
    assert open_image(last[tab.result]).tobytes() == result.tobytes()


def test_a_small_result_comes_at_once(tab: PhotoTab) -> None:
    photo = picture(60, 40)
    (only,) = result_shown(tab, photo, photo.resize((240, 160)), "small_4x", "Made.")
    assert open_image(only[tab.pair][1]).tobytes() == open_image(only[tab.result]).tobytes()
