"""What other tabs send to a film: a sample becomes a keyframe, and any result a photo to begin with."""

from __future__ import annotations

from typing import Any

import gradio as gr

from imggen.errors import InputError
from imggen.imaging.decode import recipe_of
from imggen.tasks import TASKS
from imggen.ui.shared.keyframes import Places, appended, write
from imggen.ui.shared.latent_panel import Panel
from imggen.ui.shared.parts import QUIET, Sender, shown_errors
from imggen.ui.shared.sampling_panel import Results


def take_sample(shown: Results, tabs: gr.Tabs, panel: Panel) -> None:
    """Let a sampling tab's button make the chosen picture a keyframe, and open the film's tab."""

    def take(path: str, model_id: str, text: str, known: Places) -> list[Any]:
        with shown_errors():
            return [gr.Tabs(selected=TASKS["interpolation"].tab), *with_sample(path, model_id, text, known)]

    chosen = [panel.model, panel.text, panel.places]
    shown.interpolate.click(take, [shown.chosen, *chosen], [tabs, *chosen], **QUIET)


def take_photo(sender: Sender, tabs: gr.Tabs, panel: Panel) -> None:
    """Let another tab's button make its result a photo to begin a film with, and open the film's tab."""
    sender.button.click(
        lambda path: [gr.Tabs(selected=TASKS["interpolation"].tab), gr.Accordion(open=True), path],
        sender.path,
        [tabs, panel.own_box, panel.own_photo],
        **QUIET,
    )


def with_sample(path: str, model_id: str, text: str, places: Places) -> tuple[str, str, Places]:
    """Add a picture of the sampling tabs to the keyframes, or begin anew when it is of another model.

    Args:
        path: of the picture's PNG, which carries its recipe.
        model_id: the model chosen so far.
        text: the keyframes so far.
        places: the named places so far.

    Returns:
        What belongs into the panel's ``model``, ``text`` and ``places``.

    Raises:
        InputError: when the picture carries no recipe of a sample.
    """
    made = recipe_of(path) or {}
    values = made.get("parameters", {})
    sampled = made.get("task") in TASKS["interpolation"].uses
    if not sampled or not isinstance(values.get("seed"), int) or "model" not in made:
        raise InputError("This picture is no sample that was made here.")
    keyframe = [values["seed"], values["classes"]] if "classes" in values else values["seed"]
    word, places = write([keyframe], made["model"], places)
    return made["model"], appended(text, word) if made["model"] == model_id else word, places
