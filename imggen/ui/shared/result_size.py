"""How large an upscaled photo is to be: two, three or four times as large, or with a longest side in pixels."""

from __future__ import annotations

from typing import Any, NamedTuple

import gradio as gr

from imggen.errors import InputError
from imggen.ranges import SCALE
from imggen.ui.photo_tab import Values
from imggen.ui.shared.jobs import Changes
from imggen.ui.shared.parts import QUIET, unchecked
from imggen.ui.words import say

PIXELS = "pixels"
_CHOICES: list[tuple[str, float | str]] = [("2x", 2), ("3x", 3), ("4x", SCALE), ("Longest side", PIXELS)]


class ResultSize(NamedTuple):
    """The inputs.

    Attributes:
        choice: how many times as large, or :data:`PIXELS`.
        longest: the longest side in pixels; it shows only when that is chosen.
    """

    choice: gr.Radio
    longest: gr.Number

    @property
    def settings(self) -> dict[str, Any]:
        """What :class:`imggen.ui.photo_job.Job` calls settings."""
        return {"result size": self.choice, "longest side": self.longest}

    def restore(self, parameters: Values) -> Changes:
        """New values from the parameters of a recipe."""
        if longest := parameters.get("size"):
            return {self.choice: PIXELS, self.longest: longest}
        scale = parameters.get("scale") or SCALE
        known = [value for _, value in _CHOICES]
        more = [] if scale in known else [(f"{scale:g}x", scale)]  # a program may ask for 2.5 times
        return {self.choice: gr.Radio([*more, *_CHOICES], value=scale)}


def build(name: str, start: gr.Button) -> ResultSize:
    """Add the inputs to the current Blocks.

    Args:
        name: begins the elements' ids.
        start: the button that starts the job; it says how many times larger the photo gets.
    """
    choice = unchecked(gr.Radio(_CHOICES, value=SCALE, label="Size of the result", elem_id=f"{name}-size"))
    longest = unchecked(
        gr.Number(
            3000, precision=0, minimum=1, label="Longest side in pixels", info="At most four times that of the photo.",
            visible=False, elem_id=f"{name}-longest",
        )
    )  # fmt: skip

    def chosen(value: Any) -> list[Any]:
        return [gr.Number(visible=value == PIXELS), say("Upscale" if value == PIXELS else f"Upscale {value}x")]

    choice.change(chosen, choice, [longest, start], **QUIET)
    return ResultSize(choice, longest)


def arguments(values: Values) -> Values:
    """The arguments ``scale`` and ``size`` of a pipeline, from values of the settings. Raises :class:`InputError`."""
    if values["result size"] != PIXELS:
        return {"scale": values["result size"], "size": None}
    if values["longest side"] is None:
        raise InputError("Write how many pixels the longest side is to have, under “More”.")
    return {"scale": SCALE, "size": values["longest side"]}
