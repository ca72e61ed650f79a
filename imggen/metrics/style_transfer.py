"""Measure style transfer on every pair of a folder of photos and a folder of style pictures."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from imggen.device import best, dtype_name
from imggen.errors import InputError, WeightsUnavailable
from imggen.imaging.folders import find_pictures, open_named
from imggen.imaging.limits import MAX_DATA_PIXELS
from imggen.imaging.tensors import to_tensor
from imggen.metrics.card import Evaluation, Metric, Row
from imggen.metrics.lpips import LPIPS, describe_trunk
from imggen.metrics.speed_note import speed_note
from imggen.pipelines.style.optimisation import gram, relative_distance
from imggen.store.style_codes import StyleCode
from imggen.store.vgg16 import load_vgg16

STYLE_LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
CONTENT_LAYER = "relu3_3"
#: Short side of the photos and style pictures that are compared.
SIDE = 512
#: Largest long side, as a multiple of the short side.
_LONGEST = 4
_PROTOCOL = (
    f"Protocol: every photo in every style, short sides brought to {SIDE} pixels. Style loss: mean over "
    f"{', '.join(STYLE_LAYERS)} of VGG-16 of the squared distance of Gram matrices, relative to the style's. Content "
    f"loss: squared distance of {CONTENT_LAYER}, relative to the photo's, both normalised by channel. Means over the "
    "pairs. The unmodified copy has all of the content and none of the style."
)

Features = dict[str, Tensor]


class Styliser(Protocol):
    """The part of :class:`imggen.pipelines.style.style_transfer.StyleTransfer` that is measured."""

    @property
    def takes_pictures(self) -> bool:
        """Whether any picture can be the style."""
        ...

    @property
    def styles(self) -> Sequence[StyleCode]:
        """The styles that it has learned."""
        ...

    def stylize(self, content: Image.Image, style: Image.Image | str) -> Image.Image:
        """Paint a photo in the style of a picture, or in the known one with that id."""
        ...


def evaluate(
    load: Callable[[torch.dtype], Styliser], data: Path, vgg16: Path | None = None, dtype: torch.dtype | None = None
) -> Evaluation:
    """Measure a model against leaving the photos as they are.

    Args:
        load: gives the pipeline in the precision asked for.
        data: folder with ``content/`` and ``style/``, each searched recursively. For a model that knows only its own
            styles, the pictures of these are named after their ids.
        vgg16: safetensors file with VGG-16 features. The losses need it; LPIPS also needs the package ``lpips`` and
            is left out without it.
        dtype: precision of the networks; the fastest on this machine by default.

    Raises:
        InputError: when a folder or VGG-16 is missing, or the model does not know one of the styles.
        ImageError: when an image cannot be decoded.
        CheckpointError: when the VGG-16 file does not fit.
    """
    if vgg16 is None:
        raise InputError("Style and content losses are measured on VGG-16: add --vgg16 PATH.")
    contents, styles = (_images(data / name) for name in ("content", "style"))
    compute = best(dtype=dtype)
    styliser = load(compute.dtype)
    chosen = _chosen(styliser, styles)
    trunk = load_vgg16(vgg16, STYLE_LAYERS)
    lpips, without = _lpips(vgg16)
    print(f"Measuring on {len(contents)} photos and {len(styles)} styles.", file=sys.stderr)
    measured: dict[str, list[dict[str, float]]] = {"unmodified copy": [], "this model": []}
    wanted = [{layer: gram(found) for layer, found in _features(trunk, style).items()} for _, style in styles]
    pairs = product([image for _, image in contents], zip(chosen, wanted, strict=True))
    for content, (style, grams) in tqdm(pairs, total=len(contents) * len(styles), unit="pair", disable=None):
        kept = _features(trunk, content)[CONTENT_LAYER]
        for method, result in (("unmodified copy", content), ("this model", styliser.stylize(content, style))):
            found = _features(trunk, result)
            losses = {
                "style_loss": style_loss(found, grams),
                "content_loss": content_loss(found[CONTENT_LAYER], kept),
            }
            if lpips:
                losses["lpips"] = lpips(to_tensor(content), to_tensor(result)).item()
            measured[method].append(losses)
    rows = [
        Row(
            f"{len(contents)} photos x {len(styles)} styles",
            len(values),
            method,
            {key: statistics.fmean(value[key] for value in values) for key in values[0]},
            baseline=method == "unmodified copy",
        )
        for method, values in measured.items()
    ]
    which = {"vgg16": describe_trunk(vgg16)}
    metrics = [
        Metric("style_loss", "Style loss ↓", 4, which),
        Metric("content_loss", "Content loss ↓", 4, which),
    ]
    if lpips:
        metrics.append(Metric("lpips", "LPIPS to the photo ↓", 4, {"version": "0.1", **which}))
    notes = [
        _speed_note(load, None if styliser.takes_pictures else styliser.styles[0].id),
        f"Quality measured in {dtype_name(compute.dtype)}. {_PROTOCOL}",
        f"The features are those of `{vgg16.name}` ({which['vgg16']}). Compare only with numbers on the same features.",
        *without,
    ]
    return Evaluation("image-to-image", metrics, rows, notes)


def _lpips(vgg16: Path) -> tuple[LPIPS | None, list[str]]:
    """The distance, or None and a note that says why it is missing."""
    try:
        return LPIPS(vgg16), []
    except WeightsUnavailable as error:
        return None, [f"LPIPS was not measured. {error}"]


def style_loss(found: Features, grams: Features) -> float:
    """Distance of features from a style's Gram matrices: 0 for the style itself, about 1 for unrelated images.

    Gatys et al., 2016, "Image Style Transfer Using Convolutional Neural Networks", section 2.2, each layer relative to
    its target.
    """
    losses = [relative_distance(gram(found[layer]), wanted) for layer, wanted in grams.items()]
    return torch.stack(losses).mean().item()


def content_loss(found: Tensor, kept: Tensor) -> float:
    """Distance of features (1, C, H, W) from the photo's, independent of colour and contrast; 0 for the photo itself.

    Every channel is normalised to mean 0 and deviation 1: about 2 for unrelated images.
    """
    return F.mse_loss(F.instance_norm(found), F.instance_norm(kept)).item()


@torch.inference_mode()
def _features(trunk: torch.nn.Module, image: Image.Image) -> Features:
    found: Features = trunk(to_tensor(image))
    return found


def _chosen(styliser: Styliser, pictures: list[tuple[str, Image.Image]]) -> list[Image.Image | str]:
    """The argument ``style`` for each of these pictures: the picture, or the id of a learned style."""
    if styliser.takes_pictures:
        return [image for _, image in pictures]
    known = [style.id for style in styliser.styles]
    unknown = [name for name, _ in pictures if name not in known]
    if unknown:
        raise InputError(
            f"This model knows only its own styles, and {unknown[0]!r} is none: name their pictures after them, "
            f"{', '.join(known)}."
        )
    return [name for name, _ in pictures]


def _images(folder: Path) -> list[tuple[str, Image.Image]]:
    """All images in a folder and below it, of a size to compare, with their names."""
    paths = find_pictures(folder) if folder.is_dir() else []
    if not paths:
        raise InputError(f"The folder {folder.name!r} in the data folder does not exist or holds no images.")
    return [(path.stem, _sized(open_named(path, f"{folder.name}/{path.name}", MAX_DATA_PIXELS))) for path in paths]


def _sized(image: Image.Image) -> Image.Image:
    share = SIDE / min(image.size)
    width, height = (min(_LONGEST * SIDE, round(share * side)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _speed_note(load: Callable[[torch.dtype], Styliser], known: str | None) -> str:
    photo, style = _noise(0), known or _noise(1)
    which = "a known style" if known else "the style of another"
    return speed_note(
        f"a photo of {SIDE}x{SIDE} in {which} takes",
        lambda dtype: partial(load(dtype).stylize, photo, style),
        "from image to image",
    )


def _noise(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8))
