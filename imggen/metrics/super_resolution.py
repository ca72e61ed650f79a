"""Measure 4x super-resolution on folders of high-resolution images."""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from tqdm import tqdm

from imggen.device import best, dtype_name
from imggen.errors import InputError, list_names
from imggen.imaging.folders import find_pictures, open_named, refuse_case_twins
from imggen.imaging.jpeg import as_jpeg
from imggen.imaging.limits import MAX_DATA_PIXELS
from imggen.imaging.tensors import to_image, to_tensor
from imggen.metrics.card import Evaluation, Metric, Row
from imggen.metrics.fidelity import CROP, luma, psnr, ssim
from imggen.metrics.lpips import LPIPS, describe_trunk
from imggen.metrics.speed_note import speed_note
from imggen.ranges import SCALE

#: Settings of the detail slider that are measured, for models that have one.
DETAILS = (0.0, 0.5, 1.0)
METRICS = [Metric("psnr", "PSNR (dB) ↑", 2), Metric("ssim", "SSIM ↑", 4), Metric("lr_psnr", "LR-PSNR (dB) ↑", 2)]
_PROTOCOL = (
    "Protocol: the low-resolution input is the image, cropped to multiples of 4, reduced by antialiased bicubic "
    f"interpolation and rounded to 8 bits. PSNR and SSIM on luma without the outer {CROP} pixels (16..235 for colour, "
    "the grey values themselves for greyscale files), LR-PSNR in RGB between the input and the result reduced in the "
    "same way; means over the images."
)
_MIN_SIDE = 32

Method = Callable[[Image.Image], Image.Image]


class Upscaler(Protocol):
    """The part of :class:`imggen.pipelines.super_resolution.SuperResolution` that is measured."""

    @property
    def has_detail(self) -> bool:
        """Whether ``detail`` changes anything."""
        ...

    def upscale(self, image: Image.Image, detail: float = ...) -> Image.Image:
        """Upscale an RGB image to four times its width and height."""
        ...


def evaluate(
    load: Callable[[torch.dtype], Upscaler],
    data: Path,
    vgg16: Path | None = None,
    dtype: torch.dtype | None = None,
    jpeg: Sequence[int] = (),
) -> Evaluation:
    """Measure a model against bicubic interpolation.

    Args:
        load: gives the pipeline in the precision asked for.
        data: folder of high-resolution images, searched recursively; each direct subfolder is a set of its own. Where
            ``*_HR`` files stand beside ``*_LR`` files, only the former count.
        vgg16: safetensors file with VGG-16 features; LPIPS is left out without it.
        dtype: precision of the networks; the fastest on this machine by default.
        jpeg: qualities, 1 to 100. Every set is measured as it is, and again for each of them with the low-resolution
            inputs stored as JPEG files of that quality.

    Raises:
        InputError: when the folder has no images, or one that is too small.
        ImageError: when an image cannot be decoded.
        CheckpointError, WeightsUnavailable: see :class:`imggen.metrics.lpips.LPIPS`.
    """
    sets = find_sets(data)
    lpips = LPIPS(vgg16) if vgg16 else None
    compute = best(dtype=dtype)
    upscaler = load(compute.dtype)
    counts = list_names([f"{name}: {len(paths)} images" for name, paths in sets.items()])
    print(f"Measuring on {counts}.", file=sys.stderr)
    methods: dict[str, Method] = {"bicubic": enlarge}
    if upscaler.has_detail:
        methods |= {f"this model, detail {detail:g}": _at(upscaler, detail) for detail in DETAILS}
    else:
        methods["this model"] = _at(upscaler, 0.0)
    rows = [
        row
        for name, paths in sets.items()
        for quality in (None, *jpeg)
        for row in _measure_set(name, paths, methods, lpips, quality)
    ]
    metrics = list(METRICS)
    notes = [_speed_note(load), f"Quality measured in {dtype_name(compute.dtype)}. {_PROTOCOL}"]
    if vgg16:
        trunk = describe_trunk(vgg16)
        arguments = {"version": "0.1", "vgg16": trunk}
        metrics.append(Metric("lpips", "LPIPS ↓", 4, arguments))
        metrics.append(Metric("lpips_share", "LPIPS, share of bicubic's ↓", 3, arguments))
        metrics.append(Metric("lpips_wins", "Better than bicubic ↑", 0, arguments))
        notes.append(
            f"LPIPS is version 0.1 on whole RGB images, on the VGG-16 features of `{vgg16.name}` ({trunk}). Compare it "
            "only with numbers on the same features. The share is of the means; better than bicubic is the number of "
            "images with a smaller LPIPS."
        )
    if jpeg:
        notes.append("JPEG: the low-resolution input was stored with that quality, by Pillow, before it was enlarged.")
    return Evaluation("image-to-image", metrics, rows, notes)


