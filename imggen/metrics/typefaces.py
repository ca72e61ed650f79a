"""Whether the characters of one latent vector form one typeface, by their stroke weight and slant.

Some characters are heavier or lean more than others in every typeface: the mean of each character over real faces is
subtracted first. The rest is similar within a face and differs between faces, which a one-way analysis of variance
separates (Fisher, 1925, "Statistical Methods for Research Workers", chapter 7: the intraclass correlation).
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.metrics.card import Metric
from imggen.metrics.real_images import RealImages

#: Faces drawn with the model.
FACES = 64
#: Least number of real faces.
MIN_FACES = 5
#: Capitals with upright straight strokes alone, and the digit: in others, diagonals and curves hide the slant.
_STEMS = "BDEFHIJLMPTU1"
#: Largest difference in radians between an edge and the slant for the edge to count as part of an upright stroke.
_UPRIGHT = math.radians(35)
#: Iterations of the estimate of the slant.
_ROUNDS = 4
_BATCH = 512

METRICS = [
    Metric("weight_spread", "Stroke weight, spread in a face (%) ↓", 1),
    Metric("weight_agreement", "Stroke weight, agreement ↑", 2),
    Metric("slant_spread", "Slant, spread in a face (°) ↓", 1),
    Metric("slant_agreement", "Slant, agreement ↑", 2),
]
NOTE = (
    "Typefaces: the weight of a stroke is twice the ink over the length of its outline; the slant is the mean "
    f"direction of nearly upright edges, in {_STEMS} alone, as diagonals and curves hide it in others. Of both, the "
    "mean of each character over the real faces is taken away. The spread is the standard deviation among the "
    "characters of one face; the agreement is the intraclass correlation: 1 when the characters of a face are alike "
    "and faces differ, 0 when the characters of a face have no more in common than any. Real faces are the images of "
    f"one file name in all folders; those of the model are the seeds 0 to {FACES - 1}."
)


def complete_faces(real: RealImages, classes: int) -> list[str]:
    """The names that occur in the folder of every class."""
    pairs = set(zip(real.names, real.labels.tolist(), strict=True))
    return sorted(name for name, count in Counter(name for name, _ in pairs).items() if count == classes)


def compare(model: Any, real: RealImages, faces: list[str], seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """The values of :data:`METRICS` for real faces and for faces of a model.

    Args:
        model: :class:`imggen.pipelines.generators.conditional.Conditional`.
        real: images in folders of characters.
        faces: as from :func:`complete_faces`, at least :data:`MIN_FACES`.
        seed: of the first face drawn.
    """
    characters = len(model.class_names)
    place = {
        (name, label): index for index, (name, label) in enumerate(zip(real.names, real.labels.tolist(), strict=True))
    }
    chosen = [place[name, label] for name in faces for label in range(characters)]
    measured = measure(real.pixels[torch.tensor(chosen)]).view(len(faces), characters, 2)
    usual = measured.nanmean(0)
    drawn = [model.sample(model.class_names, count=1, seed=seed + face) for face in range(FACES)]
    pixels = torch.stack([torch.from_numpy(np.array(image)).permute(2, 0, 1) for images in drawn for image in images])
    found = measure(pixels).view(FACES, characters, 2)
    stems = [index for index, name in enumerate(model.class_names) if name in _STEMS] or list(range(characters))
    return _values(measured - usual, stems), _values(found - usual, stems)


def measure(pixels: Tensor) -> Tensor:
    """Stroke weight and slant of characters, black on white.

    Args:
        pixels: uint8 (N, 3, S, S).

    Returns:
        float64 (N, 2): the natural logarithm of the stroke weight in pixels, and the slant in degrees, positive for
        italics; NaN for a picture without edges.
    """
    return torch.cat([_measure(1 - part.float().mean(1) / 255) for part in pixels.split(_BATCH)])


def _measure(ink: Tensor) -> Tensor:
    """:func:`measure` for ink (N, S, S), 0 for white and 1 for black."""
    padded = F.pad(ink[:, None], (1, 1, 1, 1), mode="replicate")
    sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8
    across, down = F.conv2d(padded, torch.stack([sobel, sobel.T])[:, None]).double().unbind(1)
    strength = (across**2 + down**2).sqrt()
    weight = 2 * ink.double().sum((1, 2)) / strength.sum((1, 2))
    direction = torch.atan(down / torch.where(across.abs() < 1e-6, torch.full_like(across, 1e-6), across))
    slant = torch.zeros(len(ink), dtype=torch.float64)
    for _ in range(_ROUNDS):
        away = direction - slant[:, None, None]
        share = strength**2 * (away.abs() < _UPRIGHT)
        slant = slant + (share * away).sum((1, 2)) / share.sum((1, 2))
    return torch.stack([weight.log(), torch.rad2deg(slant)], 1)


def _values(measured: Tensor, stems: list[int]) -> dict[str, float]:
    """The metrics of (faces, characters, 2); the slant is that of the characters ``stems``."""
    values = {}
    for name, found in (("weight", 100 * measured[..., 0]), ("slant", measured[:, stems, 1])):
        found = found[found.isfinite().all(1)]
        within = found.var(1).mean()
        between = (found.mean(1).var() - within / found.shape[1]).clamp(min=0)
        values[f"{name}_spread"] = float(within.sqrt())
        values[f"{name}_agreement"] = float(between / (between + within))
    return values
