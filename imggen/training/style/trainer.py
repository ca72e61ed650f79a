"""The trainer of style-transfer networks: content, style and identity losses on the features of VGG-16."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageOps
from torch import Tensor, nn

from imggen.errors import CheckpointError, InputError
from imggen.imaging.contact_sheet import grid
from imggen.imaging.folders import refuse_case_twins
from imggen.imaging.painting.underpainting import describe
from imggen.imaging.tensors import to_image, to_tensor
from imggen.models import build
from imggen.models.style.arbitrary_style import ArbitraryStyle
from imggen.models.style.style_table import StyleTable, table_of
from imggen.models.vgg16 import VGG16Features
from imggen.store import checkpoint
from imggen.store.checkpoint import PREVIEW_NAME, Checkpoint
from imggen.store.style_codes import style_input
from imggen.store.vgg16 import load_vgg16
from imggen.training.common.accelerator import create_accelerator
from imggen.training.common.card import CardFacts, write_card
from imggen.training.common.ema import EMA
from imggen.training.common.image_store import ImageStore
from imggen.training.common.initial import load_initial
from imggen.training.common.loop import Intervals, Job, run
from imggen.training.common.output import check_output
from imggen.training.common.recipe import Settings
from imggen.training.common.schedule import warmup_cosine
from imggen.training.common.sources import data_name, find_images
from imggen.training.style.data import StylePairs, style_name
from imggen.training.style.recipe import StyleRecipe, read_recipe
from imggen.training.style.step import StyleStep, Stylist
from imggen.training.super_resolution.data import Images, loader
from imggen.version import __version__

_SHEET_CONTENTS = 4
_SHEET_STYLES = 7
_SHEET_SIDE = 256


def train(name: str, settings: Settings, data: str, output: Path, resume: bool) -> None:
    """Train a style-transfer network.

    Args:
        name: of the recipe, for the record.
        settings: the recipe; see :class:`imggen.training.style.recipe.StyleRecipe`.
        data: content images: a folder, or a Hub dataset ``owner/name``. The style pictures are the setting
            ``style_data``.
        output: checkpoint folder.
        resume: go on from the training state in ``output``.

    Raises:
        ImggenError: with a sentence for the user.
    """
    recipe = read_recipe(settings)
    assert recipe.style_data
    check_output(output, resume)
    accelerator = create_accelerator(output, recipe.precision, recipe.accumulate, recipe.seed)
    with accelerator.main_process_first():  # one process downloads a Hub dataset, the others find it cached
        pictures, style_pictures = find_images(data), find_images(recipe.style_data)
    budget = int(recipe.cache_gb * 2**30) // accelerator.num_processes
    styles = ImageStore(style_pictures, recipe.size, budget // 4)
    contents = ImageStore(pictures, recipe.size, budget - budget // 4)
    accelerator.print(f"Training on {contents.summary('images')}.\nStyles: {styles.summary('pictures')}.")
    pairs = StylePairs(
        contents,
        styles,
        recipe.size,
        recipe.content_zoom,
        recipe.style_zoom,
        recipe.recolour,
        recipe.identity_share,
        recipe.seed,
    )
    names = [style_name(picture, number) for number, picture in enumerate(styles.pictures)]

    styliser: ArbitraryStyle | StyleTable
    if recipe.has_table:
        styliser, base_model = create_table(recipe, names, styles)
    else:
        styliser, base_model = create_styliser(recipe)
    bare = Stylist(styliser).to(accelerator.device).to(memory_format=torch.channels_last)
    ema = EMA(bare, recipe.ema_decay)
    accelerator.register_for_checkpointing(ema)
    adam = torch.optim.Adam(bare.parameters(), recipe.lr, betas=(recipe.betas[0], recipe.betas[1]))
    network, optimizer = accelerator.prepare(bare, adam)
    content_layers = [layer for layer, weight in recipe.content_layers.items() if weight]
    style_layers = [layer for layer, weight in recipe.style_layers.items() if weight]
    step = StyleStep(
        accelerator,
        recipe,
        network,
        optimizer,
        _trunk(recipe, [*content_layers, *style_layers], accelerator.device),
        _trunk(recipe, content_layers, accelerator.device),
    )

    per_micro_step = recipe.batch * accelerator.num_processes
    total = recipe.steps * recipe.accumulate * per_micro_step
    training = {
        "recipe": name,
        "data": data_name(data),
        "images": len(contents),
        "style_data": data_name(recipe.style_data),
        "styles": len(styles),
        "settings": recipe.record(),
    }
    job = Job(
        accelerator=accelerator,
        generator=network,
        networks=[network],
        optimizers=[(optimizer, recipe.lr)],
        ema=ema,
        micro_step=step,
        batches=lambda done: accelerator.prepare(
            loader(pairs, recipe.batch, range(done * per_micro_step, total), recipe.workers, recipe.seed)
        ),
        schedule=partial(warmup_cosine, steps=recipe.steps, warmup=recipe.warmup, floor=recipe.lr_floor),
        sample=lambda: draw_sheet(ema.network, contents, styles, accelerator.device),
        publish=lambda steps, preview: publish(
            ema.network.styliser,
            recipe,
            base_model,
            {**training, "steps": steps, "images_seen": steps * recipe.accumulate * per_micro_step},
            output,
            preview,
        ),
    )
    run(job, Intervals(recipe.steps, recipe.log_every, recipe.sample_every, recipe.checkpoint_every), output, resume)


def create_styliser(recipe: StyleRecipe) -> tuple[ArbitraryStyle, str | None]:
    """Build a network that encodes styles, or take it from the checkpoint ``init``; with that checkpoint's id.

    Raises:
        ImggenError: when the recipe's architecture does not fit.
    """
    network: Any
    if not recipe.init:
        network, base_model = build(recipe.architecture, recipe.architecture_config), None
    else:
        initial, base_model = load_initial(recipe.init, recipe.task, recipe.architecture)
        network = initial.network
    return network, base_model


@torch.no_grad()
def create_table(recipe: StyleRecipe, names: list[str], pictures: Images) -> tuple[StyleTable, str | None]:
    """Build a table of styles, or make it from the checkpoint ``init``; with that checkpoint's id.

    Args:
        recipe: for the network's arguments and ``init``.
        names: of the style pictures.
        pictures: those, for their palettes.

    Raises:
        ImggenError: when two pictures have the same name, the recipe's architecture does not fit, or the checkpoint's
            table is of other styles.
    """
    if len(set(names)) < len(names):
        raise InputError("Two of the style pictures have the same name: give every style its own.")
    refuse_case_twins(names, "styles")
    inputs = [style_input(Image.fromarray(pictures[number])) for number in range(len(names))]
    base_model = None
    if not recipe.init:
        table: Any = build(recipe.architecture, {**recipe.architecture_config, "style_names": names})
    else:
        initial, base_model = load_initial(recipe.init, recipe.task, recipe.architecture, "arbitrary_style")
        table = initial.network
        if isinstance(table, ArbitraryStyle):
            table = table_of(table, names, torch.cat([table.encode(picture) for picture in inputs]))
        elif list(table.style_names) != names:
            raise InputError(
                f"The checkpoint {recipe.init!r} has the styles {', '.join(table.style_names)}, and the pictures are "
                f"{', '.join(names)}: give the same pictures, or start without init."
            )
    table.descriptions.copy_(torch.cat([describe(picture) for picture in inputs]))
    return table, base_model


def _trunk(recipe: StyleRecipe, layers: list[str], device: torch.device) -> VGG16Features:
    if not recipe.vgg16:
        raise CheckpointError("The losses need VGG-16.")
    return load_vgg16(recipe.vgg16, layers).to(device).to(memory_format=torch.channels_last)


@torch.no_grad()
def draw_sheet(network: nn.Module, contents: Images, styles: Images, device: torch.device) -> Image.Image:
    """A few fixed contents, one a row, in a few fixed styles, one a column; the first row and column show them.

    Args:
        network: :class:`Stylist` in eval mode.
        contents: to choose from, evenly.
        styles: likewise.
        device: of the network.
    """
    shown = [(index, _square(styles, index, device)) for index in _spread(len(styles), _SHEET_STYLES)]
    cells = [Image.new("RGB", (_SHEET_SIDE, _SHEET_SIDE), "white"), *(to_image(style) for _, style in shown)]
    for row in _spread(len(contents), _SHEET_CONTENTS):
        content = _square(contents, row, device)
        cells.append(to_image(content))
        cells += [
            to_image(network(content, style, torch.tensor([index], device=device)).float()) for index, style in shown
        ]
    return grid(cells, columns=len(shown) + 1)


def _spread(count: int, wanted: int) -> list[int]:
    """Up to ``wanted`` numbers, evenly spread over 0..count - 1."""
    wanted = min(count, wanted)
    return [(2 * place + 1) * count // (2 * wanted) for place in range(wanted)]


def _square(images: Images, index: int, device: torch.device) -> Tensor:
    image = ImageOps.fit(Image.fromarray(images[index]), (_SHEET_SIDE, _SHEET_SIDE), Image.Resampling.LANCZOS)
    return to_tensor(image).to(device)


def publish(
    network: Any,
    recipe: StyleRecipe,
    base_model: str | None,
    training: dict[str, Any],
    output: Path,
    preview: Image.Image,
) -> None:
    """Write the averaged network as a checkpoint folder."""
    result = Checkpoint(
        task=recipe.task,
        architecture=recipe.architecture,
        architecture_config=network.config,
        title=recipe.title,
        license=recipe.license,
        base_model=base_model,
        value_range=[0.0, 1.0],
        training=training,
        imggen_version=__version__,
    )
    result.network.load_state_dict(network.state_dict())
    model_id = output.resolve().name
    if recipe.has_table:
        what = f"in {len(network.style_names)} styles, which can be mixed: {', '.join(network.style_names)}"
        style = f"{network.style_names[0]!r}"
    else:
        what = "in the style of any other picture"
        style = 'Image.open("painting.jpg")'
    card = CardFacts(
        model_id=model_id,
        title=recipe.title,
        license=recipe.license,
        base_model=base_model,
        pipeline_tag="image-to-image",
        tags=("style-transfer", recipe.architecture),
        summary=f"A {recipe.architecture} network that paints pictures of any size {what}.",
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        training=training,
        limits=(
            "It carries palette and strokes over, not what a painter would do with the scene: faces and letters lose "
            "their detail, and large even areas may get texture that the content has not."
        ),
        example=(
            f'import imggen\nfrom PIL import Image\n\nmodel = imggen.load("{model_id}")\n'
            f'model.stylize(Image.open("photo.jpg"), {style}).save("painted.png")'
        ),
    )
    preview.save(output / PREVIEW_NAME, quality=90)
    checkpoint.save(result, output, write_card(card))
