"""Recipes: flat YAML files of settings, changed on the command line by ``key=value``."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from imggen.errors import InputError, closest
from imggen.models import ARCHITECTURES

RECIPES_DIR = Path(__file__).parents[1] / "recipes"

Settings = dict[str, Any]


def recipe_names() -> list[str]:
    """Names of the shipped recipes."""
    return sorted(path.stem for path in RECIPES_DIR.glob("*.yaml"))


def load_recipe(name: str) -> Settings:
    """Read a shipped recipe by name, or a YAML file by path.

    Raises:
        InputError: when there is no such recipe or it is not a YAML mapping.
    """
    path = RECIPES_DIR / f"{name}.yaml" if name in recipe_names() else Path(name)
    if not path.is_file():
        raise InputError(
            f"There is no recipe {name!r}.{closest(name, recipe_names())} Or give the path of a YAML file."
        )
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"The recipe {name!r} is not readable as YAML.") from error
    if not isinstance(settings, dict):
        raise InputError(f"The recipe {name!r} is not a list of 'key: value' lines.")
    return settings


def override(settings: Settings, assignments: Sequence[str]) -> Settings:
    """Return settings changed by ``key=value`` strings, each value typed like the one it replaces.

    Dots reach into mappings (``losses.gan=0.1``). Another ``architecture`` brings its own default arguments, which
    ``architecture_config.*`` then change.

    Raises:
        InputError: for an unknown key, or a value of the wrong type.
    """
    settings = {key: dict(value) if isinstance(value, dict) else value for key, value in settings.items()}
    pairs = [_split(assignment) for assignment in assignments]
    for key, text in sorted(pairs, key=lambda pair: pair[0] != "architecture"):
        if key == "architecture" and text != settings.get(key) and text in ARCHITECTURES:
            settings["architecture_config"] = default_arguments(text)
        outer, dot, name = key.partition(".")
        parent = settings.get(outer) if dot else settings
        if not isinstance(parent, dict) or (name or outer) not in parent:
            raise InputError(f"The recipe has no setting {key!r}.{closest(key, _names(settings))}")
        name = name or outer
        parent[name] = parse(key, text, parent[name])
    return settings


def _split(assignment: str) -> tuple[str, str]:
    key, equals, text = assignment.partition("=")
    if not equals or not key.strip():
        raise InputError(f"--set takes key=value, not {assignment!r}.")
    return key.strip(), text.strip()


def _names(settings: Settings) -> list[str]:
    nested = [f"{key}.{inner}" for key, value in settings.items() if isinstance(value, dict) for inner in value]
    return [*settings, *nested]


def parse(key: str, text: str, like: Any) -> Any:
    """Read ``text`` as the type of ``like``; where that is None, as YAML reads it.

    Raises:
        InputError: when the text is no such value.
    """
    if isinstance(like, str):
        return text
    try:
        if isinstance(like, bool):
            return {"true": True, "false": False}[text.lower()]
        if isinstance(like, int | float):
            return type(like)(text)
        value = yaml.safe_load(text)
    except (ValueError, KeyError, yaml.YAMLError) as error:
        raise InputError(f"The setting {key!r} must be {_kind(like)} like {like}, not {text!r}.") from error
    if like is not None and not isinstance(value, type(like)):
        raise InputError(f"The setting {key!r} must be {_kind(like)} like {like}, not {text!r}.")
    return value


def _kind(value: Any) -> str:
    names = {bool: "true or false", int: "a whole number", float: "a number", list: "a list", dict: "a mapping"}
    return names.get(type(value), "a value")


def default_arguments(architecture: str) -> Settings:
    """The constructor arguments of an architecture with their default values."""
    parameters = inspect.signature(ARCHITECTURES[architecture]).parameters.values()
    return {parameter.name: parameter.default for parameter in parameters}
