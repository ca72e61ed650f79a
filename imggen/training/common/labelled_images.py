"""Square training images with their classes and random numbers: each item is a pure function of (seed, number)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from imggen.errors import InputError
from imggen.imaging.folders import classes_of
from imggen.training.common.augment import DICE
from imggen.training.common.image_store import Images
from imggen.training.common.sources import Picture


class Sample(NamedTuple):
    """One item of training, or a batch of them.

    Attributes:
        image: uint8 (3, S, S).
        label: float32 (classes,), 1 at the image's class; empty without classes.
        z: float32 (latent_size,), standard normal, for the generator.
        dice: float32 (2, DICE), uniform in 0..1, for the augmentation of the real and the generated image.
        blend: float32 (), uniform in 0..1, for the interpolation between the two.
    """

    image: Tensor
    label: Tensor
    z: Tensor
    dice: Tensor
    blend: Tensor


class LabelledImages(Dataset[Sample]):
    """An endless run of images.

    Without classes every epoch visits every image once, in an order drawn from (seed, epoch). With classes every round
    visits every class once, in an order drawn from (seed, round), and every class goes through its own images in
    epochs: all classes are seen equally often, however many images they have.

    Args:
        images: (S, S, 3) arrays.
        classes: class of each image, or None.
        latent_size: length of the latent vectors.
        flip: mirror every other image at random.
        seed: of everything random.
    """

    def __init__(
        self, images: Images, classes: Sequence[int] | None, latent_size: int, flip: bool, seed: int = 0
    ) -> None:
        self.images = images
        self.latent_size = latent_size
        self.flip = flip
        self.seed = seed
        self.class_count = 0 if classes is None else max(classes) + 1
        everything = np.arange(len(images))
        groups = [everything] if classes is None else [everything[np.equal(classes, c)] for c in sorted(set(classes))]
        self._groups = groups
        self._orders: dict[int, tuple[int, np.ndarray]] = {}

    def _place(self, number: int) -> tuple[int, int]:
        """Index of the image with this number, and its group."""
        turn, position = divmod(number, len(self._groups))
        group = int(np.random.default_rng((self.seed, 1, turn)).permutation(len(self._groups))[position])
        epoch, place = divmod(turn, len(self._groups[group]))
        if self._orders.get(group, (-1,))[0] != epoch:
            order = np.random.default_rng((self.seed, 2, group, epoch)).permutation(self._groups[group])
            self._orders[group] = (epoch, order)
        return int(self._orders[group][1][place]), group

    def __getitem__(self, number: int) -> Sample:
        index, group = self._place(number)
        rng = np.random.default_rng((self.seed, 3, number))
        flipped = self.flip and rng.random() < 0.5
        image = torch.from_numpy(self.images[index].copy()).permute(2, 0, 1)
        label = torch.zeros(self.class_count)
        if self.class_count:
            label[group] = 1
        return Sample(
            image=(image.flip(-1) if flipped else image).contiguous(),
            label=label,
            z=torch.from_numpy(rng.standard_normal(self.latent_size, np.float32)),
            dice=torch.from_numpy(rng.random((2, DICE), np.float32)),
            blend=torch.from_numpy(rng.random((), np.float32).reshape(1)).squeeze(0),
        )


def find_classes(pictures: Sequence[Picture], kept: Sequence[Picture]) -> tuple[list[str], list[int]]:
    """Names of the classes in alphabetical order, and the class of each picture that is trained on.

    Args:
        pictures: of the dataset.
        kept: those of them that can be used.

    Raises:
        InputError: when the pictures do not lie in class folders (:func:`imggen.imaging.folders.classes_of`), or none
            of a class can be used.
    """
    paths = [picture.name for picture in pictures]
    class_of = dict(zip(paths, classes_of(paths), strict=True))
    numbers = {name: number for number, name in enumerate(sorted(set(class_of.values())))}
    labels = [numbers[class_of[picture.name]] for picture in kept]
    empty = [name for name, number in numbers.items() if number not in set(labels)]
    if empty:
        raise InputError(f"No picture of the class {empty[0]!r} can be used: all are damaged or too small.")
    return list(numbers), labels
