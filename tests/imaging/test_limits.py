"""What is done with photos larger than a job works on, and what is said about it."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from imggen.errors import InputError
from imggen.imaging.limits import centred, crop_and_shrink, shrink_note, worked_on
from imggen.imaging.recipe import RECIPE_KEY
from tests.conftest import picture


def made_from(parameters: dict[str, Any]) -> Image.Image:
    result = picture(4, 4)
    result.info[RECIPE_KEY] = {"task": "any", "parameters": parameters}
    return result


def test_a_large_photo_is_shrunk_in_its_proportions_and_a_small_one_stays() -> None:
    photo = picture(400, 300)
    small, recorded = crop_and_shrink(photo, 30_000)
    assert small.size == (200, 150)
    assert recorded == {"max_pixels": 30_000}
    assert crop_and_shrink(photo, 120_000) == (photo, {})
    assert crop_and_shrink(photo) == (photo, {})
    thin, _ = crop_and_shrink(picture(3000, 1), 100)
    assert thin.size == (100, 1)


def test_a_part_is_taken_out_and_shrunk_where_it_is_still_large() -> None:
    photo = picture(400, 300)
    part, recorded = crop_and_shrink(photo, 30_000, (10, 20, 200, 100))
    assert part.tobytes() == photo.crop((10, 20, 210, 120)).tobytes()
    assert recorded == {"crop": [10, 20, 200, 100]}
    part, recorded = crop_and_shrink(photo, 5_000, [10, 20, 200, 100])
    assert part.size == (100, 50)
    assert recorded == {"crop": [10, 20, 200, 100], "max_pixels": 5_000}


@pytest.mark.parametrize(
    "crop", [(0, 0, 401, 10), (-1, 0, 5, 5), (0, 0, 0, 5), (1, 2, 3), "all", 7, (0, 0, 5.0, 5), (True, 0, 5, 5), {}]
)
def test_what_is_no_part_of_the_photo_is_refused(crop: Any) -> None:
    with pytest.raises(InputError, match=r"400 x 300 pixels"):
        crop_and_shrink(picture(400, 300), None, crop)


def test_a_part_stays_within_the_photo() -> None:
    assert centred((400, 300), 30_000, 200, 150) == (100, 75, 200, 150)
    assert centred((400, 300), 30_000, 399, 0) == (200, 0, 200, 150)


def test_what_was_done_is_told_from_the_recipe_and_done_again() -> None:
    photo = picture(400, 300)
    assert shrink_note(photo, made_from({})) == ""
    assert worked_on(photo, made_from({})).size == (400, 300)
    shrunk = made_from({"max_pixels": 30_000})
    assert "400 x 300 pixels was shrunk to 200 x 150: the limit for this job is 0.03 megapixels" in shrink_note(
        photo, shrunk
    )
    assert worked_on(photo, shrunk).size == (200, 150)
    part = made_from({"crop": [10, 20, 200, 100]})
    assert shrink_note(photo, part) == "Made from a part of 200 x 100 pixels."
    assert worked_on(photo, part).tobytes() == photo.crop((10, 20, 210, 120)).tobytes()
