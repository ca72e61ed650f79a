"""Measure translation between two domains of images, each direction separately."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from imggen.device import best, dtype_name
from imggen.errors import InputError
from imggen.imaging.colour import decode, encode
from imggen.imaging.folders import find_pictures, open_named
from imggen.imaging.limits import MAX_DATA_PIXELS
from imggen.imaging.tensors import to_image, to_tensor
from imggen.metrics import features as vgg
from imggen.metrics.card import Evaluation, Metric, Row
from imggen.metrics.lpips import LPIPS, describe_trunk
from imggen.metrics.speed_note import speed_note
from imggen.metrics.statistics import Features, frechet_distance, kernel_distance
from imggen.metrics.structure import structure_kept
from imggen.store.vgg16 import load_vgg16

#: Random draws of two equally large sets; distances are means over them.
DRAWS = 10
#: Seed of the first draw.
SEED = 0
#: Shorter side that images are reduced to before LPIPS, which misses large structures at higher resolution.
LPIPS_SIDE = 256
_MIN_IMAGES = 4
_STRUCTURE = Metric("structure", "Structure kept (%) ↑", 1)
_SPEED_SIDE = 512

Method = Callable[[Image.Image], Image.Image]


class Translator(Protocol):
    """The part of :class:`imggen.pipelines.day_night.pipeline.DayNight` that is measured."""

    domains: tuple[str, str]

    @property
    def directions(self) -> tuple[str, ...]:
        """Names of the directions: first to second domain and, for models of both directions, second to first."""
        ...

    def skies(self, direction: str) -> tuple[str, ...]:
        """The values of ``sky`` to choose from; none where there is no choice."""
        ...

    def translate(self, image: Image.Image, direction: str, *, time: float, sky: str = ...) -> Image.Image:
        """Translate an image, keeping its size; at the time 1 all the way."""
        ...


def evaluate(
    load: Callable[[torch.dtype], Translator], data: Path, vgg16: Path | None = None, dtype: torch.dtype | None = None
) -> Evaluation:
    """Measure both directions against leaving the images alone, and against giving them the other domain's mean colour.

    Args:
        load: gives the pipeline in the precision asked for.
        data: folder with a folder of images for each domain, named like it, searched recursively. All of them are
            measured: they should be images that the model has not seen.
        vgg16: safetensors file with VGG-16 features; without it only structure is measured.
        dtype: precision of the network; the fastest on this machine by default.

    Raises:
        InputError: when a folder is missing or has fewer than four images.
        ImageError: when an image cannot be decoded.
        CheckpointError: see :func:`imggen.store.vgg16.load_vgg16`.
    """
    compute = best(dtype=dtype)
    model = load(compute.dtype)
    sets = {domain: _read(data, domain, model.domains) for domain in model.domains}
    describe_image = _describer(vgg16)
    lpips = LPIPS(vgg16) if vgg16 and find_spec("lpips") else None
    print(f"Measuring on {_counts(sets)}.", file=sys.stderr)
    rows = []
    for (source, target), direction in zip((model.domains, model.domains[::-1]), model.directions, strict=False):
        tint = mean_tint(sets[source], sets[target])
        methods: dict[str, Method] = {
            "input unchanged": lambda image: image,
            "darken or brighten, and tint": tint,
            **_whole_changes(model, direction),
        }
        rows += _measure_direction(f"{source} to {target}", sets[source], sets[target], methods, describe_image, lpips)
    metrics, notes = [_STRUCTURE], [_speed_note(load, model.directions[0]), _protocol(sets, compute.dtype)]
    if vgg16:
        metrics = [*_distances(describe_trunk(vgg16)), *metrics]
        notes.append(_features_note(vgg16))
    else:
        notes.append("Not measured without VGG-16 features (`--vgg16`): Fréchet and kernel distance, and LPIPS.")
    if vgg16 and lpips:
        metrics.append(Metric("lpips", "LPIPS to the input", 4, {"version": "0.1", "vgg16": describe_trunk(vgg16)}))
    return Evaluation("image-to-image", metrics, rows, notes)


def _whole_changes(model: Translator, direction: str) -> dict[str, Method]:
    """Full translation to the other domain, one method for each sky where there is a choice."""
    whole = partial(model.translate, direction=direction, time=1.0)
    return {f"this model, {sky}": partial(whole, sky=sky) for sky in model.skies(direction)} or {"this model": whole}


def mean_tint(source: list[Image.Image], target: list[Image.Image]) -> Method:
    """The gain on each colour, in linear light, that gives a set of images the mean colour of another.

    The baseline without a network: between day and night it darkens or brightens, and tints.
    """
    gains = [
        statistics.fmean(_mean_light(image, channel) for image in target)
        / max(1e-6, statistics.fmean(_mean_light(image, channel) for image in source))
        for channel in range(3)
    ]
    levels = decode(torch.arange(256, dtype=torch.float64) / 255)
    table = [value for gain in gains for value in (255 * encode(levels * gain)).round().int().tolist()]
    return lambda image: image.point(table)


def _read(data: Path, domain: str, domains: tuple[str, str]) -> list[Image.Image]:
    paths = find_pictures(data / domain) if (data / domain).is_dir() else []
    if len(paths) < _MIN_IMAGES:
        raise InputError(
            f"The folder {str(data)!r} must have the folders {domains[0]!r} and {domains[1]!r} with at least "
            f"{_MIN_IMAGES} images each; {domain!r} has {len(paths)}."
        )
    return [open_named(path, path.relative_to(data).as_posix(), MAX_DATA_PIXELS) for path in paths]


def _describer(vgg16: Path | None) -> Callable[[list[Image.Image]], Features] | None:
    """A function from images to features; None without VGG-16."""
    return None if vgg16 is None else partial(vgg.vgg_features, trunk=load_vgg16(vgg16, vgg.LAYERS))


def _measure_direction(
    name: str,
    source: list[Image.Image],
    target: list[Image.Image],
    methods: dict[str, Method],
    describe_image: Callable[[list[Image.Image]], Features] | None,
    lpips: LPIPS | None,
) -> list[Row]:
    rows = []
    real = describe_image(target) if describe_image else None
    if real is not None:
        floor = {"structure": float("nan"), "lpips": float("nan"), **_floor(real, len(source))}
        rows.append(Row(name, len(target), "other real images (floor)", floor, baseline=True))
    for method, translate in methods.items():
        made = [translate(image) for image in tqdm(source, desc=f"{name}, {method}", unit="image", disable=None)]
        pairs = list(zip(source, made, strict=True))
        values = {"structure": 100 * statistics.fmean(structure_kept(before, after) for before, after in pairs)}
        if lpips:
            values["lpips"] = statistics.fmean(lpips(*map(_reduced, pair)).item() for pair in pairs)
        if describe_image and real is not None:
            values |= _compare(describe_image(made), real)
        rows.append(Row(name, len(source), method, values, baseline=not method.startswith("this model")))
    return rows


def _floor(real: Features, others: int) -> dict[str, float]:
    """Distances between disjoint sets of real images."""
    count = _set_size(len(real), others)
    draws = []
    for draw in range(DRAWS):
        order = np.random.default_rng(SEED + draw).permutation(len(real))
        draws.append(_distance(real[order[:count]], real[order[count : 2 * count]]))
    return _mean(draws)


def _compare(made: Features, real: Features) -> dict[str, float]:
    """Distances between sets of translated and of real images, as large as those of the floor."""
    count = _set_size(len(real), len(made))
    draws = []
    for draw in range(DRAWS):
        random = np.random.default_rng(SEED + draw)
        draws.append(
            _distance(real[random.permutation(len(real))[:count]], made[random.permutation(len(made))[:count]])
        )
    return _mean(draws)


def _set_size(real: int, made: int) -> int:
    """Largest size for two disjoint sets of real images and one set of translated images."""
    return min(real // 2, made)


def _distance(a: Features, b: Features) -> dict[str, float]:
    return {
        "frechet_vgg16": frechet_distance(a, b),
        "kernel_vgg16": 1000 * kernel_distance(a, b, subsets=1, subset_size=len(a)).mean,
    }


def _mean(draws: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.fmean(draw[key] for draw in draws) for key in draws[0]}


def _distances(trunk: str) -> list[Metric]:
    arguments = {"vgg16": trunk, "layers": ", ".join(vgg.LAYERS), "resize": f"bicubic to {vgg.SIDE}"}
    return [
        Metric("frechet_vgg16", "Fréchet distance (VGG-16) ↓", 2, arguments),
        Metric("kernel_vgg16", "Kernel distance (VGG-16) x 1000 ↓", 3, arguments),
    ]


def _reduced(image: Image.Image) -> Tensor:
    """(1, 3, H, W) with a shorter side of at most :data:`LPIPS_SIDE`, and at least 16 pixels."""
    scale = min(1.0, LPIPS_SIDE / min(image.size))
    width, height = (max(16, round(side * scale)) for side in image.size)
    return F.interpolate(to_tensor(image), (height, width), mode="bicubic", antialias=True).clamp(0, 1)


def _mean_light(image: Image.Image, channel: int) -> float:
    return float(decode(torch.from_numpy(np.asarray(image.getchannel(channel), np.float64) / 255)).mean())


def _counts(sets: dict[str, list[Image.Image]]) -> str:
    return " and ".join(f"{len(images)} images of {domain}" for domain, images in sets.items())


def _protocol(sets: dict[str, list[Image.Image]], dtype: torch.dtype) -> str:
    return (
        f'Protocol: {_counts(sets)}, translated at their own size in {dtype_name(dtype)}. "Darken or brighten, and '
        'tint" gives every colour the gain in linear light that brings the mean of the set to that of the other. '
        "Structure is the correlation of edge directions between input and output, whatever the light "
        "(`imggen.metrics.structure`)."
    )


def _features_note(vgg16: Path) -> str:
    return (
        f"Fréchet and kernel distance (as FID and KID) compare outputs with real images of the target, on the mean "
        f"activations of {' and '.join(vgg.LAYERS)} of `{vgg16.name}` ({describe_trunk(vgg16)}), with images resized "
        f"to {vgg.SIDE} x {vgg.SIDE}; LPIPS, where the package is installed, is version 0.1 between input and output "
        f"with a shorter side of at most {LPIPS_SIDE}. The distances are means over {DRAWS} draws, seeds {SEED} to "
        f"{SEED + DRAWS - 1}, of sets of one size: half the real images or, if these are fewer, the outputs. The "
        "floor is what disjoint halves of the real images reach. Compare them only with numbers on the same features "
        "and images."
    )


def _speed_note(load: Callable[[torch.dtype], Translator], direction: str) -> str:
    image = to_image(torch.rand(3, _SPEED_SIDE, _SPEED_SIDE, generator=torch.Generator().manual_seed(SEED)))
    return speed_note(
        f"{_SPEED_SIDE}x{_SPEED_SIDE} takes",
        lambda dtype: partial(load(dtype).translate, image, direction, time=1.0),
        "from image to image",
    )
