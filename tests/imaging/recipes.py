"""One good recipe of each task, as pipelines write them, and damage done to them."""

from __future__ import annotations

import base64
import copy
import random
from typing import Any

import numpy as np

LATENT = {
    "shape": [8],
    "float16": base64.b64encode(np.arange(8, dtype="<f2").tobytes()).decode(),
    "classes": {"rose": 0.5, "tulip": 0.5},
}
_SOURCE = {"size": [40, 30]}


def _made(task: str, model: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    about = {"imggen": "0.1.0", "task": task, "model": model, "revision": None, "sha256": "0" * 64}
    return {**about, "parameters": parameters, **more}


GOOD: dict[str, dict[str, Any]] = {
    "sampling": _made("sampling", "tiny-gan", {"seed": [7, 9], "count": 1, "truncation": 0.5}),
    "conditional": _made(
        "conditional", "tiny-classes",
        {"classes": {"rose": 0.25, "tulip": 0.75}, "seed": 7, "count": 4, "truncation": 1.0},
    ),
    "word": _made(
        "conditional", "tiny-classes", {"classes": ["rose", "tulip"], "seed": LATENT, "truncation": 1.0, "word": "FOX"}
    ),
    "interpolation": _made(
        "interpolation", "tiny-classes",
        {"seeds": [[3, "rose"], [4, {"rose": 0.5, "tulip": 0.5}], LATENT], "frames": 60, "space": "z", "loop": True,
         "pacing": "even", "truncation": 0.7, "all_classes": False},
        frame=3,
    ),
    "projection": _made("projection", "tiny-classes", {"seeds": [LATENT]}, sources=[_SOURCE]),
    "directions": _made(
        "directions", "tiny-classes", {"seeds": [[3, "rose"]], "amounts": [1.5, -3.0, 0.0], "truncation": 1.0}
    ),
    "day_night": _made(
        "day_night", "tiny-day-night",
        {"direction": "day2night", "strength": 0.5, "time": 0.6, "glow": 2.0, "sky": "blue hour", "seed": 3},
        sources=[{**_SOURCE, **_made("sampling", "tiny-gan", {"seed": 3})}],
    ),
    "style_transfer": _made(
        "style_transfer", "tiny-styles",
        {"styles": [{"style": "dots", "weight": 0.5}, {"source": 1, "weight": 0.5}], "strength": 0.5,
         "keep_colors": True, "scale": 2.0, "steps": 30, "mask": 2, "inside": [{"style": "lines", "weight": 1.0}]},
        sources=[_SOURCE, _SOURCE, _SOURCE],
    ),
    "super_resolution": _made(
        "super_resolution", "tiny",
        {"detail": 0.3, "clean_up": 1.0, "crop": [0, 0, 20, 20], "max_pixels": 4096, "scale": 2.0, "size": 64},
        compared={"models": ["tiny", "tiny-photo"]}, sources=[_SOURCE],
        blended=[{"model": "tiny-detail", "revision": None, "sha256": None}],
    ),
}  # fmt: skip

_ODD: list[Any] = [
    None, True, False, -1, 0, 3, 65, 10**9, 2**32, 2**63, 2**64, -(2**70), 10**400, 0.5, -0.01, 1.01, 1e308,
    float("nan"), float("inf"), float("-inf"), "", "7", "nan", "x" * 500, "x" * 300_000, "\ud800", "a\0b", "../../x",
    "tiny", "Sampling", [], [[]], {}, {"seed": 1}, [3, "rose"], [True], [1, 2, 3, 4, 5] * 9000, {"a": {"b": {}}},
]  # fmt: skip


def damaged(task: str, chance: random.Random) -> Any:
    """A good recipe with one to three places in it changed, left out or added."""
    made = copy.deepcopy(GOOD[task])
    for _ in range(chance.randint(1, 3)):
        places = list(_places(made))
        holder, key = chance.choice(places)
        match chance.randrange(5):
            case 0 if isinstance(holder, dict):
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[chance.choice(["mood", "", "x" * 999, "__class__"])] = copy.deepcopy(chance.choice(_ODD))
            case 2:
                for _ in range(chance.choice([3, 250])):
                    holder[key] = [holder[key]]
            case _:
                holder[key] = copy.deepcopy(chance.choice(_ODD))
    return made


def _places(made: Any, depth: int = 0) -> Any:
    keys = list(made) if isinstance(made, dict) else range(len(made)) if isinstance(made, list) else ()
    for key in keys:
        yield made, key
        if depth < 8:
            yield from _places(made[key], depth + 1)
