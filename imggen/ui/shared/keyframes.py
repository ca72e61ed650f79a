"""Keyframes as people write them: ``3, 14, 15``, ``3 Bob, smiling; 14 Tulip``, and names such as ``photo 1``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from imggen.errors import InputError, closest, join_names
from imggen.imaging.recipe_schema import KEYFRAMES
from imggen.pipelines.generators.point import Keyframe, Point
from imggen.ui.shared.seeds import half_width

_MAX_CHARS = 2000
# Class names may hold commas: one that separates keyframes has a seed or a name such as "photo 1" behind it.
_BETWEEN = re.compile(r"[;\n]|,(?=\s*(?:[0-9]|[a-z]+ [0-9]+\s*(?:[,;]|$)|$))")
_SEED = re.compile(r"([0-9]{1,10})(?:\s+(.+))?")


@dataclass(frozen=True)
class Places:
    """Places of one model's latent space that a visitor can call by name.

    Attributes:
        model: id of the model they belong to.
        named: places by name.
    """

    model: str = ""
    named: Mapping[str, Keyframe] = field(default_factory=dict)

    def of(self, model: str) -> Mapping[str, Keyframe]:
        """The places of a model; those of another are none of its."""
        return self.named if model == self.model else {}

    def add(self, model: str, kind: str, place: Keyframe) -> tuple[Places, str]:
        """Also keep ``place``, as the next number of its kind; return its name too."""
        named = self.of(model)
        number = 1 + sum(name.startswith(f"{kind} ") for name in named)
        name = f"{kind} {number}"
        return Places(model, {**named, name: place}), name


def parse(text: Any, class_names: Sequence[str], class_name: Any, places: Mapping[str, Keyframe]) -> list[Keyframe]:
    """Read keyframes.

    Args:
        text: what was typed.
        class_names: of the model; empty for a model without classes.
        class_name: of the seeds that name none; None when each must name its own.
        places: by name.

    Raises:
        InputError: with an error message for the user.
    """
    if not isinstance(text, str) or len(text) > _MAX_CHARS:
        raise InputError(f"The keyframes must be a text of at most {_MAX_CHARS} characters.")
    parts = [part.strip() for part in _BETWEEN.split(half_width(text)) if part.strip()]
    return [_keyframe(part, class_names, class_name, places) for part in parts]


def without_foreign_classes(text: str, class_names: Sequence[str]) -> str:
    """The keyframes for another model: a class that it does not have is left out, its seed stays."""
    known = {half_width(name).casefold() for name in class_names}
    parts = [part.strip() for part in _BETWEEN.split(half_width(text)) if part.strip()]
    matches = [_SEED.fullmatch(part) for part in parts]
    return join_names(
        match[1] if match and match[2] and match[2].casefold() not in known else part
        for part, match in zip(parts, matches, strict=True)
    )


def _keyframe(part: str, class_names: Sequence[str], class_name: Any, places: Mapping[str, Keyframe]) -> Keyframe:
    if part in places:
        return places[part]
    match = _SEED.fullmatch(part)
    if not match:
        examples = f"3 {class_names[0]}" if class_names else "3, 14, 15"
        raise InputError(f"{part[:40]!r} is no keyframe of this model. Write seeds, such as {examples}.")
    seed, named = int(match[1]), match[2]
    if not class_names:
        if named:
            raise InputError(f"{part[:40]!r} names a class, but this model knows none. Write {seed} alone.")
        return seed
    if named:
        by_lower_case = {half_width(name).casefold(): name for name in class_names}
        if named.casefold() not in by_lower_case:
            raise InputError(f"There is no class {named[:40]!r}.{closest(named, class_names)}")
        return seed, by_lower_case[named.casefold()]
    if not isinstance(class_name, str) or class_name not in class_names:
        raise InputError(f"Name a class with each seed, such as {seed} {class_names[0]}.")
    return seed, class_name


def write(made: Any, model: str, places: Places) -> tuple[str, Places]:
    """Write the keyframes of a recipe so that :func:`parse` reads them; what cannot be typed gets a name.

    Args:
        made: the recipe's ``seeds``.
        model: id of the model.
        places: to add to.

    Raises:
        InputError: when they are no keyframes.
    """
    try:
        KEYFRAMES.validate_json(json.dumps(made))
    except ValidationError:
        raise InputError("The recipe of this file is damaged: it has no keyframes.") from None
    words = []
    for keyframe in made:
        match keyframe:
            case int():
                words.append(str(keyframe))
            case [int(seed), str(name)]:
                words.append(f"{seed} {name}")
            case [int(seed), dict(mix)]:
                places, word = places.add(model, "mix", (seed, mix))
                words.append(word)
            case _:
                places, word = places.add(model, "saved", Point.from_json(keyframe))
                words.append(word)
    return join_names(words), places


def appended(text: str, word: str) -> str:
    """The keyframes with one more."""
    text = text.strip().rstrip(",;")
    between = ";" if ";" in text else ","
    return f"{text}{between} {word}" if text else word
