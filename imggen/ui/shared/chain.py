"""What a recipe tells: the jobs a result went through, the first in front, in words that a person reads."""

from __future__ import annotations

from typing import Any

from imggen.tasks import TASKS
from imggen.ui.shared.cards import plain
from imggen.ui.words import say

#: Parameters that are told, and the words around them.
_TOLD = {
    "seed": "seed {}",
    "classes": "{}",
    "direction": "{}",
    "time": "time of day {}",
    "strength": "strength {}",
    "clean_up": "clean-up {}",
    "detail": "detail {}",
}
#: The same of one task only.
_TOLD_OF = {"super_resolution": {"scale": "enlarged by {}", "size": "longest side {}"}}
#: Longest text that is told of a parameter: lists of seeds can be long.
_LONGEST = 40


def steps(made: dict[str, Any]) -> list[dict[str, Any]]:
    """The recipes of all jobs of a chain, the first in front: each was done to the result of the one before."""
    found = [made]
    while True:
        sources = found[-1].get("sources")
        first = sources[0] if isinstance(sources, list) and sources else None
        if not isinstance(first, dict) or not isinstance(first.get("task"), str):
            return found[::-1]
        found.append(first)


def in_words(made: dict[str, Any]) -> str:
    """The chain as one line of Markdown, such as *Random sampling (flowers-128, seed 7) → Day and night (...)*."""
    return " → ".join(_step(step) for step in steps(made))


def _step(made: dict[str, Any]) -> str:
    task = TASKS.get(made["task"])
    values = made.get("parameters")
    texts = {**_TOLD, **_TOLD_OF.get(made["task"], {})}
    told = [made.get("model"), *_parameters(values if isinstance(values, dict) else {}, texts)]
    compared = (made.get("compared") or {}).values()
    told += [say(f"the first of {len(each)} on the sheet") for each in compared if each]
    details = ", ".join(str(word)[:_LONGEST] for word in told if word)
    return plain(f"{say(task.title) if task else made['task']} ({details})")


def _parameters(values: dict[str, Any], texts: dict[str, str]) -> list[str]:
    styles = values.get("styles")
    names = [str(one.get("style", say("own picture"))) for one in styles if isinstance(one, dict)] if styles else []
    told = [say(text.format(values[name])) for name, text in texts.items() if values.get(name) not in (None, [], {})]
    return [" + ".join(names), *told]
