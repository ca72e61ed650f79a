"""Checks of recipe settings: types with ranges for pydantic, and one formatter of what it finds wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from imggen.errors import CheckpointError, InputError, closest
from imggen.training.common.recipe import Settings


def _read_number(value: Any) -> Any:
    """YAML reads ``1e-4`` as text."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Number = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_read_number)]
AboveZero = Annotated[Number, Field(gt=0)]
NotNegative = Annotated[Number, Field(ge=0)]
Share = Annotated[Number, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
CountFromZero = Annotated[int, Field(ge=0)]
Recipe = TypeVar("Recipe", bound=BaseModel)


def one_of(setting: str, known: Collection[str]) -> AfterValidator:
    """For an annotation: text that must be among the known words."""

    def check(value: str) -> str:
        choice(setting, value, known)
        return value

    return AfterValidator(check)


def weights_of(setting: str, known: Collection[str]) -> AfterValidator:
    """For an annotation: a mapping whose keys must be among the known words, and whose values are weights."""

    def check(value: dict[str, Any]) -> dict[str, Any]:
        for name, weight in value.items():
            choice(setting, name, known)
            need(weight >= 0, f"The weights in {setting!r} must be numbers of at least 0.")
        return value

    return AfterValidator(check)


def read(recipe: type[Recipe], settings: Settings) -> Recipe:
    """Build a recipe from settings, checking every name, type and range.

    Raises:
        InputError: about the first setting that is unknown, missing, of the wrong type or out of range.
    """
    try:
        return recipe.model_validate(settings)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=True)
        ranks = {"extra_forbidden": 0, "missing": 1}
        first = min(problems, key=lambda problem: ranks.get(problem["type"], 2))
        raise InputError(_sentence(first, list(recipe.model_fields))) from error


def _sentence(problem: Mapping[str, Any], names: list[str]) -> str:
    """What pydantic found wrong, in words."""
    kind, limits, value = problem["type"], problem.get("ctx", {}), problem["input"]
    name = ".".join(str(part) for part in problem["loc"])
    if kind == "extra_forbidden":
        return f"The recipe has an unknown setting {name!r}.{closest(name, names)}"
    if kind == "missing":
        return f"The recipe lacks the setting {name!r}; see the shipped recipes for its meaning."
    ranges = {
        "greater_than_equal": f"must be at least {limits.get('ge')}",
        "greater_than": f"must be above {limits.get('gt')}",
        "less_than_equal": f"must lie between 0 and {limits.get('le'):g}" if "le" in limits else "",
        "less_than": f"must be below {limits.get('lt')}",
        "finite_number": "must be a finite number",
        "float_type": f"must be a number, not {value!r}",
        "float_parsing": f"must be a number, not {value!r}",
        "int_type": f"must be a whole number, not {value!r}",
        "bool_type": f"must be true or false, not {value!r}",
        "string_type": f"must be text, not {value!r}",
        "list_type": f"must be a list, not {value!r}",
        "dict_type": f"must be a mapping, not {value!r}",
    }
    return f"The setting {name!r} {ranges.get(kind, f'has the value {value!r}, which does not fit')}."


def need(condition: bool, otherwise: str) -> None:
    """Raise :class:`InputError` with the sentence ``otherwise`` unless the condition holds."""
    if not condition:
        raise InputError(otherwise)


def choice(setting: str, value: str, known: Collection[str]) -> None:
    """Raise :class:`InputError` unless the value of a setting is among the known ones."""
    need(value in known, f"The setting {setting!r} does not know {value!r}.{closest(str(value), known)}")


@contextmanager
def network_errors() -> Iterator[None]:
    """Turn what constructors of networks raise inside into :class:`InputError`: the recipe's arguments do not fit."""
    try:
        yield
    except (TypeError, ValueError, CheckpointError) as error:
        raise InputError(f"The networks cannot be built from this recipe: {str(error).rstrip('.')}.") from error
