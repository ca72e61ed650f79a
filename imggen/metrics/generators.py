"""Measure generators of images, with or without classes, against folders of real images."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from imggen.device import best, dtype_name
from imggen.errors import InputError
from imggen.imaging.folders import list_counts
from imggen.imaging.tensors import to_image
from imggen.metrics import features as vgg
from imggen.metrics import typefaces
from imggen.metrics.card import Evaluation, Metric, Row
from imggen.metrics.classifier import HELD_OUT, share_recognised, train_classifier
from imggen.metrics.diversity import mean_pairwise_distance
from imggen.metrics.lpips import describe_trunk
from imggen.metrics.memorisation import NEAR, NEIGHBOURS, SHOWN, nearest_sheet, nearness
from imggen.metrics.real_images import RealImages, read_images
from imggen.metrics.speed_note import speed_note
from imggen.metrics.statistics import Features, frechet_distance, kernel_distance, precision_recall
from imggen.metrics.wavelet import frechet_wavelet_distance
from imggen.store.class_names import are_characters
from imggen.store.file_names import NEAREST_NAME
from imggen.store.vgg16 import load_vgg16

#: Most images in a set that is compared.
COUNT = 2000
#: Seed of everything drawn; the samples have the seeds from here on.
SEED = 0
#: Least number of real images.
_MIN_IMAGES = 20
#: Neighbour that gives the radius in precision and recall.
_NEIGHBOUR = 3
#: Images whose mean distance is the diversity.
_DIVERSE = 64
#: Samples that are timed.
_SPEED_COUNT = 16
#: Subsets that the kernel distance is the mean of.
_SUBSETS = 100
_WAVELET = Metric("fwd", "FWD ↓", 3)
_CLASSIFIER = Metric("class_share", "Asked class (%) ↑", 1)


class _Set(NamedTuple):
    """Images (N, 3, S, S) in 8 bits, their classes (N,), and their features where there is a trunk."""

    pixels: Tensor
    labels: Tensor
    features: Features | None


def evaluate(
    load: Callable[[torch.dtype], Any], data: Path, vgg16: Path | None = None, dtype: torch.dtype | None = None
) -> Evaluation:
    """Measure a generator, and as the floor other real images than those of the reference.

    The real images are dealt into two disjoint sets of one size, and as many samples are drawn. Both the samples and
    the second set are compared with the first. Equal sizes give all distances the same bias.

    Args:
        load: gives the pipeline (:mod:`imggen.pipelines.generators.sampling` or
            :mod:`imggen.pipelines.generators.conditional`) in the precision asked for.
        data: folder of real images, searched recursively; for a pipeline with classes a folder for each.
        vgg16: safetensors file with VGG-16 features; without it only what needs no features is measured.
        dtype: precision of the generator; the fastest on this machine by default.

    Raises:
        InputError: when the folder has too few images, or its classes are not those of the model.
        ImageError: when an image cannot be decoded.
        CheckpointError: see :func:`imggen.store.vgg16.load_vgg16`.
    """
    describe_image = _describer(vgg16)
    model = load(best(dtype=dtype).dtype)
    class_names: Sequence[str] | None = getattr(model, "class_names", None)
    real, reference, other = _real_sets(data, model.image_size, tuple(class_names) if class_names else None, vgg16)
    counts = list_counts(class_names[label] for label in real.labels.tolist()) if class_names else "no classes"
    faces = measured_typefaces(real, class_names) if class_names else []
    print(f"Measuring on {len(real.pixels)} images ({counts}).", file=sys.stderr)
    samples = _draw(model, reference.labels, class_names, describe_image)
    count = len(samples.pixels)

    metrics, floor, reached = _measure(reference, other, samples, describe_trunk(vgg16) if vgg16 else None)
    notes = [_speed_note(load, class_names), _protocol(count, model.image_size, real.left_out, best(dtype=dtype).dtype)]
    pictures = {}
    if vgg16 is None:
        notes.append(
            "Not measured without VGG-16 features (`--vgg16`): Fréchet and kernel distance, precision, recall, "
            "diversity, and the check for memorised images."
        )
    else:
        notes += [_features_note(vgg16), _memorisation_note(reference, other, samples)]
        pictures[NEAREST_NAME] = _sheet(reference, other, samples)
    if class_names:
        for part in _class_parts(model, real, faces, samples, class_names):
            metrics += part.metrics
            floor |= part.floor
            reached |= part.reached
            notes.append(part.note)
    name = data.resolve().name
    rows = [
        Row(name, count, "other real images (floor)", floor, baseline=True),
        Row(name, count, "this model", reached),
    ]
    return Evaluation("unconditional-image-generation", metrics, rows, notes, pictures)


class _Part(NamedTuple):
    """Columns that only some models have, their values, and how to read them."""

    metrics: list[Metric]
    floor: dict[str, float]
    reached: dict[str, float]
    note: str


def measured_typefaces(real: RealImages, class_names: Sequence[str]) -> list[str]:
    """The complete typefaces among real images of characters; none for other classes. Raises :class:`InputError`."""
    if not are_characters(class_names):
        return []
    faces = typefaces.complete_faces(real, len(class_names))
    if len(faces) < typefaces.MIN_FACES:
        raise InputError(
            "Measuring a model of characters needs at least "
            f"{typefaces.MIN_FACES} typefaces, each with the same file name in the folders of all characters."
        )
    return faces


def _class_parts(
    model: Any, real: RealImages, faces: list[str], samples: _Set, class_names: Sequence[str]
) -> list[_Part]:
    """Columns of models with classes: the class share, and for characters how consistent a typeface is."""
    for_letters: dict[str, Any] = {"groups": real.names, "mirror": False, "channels": 16} if faces else {}
    classifier = train_classifier(real.pixels, real.labels, SEED, **for_letters)
    part = _Part(
        [_CLASSIFIER],
        {"class_share": 100 * classifier.accuracy},
        {"class_share": 100 * share_recognised(classifier.network, samples.pixels, samples.labels)},
        f"Asked class: a small network trained on the real images, but for every {HELD_OUT}th "
        f"{'typeface' if faces else 'of each class'}, classifies the samples; the floor is its accuracy on those it "
        "was not trained on. The samples are of the classes of the reference images, in the same numbers.",
    )
    if not faces:
        return [part]
    return [part, _Part(typefaces.METRICS, *typefaces.compare(model, real, faces, SEED), typefaces.NOTE)]


def _describer(vgg16: Path | None) -> Callable[[Tensor], Features | None]:
    """A function from images to features, which gives None without VGG-16."""
    if vgg16 is None:
        return lambda pixels: None
    trunk = load_vgg16(vgg16, vgg.LAYERS).to(best().device).to(memory_format=torch.channels_last)
    return partial(vgg.vgg_features, trunk=trunk, side=vgg.SIDE)


@lru_cache(maxsize=1)  # several models are often measured on the same images
def _real_sets(
    data: Path, side: int, class_names: tuple[str, ...] | None, vgg16: Path | None
) -> tuple[RealImages, _Set, _Set]:
    """The real images, and two disjoint random sets of them of one size, at most :data:`COUNT`."""
    real = read_images(data, side, class_names)
    if len(real.pixels) < _MIN_IMAGES:
        raise InputError(f"Measuring needs at least {_MIN_IMAGES} images; {str(data)!r} holds {len(real.pixels)}.")
    order = np.random.default_rng(SEED).permutation(len(real.pixels))
    count = min(COUNT, len(order) // 2)
    first, second = torch.from_numpy(order[:count]), torch.from_numpy(order[count : 2 * count])
    sets = [(real.pixels[part], real.labels[part]) for part in (first, second)]
    describe_image = _describer(vgg16)
    reference, other = (_Set(pixels, labels, describe_image(pixels)) for pixels, labels in sets)
    return real, reference, other


def _draw(
    model: Any,
    labels: Tensor,
    class_names: Sequence[str] | None,
    describe_image: Callable[[Tensor], Features | None],
) -> _Set:
    """As many samples as there are labels, each of its class and with a seed of its own."""
    images = []
    for offset, label in enumerate(tqdm(labels.tolist(), desc="samples", unit="image", disable=None)):
        chosen = [class_names[label]] if class_names else []
        images += model.sample(*chosen, count=1, seed=SEED + offset)
    pixels = torch.stack([torch.from_numpy(np.array(image)).permute(2, 0, 1) for image in images])
    return _Set(pixels, labels, describe_image(pixels))


def _measure(
    reference: _Set, other: _Set, samples: _Set, trunk: str | None
) -> tuple[list[Metric], dict[str, float], dict[str, float]]:
    """The columns, and the values of real images and of samples, both against the reference."""
    floor = {"fwd": frechet_wavelet_distance(reference.pixels, other.pixels)}
    reached = {"fwd": frechet_wavelet_distance(reference.pixels, samples.pixels)}
    if trunk is None or reference.features is None or other.features is None or samples.features is None:
        return [_WAVELET], floor, reached
    for values, found in ((floor, other.features), (reached, samples.features)):
        values["frechet_vgg16"] = frechet_distance(reference.features, found)
        kernel = kernel_distance(reference.features, found, _SUBSETS, _subset_size(len(found)), SEED)
        values["kernel_vgg16"] = 1000 * kernel.mean
        values["precision"], values["recall"] = precision_recall(reference.features, found, _NEIGHBOUR)
        values["diversity"] = mean_pairwise_distance(found[:_DIVERSE])
    arguments = {"vgg16": trunk, "layers": ", ".join(vgg.LAYERS), "resize": f"bicubic to {vgg.SIDE}"}
    metrics = [
        Metric("frechet_vgg16", "Fréchet distance (VGG-16) ↓", 2, arguments),
        Metric("kernel_vgg16", "Kernel distance (VGG-16) x 1000 ↓", 3, arguments),
        Metric("precision", "Precision ↑", 3, arguments),
        Metric("recall", "Recall ↑", 3, arguments),
        _WAVELET,
        Metric("diversity", "Diversity", 2, arguments),
    ]
    return metrics, floor, reached


def _subset_size(count: int) -> int:
    """Rows of a subset: fewer than the set has, so that subsets differ."""
    return min(1000, count // 2)


def _protocol(count: int, side: int, left_out: int, dtype: torch.dtype) -> str:
    skipped = f" {left_out} images of less than half that side were left out." if left_out else ""
    return (
        f"Protocol: {count} samples with the seeds {SEED} to {SEED + count - 1}, without truncation, made in "
        f"{dtype_name(dtype)}, against {count} real images, cropped to the central square and reduced to "
        f"{side} x {side} by a Lanczos filter.{skipped} The floor is what {count} other images from the same folder, "
        f"drawn with the seed {SEED}, reach against the same reference. FWD is the Fréchet distance of Haar wavelet "
        "packets of 8 x 8 coefficients."
    )


def _features_note(vgg16: Path) -> str:
    return (
        f"Fréchet distance (as FID), kernel distance (as KID: mean of {_SUBSETS} subsets), precision, recall "
        f"(k = {_NEIGHBOUR}) and diversity (mean distance between {_DIVERSE} images) are measured on the mean "
        f"activations of {' and '.join(vgg.LAYERS)} of `{vgg16.name}` ({describe_trunk(vgg16)}), with images resized "
        f"to {vgg.SIDE} x {vgg.SIDE} by antialiased bicubic interpolation. They are no FID and KID on Inception's "
        "features, whose weights this library does not bring: compare them only with numbers on the same features."
    )


def _memorisation_note(reference: _Set, other: _Set, samples: _Set) -> str:
    assert reference.features is not None
    assert other.features is not None
    assert samples.features is not None
    found = nearness(samples.features, other.features, reference.features)
    return (
        f"Memorisation: the nearest real image lies {found.samples:.2f} from a sample and {found.real:.2f} from "
        f"another real image (medians, among the same {len(reference.pixels)} images). {100 * found.near:.1f} % of the "
        f"samples lie nearer than the nearest {100 * NEAR:.0f} % of real images do; copies would raise that share. "
        f"`{NEAREST_NAME}`, written beside the weights and not published with them, shows the {SHOWN} samples that are "
        f"nearest of all and the first {SHOWN}, each with its {NEIGHBOURS} nearest real images."
    )


def _sheet(reference: _Set, other: _Set, samples: _Set) -> Image.Image:
    assert reference.features is not None
    assert other.features is not None
    assert samples.features is not None
    real = [*_images(reference.pixels), *_images(other.pixels)]
    return nearest_sheet(
        _images(samples.pixels), real, samples.features, np.concatenate([reference.features, other.features])
    )


def _images(pixels: Tensor) -> list[Image.Image]:
    return [to_image(image / 255) for image in pixels]


def _speed_note(load: Callable[[torch.dtype], Any], class_names: Sequence[str] | None) -> str:
    chosen = [class_names[0]] if class_names else []
    return speed_note(
        f"{_SPEED_COUNT} samples take",
        lambda dtype: partial(load(dtype).sample, *chosen, count=_SPEED_COUNT),
        "from seeds to images",
    )
