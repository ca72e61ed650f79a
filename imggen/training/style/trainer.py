"""The trainer of style-transfer networks: content, style and identity losses on the features of VGG-16."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from PIL import Image, ImageOps
from torch import Tensor, nn

from imggen.errors import InputError
from imggen.imaging.contact_sheet import grid
from imggen.imaging.folders import refuse_case_twins
from imggen.imaging.painting.underpainting import describe
from imggen.imaging.tensors import to_image, to_tensor
from imggen.models import build
from imggen.models.style.arbitrary_style import ArbitraryStyle
from imggen.models.style.style_table import StyleTable, table_of
from imggen.store.style_codes import style_input
from imggen.store.vgg16 import load_vgg16
from imggen.training.common.image_store import Images
from imggen.training.common.initial import load_initial
from imggen.training.common.model_folder import Result
from imggen.training.common.schedule import warmup_cosine
from imggen.training.common.session import Job, Session
from imggen.training.common.sources import data_name, find_images
from imggen.training.style.data import StylePairs, style_name
from imggen.training.style.recipe import StyleRecipe
from imggen.training.style.step import StyleStep, Stylist

_SHEET_CONTENTS = 4
_SHEET_STYLES = 7
_SHEET_SIDE = 256


def prepare(session: Session, recipe: StyleRecipe) -> Job:
    """Set a style-transfer network up to be trained.

    The data are the content images: a folder, or a Hub dataset. The style pictures are the setting ``style_data``.

    Raises:
        ImggenError: with an error message for the user.
    """
    assert recipe.style_data is not None  # both are checked with the recipe
    assert recipe.vgg16 is not None
    pictures, style_pictures = session.find(find_images), session.find(find_images, recipe.style_data)
    styles = session.open_images("style pictures", style_pictures, recipe.size, share=0.25)
    contents = session.open_images("images", pictures, recipe.size, share=0.75)
    session.print(f"Training on {contents.summary('images')}.\nStyles: {styles.summary('pictures')}.")
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
        styliser, session.base_model = create_table(recipe, names, styles)
    else:
        styliser, session.base_model = create_styliser(recipe)
    stylist = session.learn(Stylist(styliser), recipe.lr, averaged=True)
    content_layers = [layer for layer, weight in recipe.content_layers.items() if weight]
    style_layers = [layer for layer, weight in recipe.style_layers.items() if weight]
    features, content_features = (
        session.place(load_vgg16(recipe.vgg16, layers)) for layers in ([*content_layers, *style_layers], content_layers)
    )
    return Job(
        items=pairs,
        step=StyleStep(session.accelerator, recipe, stylist, features, content_features),
        schedule=partial(warmup_cosine, steps=recipe.steps, warmup=recipe.warmup, floor=recipe.lr_floor),
        draw_sheet=partial(draw_sheet, contents=contents, styles=styles, device=session.device),
        describe=partial(describe_model, recipe),
        images=len(contents),
        facts={"style_data": data_name(recipe.style_data), "styles": len(styles)},
    )


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


def describe_model(recipe: StyleRecipe, average: Stylist, model_id: str) -> Result:
    """Describe the averaged network for its model card."""
    network: Any = average.styliser
    if recipe.has_table:
        what = f"in {len(network.style_names)} styles, which can be mixed: {', '.join(network.style_names)}"
        style = f"{network.style_names[0]!r}"
    else:
        what = "in the style of any other picture"
        style = 'Image.open("painting.jpg")'
    return Result(
        network=network,
        value_range=[0.0, 1.0],
        pipeline_tag="image-to-image",
        tag="style-transfer",
        summary=f"A {recipe.architecture} network that paints pictures of any size {what}.",
        limits=(
            "It carries palette and strokes over, not what a painter would do with the scene: faces and letters lose "
            "their detail, and large even areas may get texture that the content has not."
        ),
        example=(
            f'import imggen\nfrom PIL import Image\n\nmodel = imggen.load("{model_id}")\n'
            f'model.stylize(Image.open("photo.jpg"), {style}).save("painted.png")'
        ),
    )
