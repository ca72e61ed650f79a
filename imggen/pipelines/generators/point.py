"""Places in a latent space, as they are kept, written down, and asked for."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from imggen.errors import InputError
from imggen.imaging.recipe_schema import Latent
from imggen.pipelines.generators.arguments import Choice

if TYPE_CHECKING:
    from torch import Tensor

#: What is said of a latent that does not fit.
FOREIGN = "This saved latent is damaged, or belongs to another model."


@dataclass(frozen=True, eq=False)
class Point:
    """A place in a latent space.

    Attributes:
        z: (latent_size,) float32, None for a place that was found in W.
        w: (layers, latent_size) float32, one style a layer; None for networks without W.
        mix: weights of the classes by name, None without classes.
    """

    z: Tensor | None
    w: Tensor | None
    mix: dict[str, float] | None = None

    def to_json(self) -> dict[str, Any]:
        """What a recipe records: the latent with 16 bits a number, which is all that :func:`found` keeps."""
        values = self.z if self.w is None else self.w
        assert values is not None
        data = base64.b64encode(values.numpy().astype("<f2").tobytes()).decode()
        return {"shape": list(values.shape), "float16": data, "classes": self.mix}

    @classmethod
    def from_json(cls, made: Any) -> Point:
        """Read what :meth:`to_json` wrote.

        Raises:
            InputError: when it is anything else.
        """
        try:
            latent = Latent.model_validate(made)
        except ValidationError:
            raise InputError(FOREIGN) from None
        import torch  # not at the top: the page that knows this class has no need of PyTorch while it is built

        return found(torch.from_numpy(latent.values()), latent.classes)


def found(values: Tensor, mix: dict[str, float] | None) -> Point:
    """The place of a latent that belongs to no seed, rounded to what a recipe can hold.

    Args:
        values: (latent_size,), or (layers, latent_size) in W.
        mix: weights of the classes by name, None without classes.
    """
    rounded = values.detach().cpu().half().float()
    return Point(rounded, None, mix) if rounded.ndim == 1 else Point(None, rounded, mix)


#: What a place can be given as: a seed, a seed and a class, or a place found before, which may come from a recipe.
Keyframe = int | tuple[int, Choice] | Point | Mapping[str, Any]


def keyframes(seeds: Sequence[int], class_names: Sequence[str], class_name: str | None = None) -> list[Keyframe]:
    """The keyframes of seeds for any model: with classes each needs one, the first of them unless another is named."""
    return [(seed, class_name or class_names[0]) for seed in seeds] if class_names else list(seeds)
