"""What the tabs share, without a browser."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
import pytest
from anyio.from_thread import start_blocking_portal
from gradio.state_holder import SessionState

from imggen.ui.shared.page import Page
from imggen.ui.shared.parts import photo_input, unchecked
from tests.conftest import picture
from tests.uploads import UNUSABLE


def test_inputs_keep_their_checks_after_a_handler_changed_their_properties(tmp_path: Path) -> None:
    with Page() as page:
        direction = unchecked(gr.Radio(["day", "night"], value="day"))
        photo = photo_input()
        button = gr.Button()
        button.click(lambda: [gr.Radio(choices=["apple"]), gr.Image(visible=True)], None, [direction, photo])
        button.click(lambda *_: None, [direction, photo])
    change, use = page.fns.values()
    state = SessionState(page)

    def received(name: str) -> list[object]:
        values = ["night", {"path": str(tmp_path / name)}]
        return portal.call(page.preprocess_data, use, values, state, True)

    picture(10, 10).save(tmp_path / "small.png")
    (tmp_path / "large.png").write_bytes(UNUSABLE["bomb.png"][0])
    with start_blocking_portal() as portal:
        portal.call(page.postprocess_data, change, [gr.Radio(choices=["apple"]), gr.Image(visible=True)], state)
        value, image = received("small.png")
        assert value == "night"
        assert getattr(image, "size", None) == (10, 10)
        with pytest.raises(gr.Error, match="megapixels"):
            received("large.png")
