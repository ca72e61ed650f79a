"""The settings of a saved result: what its recipe means for a tab."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imggen.errors import InputError
from imggen.store.model_info import ModelInfo
from imggen.tasks import TASKS

#: Tabs of results that are made in a part of one.
_PARTS = {"projection": "interpolation", "directions": "interpolation"}


def settings_of(
    made: dict[str, Any] | None, offered: Sequence[ModelInfo], *tasks: str
) -> tuple[ModelInfo, dict[str, Any]]:
    """The model and the parameters of a recipe.

    Args:
        made: the recipe, as :func:`imggen.imaging.decode.recipe_of` gives it.
        offered: the models of the tab.
        tasks: whose results the tab restores.

    Raises:
        InputError: when the result has no recipe, is of another tab, or of a model not on offer.
    """
    if made is None:
        raise InputError("This file carries no recipe for this tab. Use a result that was saved here.")
    if made["task"] not in tasks:
        tab = TASKS[_PARTS.get(made["task"], made["task"])].title
        raise InputError(f"This file carries no recipe for this tab: it was made in the tab “{tab}”. Restore it there.")
    model = made.get("model")
    for info in offered:
        if info.id == model:
            return info, made.get("parameters", {})
    named = f"the model {model!r}" if model else "a model that is not named"
    raise InputError(f"This file was made with {named}, which is not on this tab's list of models.")
