"""Pairs of low- and high-resolution patches, each a pure function of (seed, number)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from imggen.training.common.image_store import Images, Pixels
from imggen.training.super_resolution.degradation import Degradation


class PatchPairs(Dataset[tuple[Tensor, Tensor]]):
    """An endless run of random patches. Item ``n`` is patch ``n % len(images)`` of epoch ``n // len(images)``.

    Every epoch visits every image once, in an order drawn from (seed, epoch); crop, orientation and degradation are
    drawn from (seed, epoch, position). So training can go on from any number, with any count of workers.

    Args:
        images: (H, W, 3) arrays, each at least ``patch`` on both sides.
        patch: side of the high-resolution patch, a multiple of ``scale``.
        scale: downscaling factor.
        degradation: what makes the low-resolution patch.
        seed: of everything random.
    """

    def __init__(self, images: Images, patch: int, scale: int, degradation: Degradation, seed: int = 0) -> None:
        self.images = images
        self.patch = patch
        self.scale = scale
        self.degradation = degradation
        self.seed = seed
        self._epoch = -1
        self._order = np.arange(len(images))

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        """Return (low, high): uint8 (3, patch / scale, patch / scale) and (3, patch, patch)."""
        epoch, position = divmod(number, len(self.images))
        if epoch != self._epoch:
            self._order = np.random.default_rng((self.seed, epoch, 0)).permutation(len(self.images))
            self._epoch = epoch
        rng = np.random.default_rng((self.seed, epoch, 1 + position))
        low, high = self.crop(self.images[int(self._order[position])], rng)
        if rng.random() < 0.5:
            low, high = low.flip(-1), high.flip(-1)
        turns = int(rng.integers(4))
        return torch.rot90(low, turns, (-2, -1)).contiguous(), torch.rot90(high, turns, (-2, -1)).contiguous()

    def crop(self, image: Pixels, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Cut a random patch, degraded with its surroundings: its border is as if the whole image was degraded."""
        y, top, bottom = self._span(image.shape[0], rng)
        x, left, right = self._span(image.shape[1], rng)
        region = torch.from_numpy(image[top:bottom, left:right].copy()).permute(2, 0, 1)
        small = self.degradation.degrade(region.float().div(255), rng, self.scale).mul(255).round().to(torch.uint8)
        side = self.patch // self.scale
        row, column = (y - top) // self.scale, (x - left) // self.scale
        low = small[:, row : row + side, column : column + side]
        high = region[:, y - top : y - top + self.patch, x - left : x - left + self.patch]
        return low, high

    def _span(self, length: int, rng: np.random.Generator) -> tuple[int, int, int]:
        """Draw the patch's start on one axis; return it with the start and end of the region that is degraded.

        The region's ends stay whole low-resolution pixels away from the patch, so both grids agree.
        """
        start = int(rng.integers(length - self.patch + 1))
        before = min(self.degradation.margin, start // self.scale)
        after = min(self.degradation.margin, (length - start - self.patch) // self.scale)
        return start, start - before * self.scale, start + self.patch + after * self.scale
