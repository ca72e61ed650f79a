"""``/translate``: the day and night tab, for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PIL import Image

from imggen.ui import photo_job
from imggen.ui.photo_job import Endpoint, Job
from imggen.ui.photo_tab import PhotoTab


def build(tab: PhotoTab, job: Job) -> Endpoint:
    """The endpoint of the tab that does the job."""

    def translate(
        image: Image.Image | None,
        direction: Any,
        strength: Any,
        model: Any,
        time: Any,
        glow: Any,
        sky: Any,
        seed: Any,
    ) -> Iterator[str]:
        """Translate a photo from day to night or back, or between the two domains of another model.

        Args:
            image: the photo.
            direction: day2night or night2day, or of another model its two domains with a 2 between.
            strength: 0 leaves the photo, 1 is the full translation.
            model: id of the model, see models.
            time: of day, 0 the photo's own, to night 0.7 dusk and 1 full night, to day 0.5 dawn and 1 full day.
            glow: of the lamps, 0 none, 1 their own light, to 2.
            sky: of the night, blue hour or city glow.
            seed: chooses the windows that are lit at night.
        Returns:
            The translated photo as a PNG.
        """
        light = {"time": time, "glow": glow, "sky": sky, "seed": seed}
        arguments = {"direction": direction, "strength": strength, **light}
        yield from photo_job.answer(tab, job, image, model, arguments)

    before_model, after_model = (
        [job.settings[name] for name in names] for names in (("direction", "strength"), ("time", "glow", "sky", "seed"))
    )
    return Endpoint(translate, [tab.photo, *before_model, tab.model, *after_model])
