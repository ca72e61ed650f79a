"""The trainer of super-resolution networks: pixel, perceptual and adversarial losses, each with a weight."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from imggen.errors import InputError
from imggen.imaging.contact_sheet import grid
from imggen.imaging.tensors import as_input, to_image
from imggen.models import build
from imggen.models.super_resolution.discriminator import SRDiscriminator
from imggen.models.super_resolution.span import SPAN
from imggen.ranges import SCALE
from imggen.store.vgg16 import load_vgg16
from imggen.training.common.initial import load_initial
from imggen.training.common.losses import CONTENT_LOSSES, perceptual
from imggen.training.common.model_folder import Result
from imggen.training.common.schedule import warmup_cosine
from imggen.training.common.session import Job, Session
from imggen.training.common.sources import find_images
from imggen.training.common.validation import network_errors
from imggen.training.super_resolution.data import PatchPairs
from imggen.training.super_resolution.degradation import DEGRADATIONS
from imggen.training.super_resolution.recipe import SRRecipe
from imggen.training.super_resolution.step import ContentLoss, SRStep, off_the_grid

_SHEET_ROWS = 4


def prepare(session: Session, recipe: SRRecipe) -> Job:
    """Set a super-resolution network up to be trained on patches of a folder of images, or of a Hub dataset.

    Raises:
        ImggenError: with an error message for the user.
    """
    images = session.open_images("images", session.find(find_images), recipe.patch)
    session.print(f"Training on {images.summary('images')}.")
    pairs = PatchPairs(images, recipe.patch, SCALE, DEGRADATIONS[recipe.degradation], recipe.seed)
    network, session.base_model = create_generator(recipe)
    generator = session.learn(network, recipe.lr, averaged=True)
    discriminator = None
    if recipe.weight("gan"):
        with network_errors():
            opponent = SRDiscriminator(**recipe.discriminator)
        discriminator = session.learn(opponent, recipe.discriminator_lr)
    return Job(
        items=pairs,
        step=SRStep(session.accelerator, recipe, generator, content_losses(session, recipe), discriminator),
        schedule=partial(warmup_cosine, steps=recipe.steps, warmup=recipe.warmup, floor=recipe.lr_floor),
        draw_sheet=partial(draw_sheet, pairs=pairs, device=session.device),
        describe=partial(describe, recipe),
        images=len(images),
    )


def create_generator(recipe: SRRecipe) -> tuple[nn.Module, str | None]:
    """Build the network, or take it from the checkpoint ``init``; return it with that checkpoint's id.

    Raises:
        ImggenError: when the recipe's architecture does not fit.
    """
    base_model = None
    if recipe.init:
        initial, base_model = load_initial(recipe.init, recipe.task, recipe.architecture)
        network = initial.network.train()
    else:
        network = build(recipe.architecture, recipe.architecture_config)
    if network.scale != SCALE:
        raise InputError(f"The network must enlarge {SCALE} times, this one does {network.scale} times.")
    return network, base_model


def content_losses(session: Session, recipe: SRRecipe) -> dict[str, ContentLoss]:
    """The losses with a reference picture that the recipe gives a weight, by name."""
    losses = {name: loss for name, loss in CONTENT_LOSSES.items() if recipe.weight(name)}
    if recipe.weight("perceptual") and recipe.perceptual_weights:
        layers = {name: weight for name, weight in recipe.perceptual_layers.items() if weight}
        features = session.place(load_vgg16(recipe.perceptual_weights, list(layers), recipe.perceptual_before_relu))
        compare = partial(perceptual, features, layers, recipe.perceptual_distance)
        losses["perceptual"] = lambda *pictures: compare(*off_the_grid(*pictures))
    return losses


@torch.no_grad()
def draw_sheet(network: nn.Module, pairs: PatchPairs, device: torch.device) -> Image.Image:
    """A few fixed patches in rows: input enlarged without smoothing, output, original."""
    fixed = PatchPairs(pairs.images, pairs.patch, pairs.scale, pairs.degradation, seed=pairs.seed + 1)
    cells = []
    for number in range(_SHEET_ROWS):
        low, high = (as_input(pixels[None].to(device)) for pixels in fixed[number])
        cells += [F.interpolate(low, scale_factor=float(SCALE), mode="nearest"), network(low), high]
    return grid([to_image(cell) for cell in cells], columns=3)


def describe(recipe: SRRecipe, average: Any, model_id: str) -> Result:
    """Describe the averaged network for its model card; re-parameterised convolutions are fused."""
    return Result(
        network=average.fused() if isinstance(average, SPAN) else average,
        value_range=[0.0, 1.0],
        pipeline_tag="image-to-image",
        tag="super-resolution",
        summary=f"A {recipe.architecture} network that enlarges RGB pictures {SCALE} times.",
        limits=limits(recipe),
        example=(
            f'import imggen\nfrom PIL import Image\n\nupscaler = imggen.load("{model_id}")\n'
            'upscaler.upscale(Image.open("photo.jpg")).save("photo_4x.png")'
        ),
    )


def limits(recipe: SRRecipe) -> str:
    """Sentences on limits of the model, for its card."""
    sentences = ["It enlarges by 4 only."]
    if recipe.degradation == "bicubic":
        sentences.append(
            "It was trained on clean, bicubically reduced pictures: noise and JPEG blocks get enlarged too."
        )
    else:
        sentences.append("It was trained to remove blur, noise and JPEG blocks, and may take fine texture for these.")
    if recipe.weight("gan"):
        sentences.append(
            "It invents plausible detail: do not use it to read text, faces or measurements off a picture."
        )
    return " ".join(sentences)
