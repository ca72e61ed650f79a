"""Saved results that are given back to a tab: they restore it, or the visitor is told why not."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from imggen.engine.engine import Engine
from imggen.imaging.recipe import save_png
from imggen.store.catalogue import Catalog
from imggen.ui.blocks import build
from imggen.ui.shared.keyframes import Places
from tests.imaging.recipes import GOOD, damaged

#: Which tab each result belongs to, by the beginning of its elements' ids.
TABS = {
    "sampling": "sampling", "conditional": "conditional", "word": "conditional", "interpolation": "interpolation",
    "projection": "interpolation", "directions": "interpolation", "day_night": "dn", "style_transfer": "style",
    "super_resolution": "sr",
}  # fmt: skip


@pytest.fixture(scope="module")
def app(tiny_models: Path, tiny_generators: Path, tiny_stylisers: Path, tiny_translators: Path) -> gr.Blocks:
    folders = [tiny_models, tiny_generators, tiny_stylisers, tiny_translators]
    return build(Engine(Catalog(extra=folders, offline=True), offline=True), visitors=None)


def restored(app: gr.Blocks, tab: str, made: Any, folder: Path) -> dict[Any, Any]:
    """What the tab's button for saved results gives each component."""
    result = Image.new("RGB", (4, 4))
    result.info["imggen"] = made
    path = str(save_png(result, folder / "saved.png"))
    button = next(block for block in app.blocks.values() if getattr(block, "elem_id", None) == f"{tab}-restore")
    values: dict[Any, Any] = {}
    for event in app.fns.values():
        if (button._id, "upload") in event.targets:
            found = event.fn(*[path, Places()][: len(event.inputs)])  # type: ignore[misc]
            if not isinstance(found, dict):
                found = dict(zip(event.outputs, found, strict=True))
            values.update(found)
    return values


def value_of(update: Any) -> Any:
    update = update.constructor_args if isinstance(update, gr.blocks.Block) else update
    return update.get("value") if isinstance(update, dict) else update


@pytest.mark.parametrize("task", GOOD)
def test_a_good_recipe_restores_its_tab(app: gr.Blocks, task: str, tmp_path: Path) -> None:
    values = {getattr(block, "elem_id", None): value_of(value) for block, value in
              restored(app, TABS[task], GOOD[task], tmp_path).items()}  # fmt: skip
    expected: dict[str, dict[str, Any]] = {
        "sampling": {"sampling-model": "tiny-gan", "sampling-seed": "7, 9", "sampling-truncation": 0.5},
        "conditional": {"conditional-class": "rose", "conditional-others": ["tulip"], "conditional-seed": "7"},
        "word": {"typeface-word": "FOX", "typeface-face": "my letter"},
        "interpolation": {"interpolation-seeds": "3 rose, mix 1, saved 1", "interpolation-truncation": 0.7},
        "projection": {"interpolation-seeds": "saved 1"},
        "directions": {"directions-base": "3 rose", "directions-amount-2": -3.0, "directions-amount-6": 0},
        "day_night": {"dn-direction": "day2night", "dn-glow": 2.0, "dn-strength": 0.5},
        "style_transfer": {"style-first-name": "dots", "style-inside-name": "lines", "style-scale": 2.0},
        "super_resolution": {"sr-model": "tiny", "sr-detail": 0.3, "sr-large": "part"},
    }
    assert expected[task].items() <= values.items()
    assert values[f"{TABS[task]}-status"].startswith("Settings restored.")


@pytest.mark.parametrize("task", GOOD)
def test_no_damage_gets_into_a_control(app: gr.Blocks, task: str, tmp_path: Path) -> None:
    chance = random.Random(task)
    for _ in range(25):
        made = damaged(task, chance)
        try:
            values = restored(app, TABS[task], made, tmp_path)
        except (gr.Error, UnicodeEncodeError):  # the latter when not even the test can write the file
            continue
        for block, update in values.items():
            value = value_of(update)
            if isinstance(block, gr.Slider) and value is not None:
                assert block.minimum <= value <= block.maximum


@pytest.mark.parametrize("task", GOOD)
@pytest.mark.parametrize("tab", ["sampling", "conditional", "interpolation", "dn", "style", "sr"])
def test_a_result_of_another_tab_is_told_where_it_belongs(app: gr.Blocks, task: str, tab: str, tmp_path: Path) -> None:
    if TABS[task] == tab:
        return
    titles = {
        "sampling": "Random sampling", "conditional": "Conditional generation", "interpolation": "Latent interpolation",
        "dn": "Day and night", "style": "Style transfer", "sr": "4x super-resolution",
    }  # fmt: skip
    with pytest.raises(gr.Error, match=titles[TABS[task]]):
        restored(app, tab, GOOD[task], tmp_path)


@pytest.mark.parametrize(
    ("task", "parameters", "words"),
    [
        ("style_transfer", {"styles": [{"style": "waterlilies"}]}, "style 'waterlilies'"),
        ("day_night", {"direction": "apple2orange"}, "direction 'apple2orange'"),
        ("conditional", {"classes": "lotus"}, "class 'lotus'"),
        ("conditional", {"classes": dict.fromkeys("abcde", 0.2)}, "class 'a'"),
    ],
)
def test_what_the_model_does_not_know_is_told(
    app: gr.Blocks, task: str, parameters: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(gr.Error, match=words):
        restored(app, TABS[task], {**GOOD[task], "parameters": parameters}, tmp_path)
    with pytest.raises(gr.Error, match="the model 'gone'"):
        restored(app, TABS[task], {**GOOD[task], "model": "gone"}, tmp_path)
