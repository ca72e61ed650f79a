"""Whether a generator has memorised training images: distances to the nearest of them, and a sheet to look at.

Distances are Euclidean, between feature vectors: a copy that was moved, mirrored or blurred stays near.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from imggen.imaging.contact_sheet import grid
from imggen.metrics.statistics import Features, squared_distances

#: Training images shown beside each sample.
NEIGHBOURS = 5
#: Samples shown of each kind: the nearest and the first.
SHOWN = 8
#: Quantile of the distances of real images to their nearest one, below which an image counts as near.
NEAR = 0.05


class Nearness(NamedTuple):
    """How near images lie to the nearest image of a reference set.

    Attributes:
        samples: median distance of the samples.
        real: median distance of real images that are not in the reference set.
        near: share of the samples whose distance is below the quantile :data:`NEAR` of the real images' distances. It
            is about :data:`NEAR` for a generator that copies nothing, or less when its samples are poor.
    """

    samples: float
    real: float
    near: float


def nearness(samples: Features, real: Features, reference: Features) -> Nearness:
    """Compare the distance from samples to their nearest reference image with that from other real images.

    Args:
        samples: (N, D) features of generated images.
        real: (M, D) features of real images that are not in ``reference``.
        reference: (R, D) features of real images.
    """
    of_samples = nearest_distances(samples, reference)
    of_real = nearest_distances(real, reference)
    near = (of_samples < np.quantile(of_real, NEAR)).mean()
    return Nearness(float(np.median(of_samples)), float(np.median(of_real)), float(near))


def nearest_distances(rows: Features, reference: Features) -> Features:
    """Distance of each row (N, D) to the nearest row of (R, D): (N,)."""
    return np.sqrt(squared_distances(rows, reference).min(1))


def nearest_sheet(
    samples: Sequence[Image.Image], training: Sequence[Image.Image], of_samples: Features, of_training: Features
) -> Image.Image:
    """Show samples at the left of rows, and beside each its nearest training images, the nearest first.

    The first half of the rows are the samples that lie nearest of all to a training image, where copies would be; the
    second half are the first samples.

    Args:
        samples: N images.
        training: R images of the same size, at least :data:`NEIGHBOURS`.
        of_samples: features (N, D).
        of_training: features (R, D).
    """
    distances = squared_distances(of_samples, of_training)
    order = np.argsort(distances, axis=1)[:, :NEIGHBOURS]
    suspects = np.argsort(distances.min(1))[:SHOWN]
    rows = [*suspects.tolist(), *range(min(SHOWN, len(samples)))]
    cells = [cell for row in rows for cell in (samples[row], *(training[index] for index in order[row]))]
    return grid(cells, NEIGHBOURS + 1)
