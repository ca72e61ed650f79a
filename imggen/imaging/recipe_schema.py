"""What the recipe of a result may say, for every task. It comes back from strangers: every field is checked here.

A recipe is read whole or not at all. Fields may be missing, as in those of earlier versions; a field that is not known
would be a setting that this version cannot restore, so it is refused.
"""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Discriminator, Field, Tag, TypeAdapter, model_validator

from imggen.ranges import (
    ENLARGEMENTS,
    FURTHEST,
    MAX_COMPARED,
    MAX_COUNT,
    MAX_DIRECTIONS,
    MAX_FRAMES,
    MAX_GLOW,
    MAX_KEYFRAMES,
    MAX_SEED,
    MAX_STEPS,
    MAX_WORD,
    MIN_KEYFRAMES,
    SCALES,
)
from imggen.schema import MAX_NAMES, STRICT, Name, Sha256, Text

_KINDS: dict[type, str] = {int: "number", str: "text", list: "list", dict: "object"}


def _kind(value: Any) -> str | None:
    """Which of several forms a JSON value has; pydantic asks this also of what it has checked already."""
    return "object" if isinstance(value, BaseModel) else _KINDS.get(list if isinstance(value, tuple) else type(value))


_BY_KIND = Discriminator(_kind, custom_error_type="kind", custom_error_message="it is of the wrong type")

Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(gt=0, le=1)]
Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]
Count = Annotated[int, Field(ge=1, le=MAX_COUNT)]
Side = Annotated[int, Field(ge=1, le=1_000_000)]
Pixels = Annotated[int, Field(ge=1, le=1_000_000_000)]
Place = Annotated[int, Field(ge=0, le=100)]  # of a picture among the sources
Mix = Annotated[dict[Name, Weight], Field(min_length=1, max_length=MAX_NAMES)]
Classes = Annotated[
    Annotated[Name, Tag("text")]
    | Annotated[list[Name], Field(min_length=1, max_length=MAX_NAMES), Tag("list")]
    | Annotated[Mix, Tag("object")],
    _BY_KIND,
]
_OneClass = Annotated[Annotated[Name, Tag("text")] | Annotated[Mix, Tag("object")], _BY_KIND]


class Latent(BaseModel):
    """A place in a latent space that belongs to no seed: see :class:`imggen.pipelines.generators.latent_space.Point`.

    Attributes:
        shape: (latent_size,), or (layers, latent_size).
        float16: the numbers, little-endian, in base64.
        classes: weights of the classes by name, None without classes.
    """

    model_config = STRICT

    shape: Annotated[list[Annotated[int, Field(ge=1, le=8192)]], Field(min_length=1, max_length=2)]
    float16: Annotated[str, Field(max_length=200_000)]
    classes: Mix | None = None

    @model_validator(mode="after")
    def _numbers(self) -> Latent:
        self.values()
        return self

    def values(self) -> NDArray[np.float32]:
        """The numbers in their shape. Raises ValueError."""
        try:
            values = np.frombuffer(base64.b64decode(self.float16, validate=True), "<f2").reshape(self.shape)
        except ValueError:
            raise ValueError("these are not the numbers of a latent of this shape") from None
        if not np.isfinite(values).all():
            raise ValueError("a latent has finite numbers only")
        return values.astype(np.float32)


Keyframe = Annotated[
    Annotated[Seed, Tag("number")] | Annotated[tuple[Seed, _OneClass], Tag("list")] | Annotated[Latent, Tag("object")],
    _BY_KIND,
]
Keyframes = Annotated[list[Keyframe], Field(min_length=1, max_length=MAX_KEYFRAMES)]


class _Parameters(BaseModel):
    model_config = STRICT


class _Photo(_Parameters):
    max_pixels: Pixels | None = None


class SamplingParameters(_Parameters):
    """Of pictures from seeds."""

    seed: Annotated[
        Annotated[Seed, Tag("number")]
        | Annotated[list[Seed], Field(min_length=1, max_length=MAX_COUNT), Tag("list")],
        _BY_KIND,
    ] = 0  # fmt: skip
    count: Count = 1
    truncation: Share = 1.0


class ConditionalParameters(_Parameters):
    """Of pictures of classes, and of words in a typeface."""

    classes: Classes | None = None
    seed: Annotated[
        Annotated[Seed, Tag("number")]
        | Annotated[list[Seed], Field(min_length=1, max_length=MAX_COUNT), Tag("list")]
        | Annotated[Latent, Tag("object")],
        _BY_KIND,
    ] = 0  # fmt: skip
    count: Count = 1
    truncation: Share = 1.0
    word: Annotated[Name, Field(max_length=MAX_WORD)] | None = None


class InterpolationParameters(_Parameters):
    """Of a film."""

    seeds: Keyframes
    frames: Annotated[int, Field(ge=MIN_KEYFRAMES, le=MAX_FRAMES)] = MAX_FRAMES
    space: Literal["z", "w"] = "z"
    loop: bool = False
    pacing: Literal["eased", "even"] = "eased"
    truncation: Share = 1.0
    all_classes: bool = False


