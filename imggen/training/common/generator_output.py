"""What every trainer of generators writes: sample sheets and the checkpoint folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from imggen.imaging.contact_sheet import grid
from imggen.imaging.tensors import to_image
from imggen.models.gan.biggan import BigGANGenerator
from imggen.models.latents import draw
from imggen.store import checkpoint
from imggen.store.checkpoint import PREVIEW_NAME, Checkpoint
from imggen.store.layout import DISCRIMINATOR_NAME
from imggen.training.common.card import CardFacts, write_card
from imggen.version import __version__

_SHEET_COLUMNS = 8
_SHEET_ROWS = 4


class Described(Protocol):
    """The settings that describe a model, common to all recipes."""

    @property
    def task(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def license(self) -> str: ...
    @property
    def architecture(self) -> str: ...


def plain(network: nn.Module) -> nn.Module:
    """The network in the form in which it is used, where it trains in another."""
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


def publish(
    network: Any,
    recipe: Described,
    base_model: str | None,
    class_names: list[str] | None,
    training: dict[str, Any],
    output: Path,
    preview: Image.Image,
) -> None:
    """Write a generator as a checkpoint folder.

    Args:
        network: with ``config``, ``image_size``, ``latent_size``.
        recipe: for task, title, licence and architecture.
        base_model: id of the checkpoint its training started from, if any.
        class_names: for conditional models.
        training: the record for config.json and the card.
        output: the folder.
        preview: its sample sheet.
    """
    result = Checkpoint(
        task=recipe.task,
        architecture=recipe.architecture,
        architecture_config=network.config,
        title=recipe.title,
        license=recipe.license,
        base_model=base_model,
        image_size=network.image_size,
        value_range=[-1.0, 1.0],
        latent_size=network.latent_size,
        class_names=class_names,
        training=training,
        imggen_version=__version__,
    )
    result.network.load_state_dict(network.state_dict())
    model_id, side = output.resolve().name, network.image_size
    what = f"of {len(class_names)} classes: {', '.join(class_names)}" if class_names else "like those it was trained on"
    call = f'"{class_names[0]}", count=4, seed=0' if class_names else "count=4, seed=0"
    facts = CardFacts(
        model_id=model_id,
        title=recipe.title,
        license=recipe.license,
        base_model=base_model,
        pipeline_tag="unconditional-image-generation",
        tags=(recipe.task, recipe.architecture),
        summary=f"A {recipe.architecture} generator of {side} x {side} pictures {what}.",
        parameters=parameters(result.network),
        training=training,
        limits=(
            "It knows nothing but the kind of pictures it was trained on, and its share of failures is high where "
            "these were few or varied. A picture may resemble one of the training data."
        ),
        example=(
            f'import imggen\n\nmodel = imggen.load("{model_id}")\n'
            f"for image in model.sample({call}):\n"
            "    image.save(f\"{image.info['imggen']['parameters']['seed']}.png\")"
        ),
    )
    preview.save(output / PREVIEW_NAME, quality=90)
    checkpoint.save(result, output, write_card(facts))


def keep_discriminator(network: nn.Module, output: Path) -> None:
    """Write the discriminator beside the generator, in float16: a later training goes on from both."""
    state = {name: value.detach().to("cpu", torch.float16).contiguous() for name, value in network.state_dict().items()}
    save_file(state, output / DISCRIMINATOR_NAME)


def parameters(network: nn.Module) -> int:
    """Number of weights."""
    return sum(parameter.numel() for parameter in network.parameters())
