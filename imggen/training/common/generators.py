"""What the trainers of generators share: data, sample sheets, and the description of the result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from imggen.errors import InputError
from imggen.imaging.contact_sheet import grid
from imggen.imaging.tensors import to_image
from imggen.models.gan.biggan import BigGANGenerator
from imggen.models.latents import draw
from imggen.store.file_names import DISCRIMINATOR_NAME
from imggen.training.common.image_store import ImageStore
from imggen.training.common.labelled_images import find_classes
from imggen.training.common.model_folder import Described, Result
from imggen.training.common.session import Session
from imggen.training.common.sources import find_images

_SHEET_COLUMNS = 8
_SHEET_ROWS = 4


def image_size(architecture_config: dict[str, Any]) -> int:
    """The side of the images an architecture is asked for.

    Raises:
        InputError: when it is missing or no whole number above 0.
    """
    side = architecture_config.get("image_size")
    if isinstance(side, bool) or not isinstance(side, int) or side < 1:
        raise InputError("The setting 'architecture_config' needs an image_size: the side of the images, in pixels.")
    return side


def load_images(session: Session, side: int, labelled: bool) -> tuple[ImageStore, list[str] | None, list[int] | None]:
    """Decode the training images at the model's size; those of less than half of it are left out.

    Args:
        session: whose data it is.
        side: of the model's images, in pixels.
        labelled: whether training needs to know the class of each image.

    Returns:
        The images; the names of the classes and the class of each image, or None where they are not needed.

    Raises:
        InputError: when there is no usable image, or the classes are not clear.
    """
    pictures = session.find(find_images)
    images = session.open_images("images", pictures, max(1, side // 2), square=side)
    names, labels = find_classes(pictures, images.pictures) if labelled else (None, None)
    classes = [names[label] for label in labels] if names and labels else []
    session.print(f"Training on {images.summary('images', classes)}.")
    return images, names, labels


def plain(network: nn.Module) -> nn.Module:
    """The network as it is used: a BigGAN without spectral normalisation, all others as they are."""
    return network.fused() if isinstance(network, BigGANGenerator) else network


@torch.no_grad()
def draw_sheet(network: Any, device: torch.device) -> Image.Image:
    """Images of fixed seeds in rows; with classes each row is one class, the first classes in order.

    Args:
        network: generator in eval mode, as described at :data:`imggen.models.GENERATORS`.
        device: of the network.
    """
    cells = []
    for row in range(_SHEET_ROWS):
        for column in range(_SHEET_COLUMNS):
            seed = column if network.classes else row * _SHEET_COLUMNS + column
            labels = None
            if network.classes:
                labels = torch.zeros(1, network.classes, device=device)
                labels[0, row % network.classes] = 1
            cells.append(to_image(network(draw(seed, network.latent_size).to(device), labels).float() / 2 + 0.5))
    return grid(cells, _SHEET_COLUMNS)


def describe(network: Any, recipe: Described, class_names: list[str] | None, model_id: str) -> Result:
    """Describe a generator for its model card.

    Args:
        network: with ``config``, ``image_size``, ``latent_size``.
        recipe: for task and architecture.
        class_names: for conditional models.
        model_id: name of its checkpoint folder.
    """
    side = network.image_size
    what = f"of {len(class_names)} classes: {', '.join(class_names)}" if class_names else "like those it was trained on"
    call = f'"{class_names[0]}", count=4, seed=0' if class_names else "count=4, seed=0"
    return Result(
        network=network,
        value_range=[-1.0, 1.0],
        pipeline_tag="unconditional-image-generation",
        tag=recipe.task,
        summary=f"A {recipe.architecture} generator of {side} x {side} pictures {what}.",
        limits=(
            "It knows nothing but the kind of pictures it was trained on, and its share of failures is high where "
            "these were few or varied. A picture may resemble one of the training data."
        ),
        example=(
            f'import imggen\n\nmodel = imggen.load("{model_id}")\n'
            f"for image in model.sample({call}):\n"
            "    image.save(f\"{image.info['imggen']['parameters']['seed']}.png\")"
        ),
        image_size=side,
        latent_size=network.latent_size,
        class_names=class_names,
    )


def keep_discriminator(network: nn.Module, folder: Path) -> None:
    """Write the discriminator beside the generator, in float16: a later training goes on from both."""
    state = {name: value.detach().to("cpu", torch.float16).contiguous() for name, value in network.state_dict().items()}
    save_file(state, folder / DISCRIMINATOR_NAME)
