"""What config.json may say. It comes from strangers: every field is checked here, before anything is made of it."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
)

from imggen.errors import CheckpointError
from imggen.ranges import MAX_DIRECTION_NAME, MAX_DIRECTIONS
from imggen.schema import MAX_NAMES, STRICT, Name, Sha256, Text, first_problem
from imggen.store.file_names import CONFIG_NAME
from imggen.store.file_names import LARGEST as LARGEST_FILES

#: Largest values of constructors' arguments, by name, and of all others: what a network of today could need.
LARGEST = {"image_size": 1024, "working_sides": 2048, "blocks": 128, "halvings": 8, "mapping_layers": 32, "scale": 8}
LARGEST_OTHER = 8192
#: Arguments that may be 0; all other whole numbers are sizes.
MAY_BE_ZERO = ("classes", "blocks")

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
DirectionName = Annotated[Text, Field(max_length=MAX_DIRECTION_NAME)]
Side = Annotated[int, Field(ge=1, le=LARGEST["image_size"])]


class Part(BaseModel):
    """A network inside another one's configuration."""

    model_config = STRICT

    architecture: Identifier
    config: dict[str, Any]

    @field_validator("config")
    @classmethod
    def _of_its_architecture(cls, value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        return check_arguments(info.data.get("architecture", ""), value)


class Description(BaseModel):
    """The contents of config.json, whatever the arguments of its architecture are.

    See :class:`imggen.store.checkpoint.Checkpoint` for what the fields mean.
    """

    model_config = {**STRICT, "extra": "ignore"}  # of other versions, which may say more

    task: Identifier
    architecture: Identifier
    architecture_config: dict[str, Any] = {}
    title: Text = ""
    license: Annotated[str, Field(pattern=r"^[a-z0-9.+-]{0,64}$")] | None = None
    base_model: Name | None = None
    slider: Literal["detail", "clean_up"] | None = None
    image_size: Side | None = None
    value_range: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    latent_size: Annotated[int, Field(ge=1, le=2 * LARGEST_OTHER)] | None = None
    class_names: Annotated[list[Name], Field(max_length=MAX_NAMES)] | None = None
    directions: Annotated[list[DirectionName], Field(max_length=MAX_DIRECTIONS)] | None = None
    training: dict[str, Any] | None = None
    imggen_version: Text | None = None
    sha256: Sha256 | None = None

    @field_validator("class_names")
    @classmethod
    def _different(cls, value: list[str] | None) -> list[str] | None:
        if value is not None and len(set(value)) < len(value):
            raise ValueError("two classes have the same name")
        return value


class Config(Description):
    """The contents of config.json, of which a network can be built."""

    @field_validator("architecture_config")
    @classmethod
    def _of_its_architecture(cls, value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        return check_arguments(info.data.get("architecture", ""), value)


_Kind = TypeVar("_Kind", bound=Description)


def read_config(folder: Path) -> Config:
    """Read and check the config.json of a checkpoint folder.

    Raises:
        CheckpointError: naming what is wrong with it.
    """
    return _read(folder, Config)


def read_description(folder: Path) -> Description:
    """As :func:`read_config`, for what ships: without the arguments of the architecture, which need PyTorch.

    They are checked when the network is built.
    """
    return _read(folder, Description)


def _read(folder: Path, kind: type[_Kind]) -> _Kind:
    path = folder / CONFIG_NAME
    try:
        if path.stat().st_size > LARGEST_FILES[CONFIG_NAME]:
            largest = LARGEST_FILES[CONFIG_NAME] / 1000
            raise CheckpointError(f"The file {CONFIG_NAME} in {folder.name!r} is larger than {largest:g} kB.")
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"The file {CONFIG_NAME} in {folder.name!r} is missing or cannot be read.") from error
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise CheckpointError(
            f"The file {CONFIG_NAME} in {folder.name!r} is damaged: {first_problem(error)}."
        ) from error


def check_arguments(architecture: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Check the arguments of an architecture's constructor: their names, types and ranges.

    Those of an architecture that this version does not know are left as they are; no network can be built of them.

    Returns:
        The same arguments.

    Raises:
        ValueError: naming the first that is wrong.
    """
    from imggen.models import ARCHITECTURES  # not at the top: only who builds a network needs PyTorch

    if architecture in ARCHITECTURES:
        try:
            _arguments_of(architecture).model_validate(arguments)
        except ValidationError as error:
            raise ValueError(first_problem(error)) from None
    return arguments


@cache
def _arguments_of(architecture: str) -> type[BaseModel]:
    """A schema made from the annotations of a constructor, with ranges for its numbers."""
    from imggen.models import ARCHITECTURES

    constructor: Any = ARCHITECTURES[architecture].__init__
    types = typing.get_type_hints(constructor)
    fields: dict[str, Any] = {}
    for parameter in list(inspect.signature(constructor).parameters.values())[1:]:
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (_bounded(types[parameter.name], parameter.name), default)
    return create_model(architecture, __config__=STRICT, **fields)


def _bounded(annotation: Any, name: str) -> Any:
    if annotation is int:
        return Annotated[int, Field(ge=0 if name in MAY_BE_ZERO else 1, le=LARGEST.get(name, LARGEST_OTHER))]
    if annotation is str:
        return Name
    if annotation == dict[str, Any]:
        return Part
    if typing.get_origin(annotation) is Sequence:
        (of,) = typing.get_args(annotation)
        return Annotated[list[_bounded(of, name)], Field(min_length=1, max_length=MAX_NAMES)]  # type: ignore[misc]
    return annotation
