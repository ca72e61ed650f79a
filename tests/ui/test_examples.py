"""The example photos that ship."""

from __future__ import annotations

from PIL import Image

from imggen.tasks import TASKS
from imggen.ui.blocks import EXAMPLES, SUITABLE


def test_every_example_is_credited_small_and_offered_by_a_tab() -> None:
    credits = (EXAMPLES / "CREDITS.md").read_text()
    offered = {f"{name}.jpg" for names in SUITABLE.values() for name in names}
    assert offered == {path.name for path in EXAMPLES.glob("*.jpg")}
    assert SUITABLE.keys() <= TASKS.keys()
    for name in offered:
        assert f"| {name} |" in credits
        assert Image.open(EXAMPLES / name).width <= 800
