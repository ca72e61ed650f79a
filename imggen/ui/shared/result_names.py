"""Names of files to download, without their endings: they say what a result was made from, and how."""

from __future__ import annotations

import re
from typing import Any

from imggen.ui.shared import seeds

#: Letters of each part that a name keeps.
_LONGEST_PART = 60


def of_photo(photo: str, done: str) -> str:
    """The name of a result from that of its photo and what was done, such as ``castle_night``."""
    return f"{_clean(photo) or 'photo'}_{_clean(done)}"


def of_seeds(made: dict[str, Any], *kinds: str) -> str:
    """The name of a result that was made from seeds, from its recipe, such as ``letters-64_seed5_word``.

    Args:
        made: the recipe.
        kinds: what else tells the results of the same model and seeds apart.
    """
    values = made["parameters"]
    first, count = values.get("seeds", values.get("seed")), values.get("count", 1)
    listed = first if isinstance(first, list) else range(first, first + count) if isinstance(first, int) else [first]
    keyframes = [place[0] if isinstance(place, list | tuple) else place for place in listed]
    numbers = [place for place in keyframes if isinstance(place, int)]
    words = f"{'seed' if len(numbers) == 1 else 'seeds'}{seeds.write(numbers)}" if numbers else ""
    own = "" if len(numbers) == len(keyframes) else "own"  # a drawn letter, or a photo that was found
    name = values["classes"] if isinstance(values.get("classes"), str) else ""
    parts = [str(made["model"]).rpartition("/")[2], words, own, name, *kinds]
    return "_".join(filter(None, map(_clean, parts)))


def _clean(part: str) -> str:
    return re.sub(r"[^\w.-]+", "_", part)[:_LONGEST_PART].strip("_")
