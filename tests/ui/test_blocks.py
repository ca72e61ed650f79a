"""The page as a whole, without a browser."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from imggen.engine.engine import Engine
from imggen.store.catalogue import Catalog
from imggen.ui import blocks


def opened(*folders: Path, shipped: Path) -> str:
    page = blocks.build(Engine(Catalog(extra=folders, shipped=shipped), offline=True))
    return next(str(block.selected) for block in page.blocks.values() if isinstance(block, gr.Tabs))


def test_the_page_opens_on_a_tab_that_needs_no_download(tmp_path: Path, tiny_stylisers: Path) -> None:
    assert opened(*tiny_stylisers.iterdir(), shipped=tmp_path) == "style-transfer"
