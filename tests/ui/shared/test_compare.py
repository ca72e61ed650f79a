"""What the pictures of a sheet are made with: the settings of the tab, but for what is compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from imggen.engine.engine import Engine
from imggen.errors import InputError
from imggen.store.catalogue import Catalog
from imggen.ui.photo_tab import PhotoTab, Surroundings
from imggen.ui.shared.compare import at_first, compared, offered
from imggen.ui.tabs import day_night, style_transfer, super_resolution


@pytest.fixture(scope="module")
def surroundings(tiny_models: Path, tiny_stylisers: Path) -> Surroundings:
    engine = Engine(Catalog(extra=[tiny_models, tiny_stylisers], offline=True), offline=True)
    return Surroundings(engine, 10**6, {})


def settings_of(tab: PhotoTab, **changed: Any) -> dict[str, Any]:
    return {**{name: component.value for name, component in tab.job.settings.items()}, **changed}


def test_styles_take_the_place_of_the_one_that_is_chosen(surroundings: Surroundings) -> None:
    with gr.Blocks():
        tab = style_transfer.build(surroundings)
    settings = settings_of(tab, strength=0.6, **{"name 0": "ann-waves", "name 1": "ben-hills"})
    first, second = compared(tab, "tiny-any-style", "styles", ["ben-hills", "ann-waves"], settings)
    assert (first.caption, second.caption) == ("Hills (Ben)", "Waves (Ann, 1889)")
    assert [entry.arguments["style"] for entry in (first, second)] == ["ben-hills", "ann-waves"]
    assert first.model == second.model == "tiny-any-style"
    assert first.arguments["strength"] == 0.6
    # A model that has not the style of the tab paints in its own first one.
    here, there = compared(tab, "tiny-any-style", "models", ["tiny-any-style", "tiny-styles"], settings)
    assert here.arguments["style"] == [("ann-waves", 1), ("ben-hills", 1)]
    assert (there.model, there.caption, there.arguments["style"]) == ("tiny-styles", "Tiny styles", "dots")


def test_times_of_day_and_models_of_the_other_tabs(surroundings: Surroundings) -> None:
    with gr.Blocks():
        relight, enlarge = day_night.build(surroundings), super_resolution.build(surroundings)
    known = offered(relight, "day-night", "times")
    assert at_first(relight, "times", known) == [0.3, 0.7, 1.0]
    entries = compared(relight, "day-night", "times", [0.3, 1.0], settings_of(relight))
    assert [(entry.caption, entry.arguments["time"]) for entry in entries] == [
        ("Time of day 0.3", 0.3),
        ("Time of day 1", 1.0),
    ]
    assert not offered(relight, "fruit-apple-orange", "times")
    fruit = compared(relight, "day-night", "models", ["day-night", "fruit-apple-orange"], settings_of(relight))[1]
    assert fruit.arguments["direction"] == "apple2orange"
    # Each model cleans up as it is made to; the one that is chosen as the slider says.
    models = ["sr-photo-x4", "sr-span-x4"]
    photo, clean = compared(enlarge, "sr-photo-x4", "models", models, settings_of(enlarge, clean_up=0.5))
    assert (photo.arguments["clean_up"], clean.arguments["clean_up"]) == (0.5, 0)
    needing_no_download = at_first(enlarge, "models", offered(enlarge, "sr-photo-x4", "models"))
    assert set(needing_no_download) <= {"sr-photo-x4", "sr-span-x4", "tiny"}


@pytest.mark.parametrize(
    ("what", "values", "words"),
    [
        ("styles", ["ann-waves"], "Choose two to 6"),
        ("styles", ["ann-waves"] * 7, "Choose two to 6"),
        ("styles", "ann-waves", "Choose two to 6"),
        ("styles", ["ann-waves", "nobody"], "from the list"),
        ("styles", ["ann-waves", {}], "from the list"),
        ("moods", ["ann-waves", "ben-hills"], "from the list"),
        ("models", ["tiny-any-style", "day-night"], "from the list"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(surroundings: Surroundings, what: Any, values: Any, words: str) -> None:
    with gr.Blocks():
        tab = style_transfer.build(surroundings)
    with pytest.raises(InputError, match=words):
        compared(tab, "tiny-any-style", what, values, settings_of(tab))
