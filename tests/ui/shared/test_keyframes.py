"""Keyframes as people write them."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from imggen.errors import InputError
from imggen.pipelines.generators.point import found
from imggen.ui.shared.keyframes import Places, appended, parse, without_foreign_classes, write

NAMES = ["rose", "tench, Tinca tinca", "route 66"]


def test_seeds_classes_and_names_are_read() -> None:
    places, name = Places().add("gan", "photo", found(torch.zeros(8), {"rose": 1.0}))
    assert parse(" 3,14 ,15, ", [], None, {}) == parse("3\uff0c\uff11\uff14\u300115", [], None, {}) == [3, 14, 15]
    text = f"3 Rose, 4 tench, Tinca tinca, 5, {name}, 6 route 66"
    assert parse(text, NAMES, "rose", places.of("gan")) == [
        (3, "rose"), (4, "tench, Tinca tinca"), (5, "rose"), places.named["photo 1"], (6, "route 66"),
    ]  # fmt: skip


def test_places_count_up_and_belong_to_one_model() -> None:
    point = found(torch.zeros(8), None)
    places, first = Places().add("gan", "photo", point)
    places, second = places.add("gan", "photo", point)
    places, edited = places.add("gan", "edit", point)
    assert (first, second, edited) == ("photo 1", "photo 2", "edit 1")
    assert not places.of("other")
    places, anew = places.add("other", "photo", point)
    assert (anew, list(places.named)) == ("photo 1", ["photo 1"])


def test_what_a_recipe_holds_is_read_again() -> None:
    point = found(torch.arange(8.0), {"rose": 1.0})
    made = [3, [4, "rose"], [5, {"rose": 0.5, "route 66": 0.5}], point.to_json()]
    text, places = write(made, "gan", Places())
    assert text == "3, 4 rose, mix 1, saved 1"
    again = parse(text, NAMES, "rose", places.of("gan"))
    assert again[:3] == [(3, "rose"), (4, "rose"), (5, {"rose": 0.5, "route 66": 0.5})]
    assert again[3].to_json() == point.to_json()  # type: ignore[union-attr]


def test_another_model_keeps_the_seeds_and_the_classes_that_it_has() -> None:
    text = "3 Bob, smiling, 14 Tulip, photo 1, 15"
    assert without_foreign_classes(text, ["tulip"]) == "3, 14 Tulip, photo 1, 15"
    assert without_foreign_classes(text, []) == "3, 14, photo 1, 15"


def test_a_keyframe_is_appended() -> None:
    assert appended("", "3") == "3"
    assert appended("3, ", "photo 1") == "3, photo 1"
    assert appended("3 Bob, smiling; 4 Bob, sad", "photo 1") == "3 Bob, smiling; 4 Bob, sad; photo 1"


def test_classes_with_commas_are_kept_apart_by_semicolons() -> None:
    names = ["Bob, smiling", "Bob, sad"]
    text, places = write([[3, "Bob, smiling"], [4, "Bob, sad"], 5], "gan", Places())
    assert text == "3 Bob, smiling; 4 Bob, sad; 5"
    assert parse(text, names, "Bob, sad", places.of("gan")) == [(3, "Bob, smiling"), (4, "Bob, sad"), (5, "Bob, sad")]
    assert parse(text.replace("; ", "\n"), names, "Bob, sad", {}) == parse(text, names, "Bob, sad", {})
    with pytest.raises(InputError, match="Known: Bob, smiling; Bob, sad"):
        parse("3 quiff", names, None, {})


@pytest.mark.parametrize(
    ("text", "class_names", "class_name", "sentence"),
    [
        ("3, x", [], None, "'x' is no keyframe|'3, x' is no keyframe"),
        ("3 rose", [], None, "names a class"),
        ("3", NAMES, None, "Name a class"),
        ("3 oak", NAMES, "rose", "There is no class 'oak'"),
        ("-3", [], None, "is no keyframe"),
        ("photo 2", [], None, "is no keyframe"),
        (None, [], None, "must be a text"),
        ("3," * 2000, [], None, "at most 2000"),
    ],
)
def test_anything_else_is_refused(text: Any, class_names: list[str], class_name: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        parse(text, class_names, class_name, {})


@pytest.mark.parametrize("made", [None, "3", [None], [True], [["3", "rose"]], [{"shape": [2]}], [[1, 2, 3]]])
def test_damaged_recipes_are_refused(made: Any) -> None:
    with pytest.raises(InputError, match="damaged"):
        write(made, "gan", Places())
