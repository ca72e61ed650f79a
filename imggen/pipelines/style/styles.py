"""What a person may ask of style transfer, checked and described: styles, mixtures, masks, strength."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from imggen.errors import InputError
from imggen.imaging.decode import Source
from imggen.imaging.keep_colours import keep_colours
from imggen.pipelines.arguments import decoded, number
from imggen.ranges import SCALES
from imggen.store.model_info import ModelInfo
from imggen.store.style_codes import STYLES_NAME, StyleCode, load_codes
from imggen.store.style_names import styles_in

#: A picture (a PIL image, a ``Path``, or the bytes of a file), or the id or title of a style that ships with the model.
Style = Image.Image | Path | bytes | str
#: One style, or several with weights of at least 0 that count relative to each other.
Mix = Style | Sequence[tuple[Style, float]]
#: A mix whose pictures are decoded and whose weights add up to 1.
Weighted = list[tuple[Image.Image | str, float]]


def shipped_styles(folder: Path) -> list[StyleCode]:
    """The styles that come with a checkpoint, in order: its style codes, or the names its network was trained on."""
    codes = folder / STYLES_NAME
    if codes.is_file():
        return load_codes(codes)
    styles = styles_in(folder)
    one_hot = torch.eye(len(styles))
    return [StyleCode(style.id, style.title, "", "", code) for style, code in zip(styles, one_hot, strict=True)]


def only_style(info: ModelInfo) -> StyleCode:
    """The style of a third-party network that was trained for a single one."""
    return StyleCode(info.id, info.title, "", "", torch.ones(1))


def weighted(style: Mix) -> Weighted:
    """The styles of a mix with weights above 0 that add up to 1.

    Raises:
        InputError: when there is no style in it, or something that is no style or no weight.
    """
    mix = [(style, 1.0)] if isinstance(style, Style) else style
    if not isinstance(mix, Sequence) or not mix:
        raise InputError("Choose a style: a name, a picture, or several of them with weights.")
    for pair in mix:
        if not isinstance(pair, Sequence) or len(pair) != 2 or not isinstance(pair[0], Style):
            raise InputError("A mixture of styles is a list of pairs: a name or a picture, and its weight.")
        number(pair[1], 0, math.inf, "The weight of a style must be a number of at least 0.")
    total = sum(weight for _, weight in mix)
    if not 0 < total < math.inf:
        raise InputError("Give at least one style a weight above 0.")
    if math.isclose(total, 1):
        total = 1.0  # the weights a recipe records stay as they are
    return [
        (style if isinstance(style, str) else decoded(style), weight / total) for style, weight in mix if weight > 0
    ]


def check(strength: float, keep_colors: bool, scale: float, mask: Source | None, inside: Mix | None) -> None:
    """Check the controls. Raises :class:`InputError`."""
    number(strength, 0, 1, "Strength must be a number from 0 (the photo) to 1 (the full style).")
    if not isinstance(keep_colors, bool):
        raise InputError("Keeping the colours is a choice of yes or no.")
    number(scale, *SCALES, f"The stroke size must be a number from {SCALES[0]:g} to {SCALES[1]:g}.")
    if inside is not None and mask is None:
        raise InputError("A second style for the painted area needs a painted area.")


def finish(
    original: Image.Image,
    painted: Image.Image,
    keep_colors: bool,
    mask: Image.Image | None,
    inside: Image.Image | None = None,
) -> Image.Image:
    """Put the result together from what was painted.

    Args:
        original: the photo; all pictures have its size.
        painted: in the style asked for.
        keep_colors: take the colours of the original.
        mask: L; without ``inside``, the style shows only where it is white.
        inside: painted in a second style, which shows where the mask is white.
    """
    if mask is not None:
        painted = Image.composite(painted, original, mask) if inside is None else Image.composite(inside, painted, mask)
    return keep_colours(painted, original) if keep_colors else painted


def describe(
    original: Image.Image,
    styles: Weighted,
    inside: Weighted | None,
    mask: Image.Image | None,
    **numbers: Any,
) -> tuple[dict[str, Any], list[Image.Image]]:
    """The parameters of a recipe, and the pictures they refer to by index: the photo first."""
    sources = [original]

    def place(picture: Image.Image) -> int:
        sources.append(picture)
        return len(sources) - 1

    def entries(mix: Weighted) -> list[dict[str, Any]]:
        return [
            {"style": style, "weight": weight} if isinstance(style, str) else {"source": place(style), "weight": weight}
            for style, weight in mix
        ]

    parameters = {"styles": entries(styles), **numbers}
    if mask is not None:
        parameters["mask"] = place(mask)
    if inside is not None:
        parameters["inside"] = entries(inside)
    return parameters, sources
