"""Move pictures along the directions of a latent space that mean something, which networks find in themselves."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image

from imggen.errors import InputError
from imggen.imaging.recipe import RECIPE_KEY
from imggen.imaging.tensors import to_image
from imggen.pipelines import recipe
from imggen.pipelines.arguments import number
from imggen.pipelines.generators.latent_space import LatentSpace
from imggen.pipelines.generators.point import Keyframe, Point, found
from imggen.ranges import FURTHEST, MAX_DIRECTIONS


def moved(
    space: LatentSpace, keyframe: Keyframe, amounts: Sequence[float], truncation: float = 1.0
) -> tuple[Point, Image.Image]:
    """Move a picture along the directions of its model.

    Args:
        space: of the model.
        keyframe: where to start from.
        amounts: how far along the first, second ... direction, -3..3 standard deviations each.
        truncation: of a seed, as for sampling.

    Returns:
        The place reached, and its picture with the recipe in ``info["imggen"]``.

    Raises:
        InputError: when an argument does not fit.
    """
    if not isinstance(amounts, Sequence) or len(amounts) > MAX_DIRECTIONS:
        raise InputError(f"Give at most {MAX_DIRECTIONS} amounts.")
    wrong = f"Each direction's amount must be a number from {-FURTHEST:g} to {FURTHEST:g}."
    steps = torch.tensor([number(amount, -FURTHEST, FURTHEST, wrong) for amount in amounts])
    start, values = _start(space, keyframe, truncation)
    axes = space.network.directions(len(steps))
    place = found(values + steps[: len(axes)] @ axes, start.mix)
    image = to_image(space.render(*space.latents([place]), truncation))
    parameters = {"seeds": [space.recorded(keyframe)], "amounts": steps.tolist(), "truncation": float(truncation)}
    image.info[RECIPE_KEY] = recipe("directions", space.pipeline.info, parameters, [])
    return place, image


def ends(
    space: LatentSpace, keyframe: Keyframe, count: int, truncation: float = 1.0
) -> list[tuple[Image.Image, Image.Image]]:
    """Draw a picture moved as far as it goes along each direction alone, one way and the other.

    Args:
        space: of the model.
        keyframe: where to start from.
        count: how many directions, 1..8; a small latent space has fewer.
        truncation: of a seed, as for sampling.

    Returns:
        For each direction the pictures at -3 and at 3 standard deviations.

    Raises:
        InputError: when an argument does not fit.
    """
    start, values = _start(space, keyframe, truncation)
    places = [
        found(values + amount * axis, start.mix)
        for axis in space.network.directions(count)
        for amount in (-FURTHEST, FURTHEST)
    ]
    images = [to_image(picture[None]) for picture in space.render(*space.latents(places), truncation)]
    return list(zip(images[::2], images[1::2], strict=True))


def _start(space: LatentSpace, keyframe: Keyframe, truncation: float) -> tuple[Point, torch.Tensor]:
    """A keyframe, and its place in the space that has the directions: W where the network has one, else Z."""
    start = space.point(keyframe, truncation)
    values = start.w if space.layers else start.z
    assert values is not None
    return start, values
