"""What the trainers of translation share: pictures of two domains, generators, sample sheets, descriptions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from PIL import Image, ImageOps
from torch import Tensor

from imggen.errors import ImageError, InputError
from imggen.imaging.contact_sheet import grid
from imggen.imaging.folders import open_named
from imggen.imaging.limits import MAX_DATA_PIXELS
from imggen.imaging.tensors import to_image, to_tensor
from imggen.models import build
from imggen.models.translation.cyclegan import CycleGAN
from imggen.store.vgg16 import load_vgg16
from imggen.training.common.model_folder import Result
from imggen.training.common.session import Session
from imggen.training.common.sources import Picture
from imggen.training.common.validation import network_errors
from imggen.training.translation.data import Domain, DomainCrops, find_domains, matches, scene_of
from imggen.training.translation.recipe import DomainsRecipe
from imggen.training.translation.step import half_size

_SHEET_COLUMNS = 6

Pictures = tuple[list[Picture], list[Picture]]


def load_crops(session: Session, recipe: DomainsRecipe) -> tuple[Pictures, DomainCrops]:
    """Find the pictures of both domains, and decode the training images: those neither held out nor skipped.

    Raises:
        InputError: when a domain has none.
    """
    found: Pictures = session.find(partial(find_domains, domains=recipe.domains))
    a, b = (load_domain(session, recipe, name, pictures) for name, pictures in zip(recipe.domains, found, strict=True))
    crops = DomainCrops(
        a,
        b,
        recipe.crop,
        (recipe.resize[0], recipe.resize[1]),
        recipe.flip,
        recipe.aligned_share,
        recipe.unaligned,
        recipe.seed,
    )
    return found, crops


def load_domain(session: Session, recipe: DomainsRecipe, name: str, pictures: list[Picture]) -> Domain:
    """Decode the training images of one domain. Raises :class:`InputError` when there are none."""
    used = [picture for picture in pictures if not matches(picture, [*recipe.holdout, *recipe.skip])]
    if not used:
        raise InputError("The settings 'holdout' and 'skip' leave no image of a domain to train on.")
    what = f"images of {name!r}"
    images = session.open_images(what, used, recipe.crop, share=0.5)
    session.print(f"Training on {images.summary(what)}; {len(pictures) - len(used)} held out.")
    return Domain(images, [scene_of(picture) for picture in images.pictures])


def create_generators(recipe: DomainsRecipe, there: int | None = None) -> CycleGAN:
    """Build both generators; their working side is the mean size that they are trained at.

    Args:
        recipe: for the sizes and the networks.
        there: the working side of a to b, when it is not trained.

    Raises:
        InputError: when the arguments do not fit.
    """
    side = round(recipe.crop * sum(recipe.resize) / 2)
    with network_errors():
        networks = build(recipe.architecture, {**recipe.architecture_config, "working_sides": [there or side, side]})
    assert isinstance(networks, CycleGAN)
    return networks


def perceptual_loss(session: Session, recipe: DomainsRecipe) -> Callable[[Tensor, Tensor], Tensor]:
    """The perceptual loss, (output, target), both (N, 3, S, S) in -1..1, -> scalar."""
    assert recipe.perceptual_weights is not None  # the recipe's check
    layers = {name: weight for name, weight in recipe.perceptual_layers.items() if weight}
    return partial(half_size, session.place(load_vgg16(recipe.perceptual_weights, list(layers))), layers)


def sheet_of(session: Session, recipe: DomainsRecipe, found: Pictures) -> Callable[[Any], Image.Image]:
    """A function that draws the sample sheet, always with the same pictures of both domains."""
    a, b = (fixed_images(session, recipe, pictures) for pictures in found)
    return lambda average: draw_sheet(average.networks, a, b)


def fixed_images(session: Session, recipe: DomainsRecipe, pictures: list[Picture]) -> list[Tensor]:
    """A few images for the sample sheet, (1, 3, H, W) in -1..1: spread evenly over those held out, or over all."""
    held_out = [picture for picture in pictures if matches(picture, recipe.holdout)]
    used = [picture for picture in pictures if not matches(picture, [*recipe.holdout, *recipe.skip])]
    size = (2 * recipe.crop, 3 * recipe.crop // 2)
    chosen = [*_spread(held_out, _SHEET_COLUMNS * 2 // 3)]
    chosen += _spread(used, _SHEET_COLUMNS - len(chosen))
    images = []
    for picture in chosen:
        try:
            image = open_named(picture.source, picture.name, MAX_DATA_PIXELS)
        except ImageError as error:
            session.print(f"{error} The sample sheet does without it.")
        else:
            fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
            images.append(to_tensor(fitted).to(session.device) * 2 - 1)
    return images


def _spread(pictures: list[Picture], wanted: int) -> list[Picture]:
    """Up to ``wanted`` pictures, spread evenly over the list."""
    wanted = min(wanted, len(pictures))
    return [pictures[number * len(pictures) // wanted] for number in range(wanted)]


@torch.no_grad()
def draw_sheet(networks: Any, a: list[Tensor], b: list[Tensor]) -> Image.Image:
    """Four rows: images of domain a, the same in domain b; images of domain b, the same in domain a."""
    columns = min(len(a), len(b))
    rows = [
        a[:columns],
        [networks(image, "a2b") for image in a[:columns]],
        b[:columns],
        [networks(image, "b2a") for image in b[:columns]],
    ]
    return grid([to_image(cell / 2 + 0.5) for row in rows for cell in row], columns)


def describe(recipe: DomainsRecipe, average: Any, model_id: str) -> Result:
    """Describe the averaged generators for their model card.

    Args:
        recipe: for the domains and the size of the crops.
        average: a network with the :class:`CycleGAN` as ``networks``.
        model_id: name of the checkpoint folder.
    """
    a, b = recipe.domains
    return Result(
        network=average.networks,
        value_range=[-1.0, 1.0],
        pipeline_tag="image-to-image",
        tag=recipe.task,
        summary=f"Two {recipe.architecture} generators: from {a} to {b} and from {b} to {a}.",
        limits=(
            f"It changes light and colour and invents what it adds: the result shows what the place may look like, not "
            f"what it looks like. It has seen pictures of {recipe.crop} pixels and few scenes, and is unsure of others."
        ),
        example=(
            f'import imggen\nfrom PIL import Image\n\nmodel = imggen.load("{model_id}")\n'
            f'model.translate(Image.open("photo.jpg"), direction="{a}2{b}").save("{b}.png")'
        ),
    )
