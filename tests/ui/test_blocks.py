"""The page as a whole, without a browser."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from gradio.state_holder import SessionState

from imggen.engine.engine import Engine
from imggen.store.catalogue import Catalog
from imggen.store.visitor_models import VisitorModels
from imggen.ui import blocks, showcase_pictures
from imggen.ui.start_page import make_version
from tests.conftest import picture


def test_the_page_opens_on_its_start_and_has_the_tabs_that_can_answer(tmp_path: Path, tiny_stylisers: Path) -> None:
    page = blocks.build(Engine(Catalog(extra=tiny_stylisers.iterdir(), shipped=tmp_path), offline=True))
    bar = next(block for block in page.blocks.values() if isinstance(block, gr.Tabs))
    assert bar.selected == "start"
    assert {"Start", "Style transfer"} <= {tab.label for tab in bar.children}


def test_every_card_of_the_start_page_has_its_picture() -> None:
    paths = [showcase_pictures.card_picture(task) for task in showcase_pictures.CARDS]
    assert all(path.is_file() for path in [*paths, showcase_pictures.BEFORE, showcase_pictures.AFTER])


def test_a_photo_is_painted_relit_and_enlarged_with_the_models_that_ship() -> None:
    engine, photo = Engine(offline=True), picture(96, 64)
    assert make_version(engine, "style_transfer", photo).size == (96, 64)
    assert make_version(engine, "day_night", photo).size == (96, 64)
    assert make_version(engine, "super_resolution", photo).size == (384, 256)


def test_visitors_may_be_kept_from_loading_models(tiny_models: Path) -> None:
    engine = Engine(Catalog(extra=[tiny_models], shipped=tiny_models / "none"), offline=True)
    for visitors, there in ((VisitorModels(), True), (None, False)):
        page = blocks.build(engine, visitors=visitors)
        names = {getattr(block, "elem_id", None) for block in page.blocks.values()}
        assert [name in names for name in ("hub-load", "models-hub-load")] == [there, there]
        told = any(getattr(block, "value", None) == blocks.NO_VISITOR_MODELS for block in page.blocks.values())
        assert told != there


def test_a_session_keeps_no_copy_of_the_page(tiny_models: Path) -> None:
    page = blocks.build(Engine(Catalog([], tiny_models)))
    session = SessionState(page)
    assert not session.config_values
    number = next(iter(page.blocks))
    assert session[number] is page.blocks[number]


def test_what_is_added_to_a_finished_page_is_in_its_description(tiny_models: Path) -> None:
    page = blocks.build(Engine(Catalog([], tiny_models)))
    with page:
        gr.Textbox(elem_id="added")
    described = [component["props"].get("elem_id") for component in page.get_config_file()["components"]]
    assert "added" in described
    assert described.count("tabs") == 1