def find_sets(data: Path) -> dict[str, list[Path]]:
    """List the high-resolution images under a folder by set: one for each direct subfolder, one for loose files.

    Images deeper inside belong to the set of the direct subfolder.

    Raises:
        InputError: when the folder is missing or has no images.
    """
    paths = find_pictures(data) if data.is_dir() else []
    known = set(paths)
    sets: dict[str, list[Path]] = {}
    for path in paths:
        if path.stem.endswith("_LR") and path.with_stem(path.stem.removesuffix("_LR") + "_HR") in known:
            continue
        parents = path.relative_to(data).parts[:-1]
        sets.setdefault(parents[0] if parents else data.resolve().name, []).append(path)
    if not sets:
        raise InputError(f"The folder {str(data)!r} does not exist or holds no images.")
    refuse_case_twins(sets, "folders")
    return sets


def reduce(image: Image.Image) -> Image.Image:
    """Reduce an RGB image by 4 with antialiased bicubic interpolation, rounded to 8 bits."""
    return _bicubic(image, image.width // SCALE, image.height // SCALE)


def enlarge(image: Image.Image) -> Image.Image:
    """Enlarge an RGB image by 4 with bicubic interpolation: the baseline of every table."""
    return _bicubic(image, image.width * SCALE, image.height * SCALE)


def lr_psnr(low: Image.Image, result: Image.Image) -> float:
    """Low-resolution consistency in dB: RGB PSNR between the input and the result reduced to its size.

    It measures how much of the input a result keeps, independent of added detail: Park et al., 2023,
    "Perception-Oriented Single Image Super-Resolution using Optimal Objective Estimation" (SROOE,
    https://arxiv.org/abs/2211.13676), section 4.1. About 40 dB for adversarially trained networks, about 50 dB for
    faithful ones.
    """
    return psnr(np.asarray(low), np.asarray(reduce(result)))


def _bicubic(image: Image.Image, width: int, height: int) -> Image.Image:
    # Only antialias=True has the cubic of MATLAB and Pillow (a = -0.5); without it PyTorch uses a = -0.75.
    return to_image(F.interpolate(to_tensor(image), size=(height, width), mode="bicubic", antialias=True))


def _at(upscaler: Upscaler, detail: float) -> Method:
    return lambda image: upscaler.upscale(image, detail)


def _measure_set(
    name: str, paths: list[Path], methods: dict[str, Method], lpips: LPIPS | None, quality: int | None
) -> Iterable[Row]:
    if quality is not None:
        name = f"{name}, JPEG {quality}"
    scores: dict[str, list[dict[str, float]]] = {method: [] for method in methods}
    for path in tqdm(paths, desc=name, unit="image", disable=None):
        high, grey = _read(path)
        low = reduce(high) if quality is None else as_jpeg(reduce(high), quality)
        for method, upscale in methods.items():
            scores[method].append(_measure(high, low, upscale(low), grey, lpips))
    for method, found in scores.items():
        means = {key: statistics.fmean(values[key] for values in found) for key in found[0]}
        if lpips:
            means |= _compared([values["lpips"] for values in found], [v["lpips"] for v in scores["bicubic"]])
        yield Row(name, len(paths), method, means, baseline=method == "bicubic")


def _compared(found: list[float], baseline: list[float]) -> dict[str, float]:
    """Distances of a method beside those of bicubic interpolation on the same images."""
    wins = sum(value < other for value, other in zip(found, baseline, strict=True))
    total = sum(baseline)
    return {"lpips_share": sum(found) / total if total else math.nan, "lpips_wins": wins}


def _read(path: Path) -> tuple[Image.Image, bool]:
    """Decode an image, cropped to multiples of 4, and tell whether its file is greyscale."""
    image = open_named(path, path.name, MAX_DATA_PIXELS)
    width, height = (side - side % SCALE for side in image.size)
    if min(width, height) < _MIN_SIDE:
        raise InputError(f"The image {path.name!r} is too small to measure: both sides need {_MIN_SIDE} pixels.")
    grey = False
    with suppress(UnidentifiedImageError), Image.open(path) as header:  # TIFF knows more kinds than Pillow
        grey = header.mode == "L"
    return image.crop((0, 0, width, height)), grey


def _measure(
    high: Image.Image, low: Image.Image, result: Image.Image, grey: bool, lpips: LPIPS | None
) -> dict[str, float]:
    expected, got = _inner_luma(high, grey), _inner_luma(result, grey)
    values = {"psnr": psnr(expected, got), "ssim": ssim(expected, got), "lr_psnr": lr_psnr(low, result)}
    if lpips:
        values["lpips"] = lpips(to_tensor(high), to_tensor(result)).item()
    return values


def _inner_luma(image: Image.Image, grey: bool) -> NDArray[np.float64]:
    return luma(np.asarray(image.convert("L") if grey else image))[CROP:-CROP, CROP:-CROP]


def _speed_note(load: Callable[[torch.dtype], Upscaler]) -> str:
    return speed_note(
        "256x256 to 1024x1024 takes", lambda dtype: partial(load(dtype).upscale, _noise(), 0.0), "from image to image"
    )


def _noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8))