class ProjectionParameters(_Parameters):
    """Of a photo that was found in a latent space."""

    seeds: Keyframes


class DirectionsParameters(_Parameters):
    """Of a picture that was moved along the directions of its model."""

    seeds: Keyframes
    amounts: Annotated[list[Annotated[float, Field(ge=-FURTHEST, le=FURTHEST)]], Field(max_length=MAX_DIRECTIONS)] = []
    truncation: Share = 1.0


class DayNightParameters(_Photo):
    """Of a photo in another light."""

    direction: Name
    strength: Share = 1.0
    time: Share | None = None
    glow: Annotated[float, Field(ge=0, le=MAX_GLOW)] | None = None
    sky: Name | None = None
    seed: Seed | None = None


class StyleEntry(_Parameters):
    """A style by its name, or by the place of its picture among the sources."""

    style: Name | None = None
    source: Place | None = None
    weight: Weight = 1.0


_Styles = Annotated[list[StyleEntry], Field(min_length=1, max_length=100)]


class StyleParameters(_Photo):
    """Of a photo in the style of pictures."""

    styles: _Styles
    strength: Share = 1.0
    keep_colors: bool = False
    scale: Annotated[float, Field(ge=SCALES[0], le=SCALES[1])] = 1.0
    steps: Annotated[int, Field(ge=1, le=MAX_STEPS)] | None = None
    mask: Place | None = None
    inside: _Styles | None = None


class SuperResolutionParameters(_Photo):
    """Of an enlarged photo."""

    detail: Share | None = None
    clean_up: Share | None = None
    crop: tuple[
        Annotated[int, Field(ge=0, le=1_000_000)], Annotated[int, Field(ge=0, le=1_000_000)], Side, Side
    ] | None = None  # fmt: skip
    scale: Annotated[float, Field(ge=ENLARGEMENTS[0], le=ENLARGEMENTS[1])] | None = None
    size: Side | None = None


class _Model(BaseModel):
    model_config = STRICT

    model: Name | None = None
    revision: Text | None = None
    sha256: Sha256 | None = None


class _Plain(BaseModel):
    """A source that carried no recipe."""

    model_config = STRICT

    size: tuple[Side, Side]


class _Compared(BaseModel):
    """What the pictures of a sheet differ in; the recipe is that of the first."""

    model_config = STRICT

    models: Annotated[list[Name], Field(max_length=MAX_COMPARED)] | None = None
    styles: Annotated[list[Name], Field(max_length=MAX_COMPARED)] | None = None
    times: Annotated[list[Share], Field(max_length=MAX_COMPARED)] | None = None


class _Recipe(_Model):
    """What every recipe holds: see :func:`imggen.pipelines.recipe`. ``size`` is that of a source's picture."""

    imggen: Text | None = None
    compared: _Compared | None = None
    blended: Annotated[list[_Model], Field(max_length=8)] | None = None
    size: tuple[Side, Side] | None = None
    sources: Annotated[list[Source], Field(max_length=101)] | None = None


class _Sampling(_Recipe):
    task: Literal["sampling"]
    parameters: SamplingParameters = SamplingParameters()


class _Conditional(_Recipe):
    task: Literal["conditional"]
    parameters: ConditionalParameters = ConditionalParameters()


class _Interpolation(_Recipe):
    task: Literal["interpolation"]
    parameters: InterpolationParameters
    frame: Annotated[int, Field(ge=0, lt=MAX_FRAMES)] | None = None


class _Projection(_Recipe):
    task: Literal["projection"]
    parameters: ProjectionParameters


class _Directions(_Recipe):
    task: Literal["directions"]
    parameters: DirectionsParameters


class _DayNight(_Recipe):
    task: Literal["day_night"]
    parameters: DayNightParameters


class _Style(_Recipe):
    task: Literal["style_transfer"]
    parameters: StyleParameters


class _SuperResolution(_Recipe):
    task: Literal["super_resolution"]
    parameters: SuperResolutionParameters = SuperResolutionParameters()


_AnyRecipe = Annotated[
    _Sampling | _Conditional | _Interpolation | _Projection | _Directions | _DayNight | _Style | _SuperResolution,
    Field(discriminator="task"),
]


def _carried(value: Any) -> str:
    task = value.get("task") if isinstance(value, dict) else getattr(value, "task", None)
    return "plain" if task is None else "recipe"


Source = Annotated[Annotated[_AnyRecipe, Tag("recipe")] | Annotated[_Plain, Tag("plain")], Discriminator(_carried)]

for _kind_of_recipe in _AnyRecipe.__origin__.__args__:  # type: ignore[attr-defined]
    _kind_of_recipe.model_rebuild()

#: The schemas of the recipe of any task, and of keyframes alone; by :meth:`TypeAdapter.validate_json`.
RECIPE: TypeAdapter[Any] = TypeAdapter(_AnyRecipe)
KEYFRAMES: TypeAdapter[Any] = TypeAdapter(Keyframes)
