"""``/interpolate``: the interpolation tab, for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import gradio as gr
from gradio.components import Component
from PIL import Image

from imggen.engine.engine import Engine
from imggen.imaging.animation import save_webp, strip
from imggen.imaging.recipe import RECIPE_KEY
from imggen.ranges import PACINGS, SPACES
from imggen.ui.shared import result_names
from imggen.ui.shared.film import film_steps
from imggen.ui.shared.film_settings import TRUNCATION
from imggen.ui.shared.keyframes import Places
from imggen.ui.shared.parts import JOBS, answered, new_folder, png_file, shown_errors


def build(
    engine: Engine, model: Component, seeds: Component, class_name: Component, settings: Mapping[str, Component]
) -> None:
    """Add the endpoint; the defaults of its arguments are those of the tab's components."""
    film = gr.File(visible=False, label="film")
    frames_strip = gr.Image(visible=False, type="filepath", format="png", label="strip")

    def interpolate(
        model: Any,
        seeds: Any,
        frames: Any,
        loop: Any,
        all_classes: Any,
        class_name: Any = None,
        truncation: Any = TRUNCATION,
        pacing: Any = PACINGS[0],
        space: Any = SPACES[0],
    ) -> Iterator[Any]:
        """Make a film that goes from one invented picture to the next.

        Args:
            model: id of the model, see models.
            seeds: the keyframes, 2 to 16 with commas between; each may have a class behind it, as in 3 rose, 14 tulip.
            frames: how many the film has.
            loop: go back to the first keyframe at the end.
            all_classes: make each frame a sheet of all classes.
            class_name: of the keyframes that name none.
            truncation: variety, towards 0 for ever more typical pictures, to 1.
            pacing: eased, to rest at each keyframe, or even, equally fast all the way.
            space: z through random pictures, or w from style to style, for models that have styles.
        Returns:
            The film as an animated WebP.
            A strip of its frames as a PNG.
        """

        def save(images: list[Image.Image]) -> list[str]:
            name = result_names.of_seeds(images[0].info[RECIPE_KEY])
            path = save_webp(images, new_folder(film) / f"{name}.webp")
            return [str(path), png_file(frames_strip, strip(images), f"{name}_strip.png")]

        with shown_errors():
            way = {"loop": loop, "all_classes": all_classes, "pacing": pacing, "space": space}
            steps = film_steps(engine, model, seeds, class_name, Places(), frames, truncation, **way)
            yield from answered(steps, save)

    first, last = (
        [settings[name] for name in names]
        for names in (("frames", "loop", "all_classes"), ("truncation", "pacing", "space"))
    )
    inputs = [model, seeds, *first, class_name, *last]
    gr.Button(visible=False).click(interpolate, inputs, [film, frames_strip], api_name="interpolate", **JOBS)
