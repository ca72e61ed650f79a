"""Training images by number, balanced over classes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from imggen.errors import InputError
from imggen.imaging.tensors import as_signed
from imggen.training.common.augment import DICE
from imggen.training.common.image_store import ImageStore
from imggen.training.common.labelled_images import LabelledImages, find_classes
from imggen.training.common.loader import loader
from imggen.training.common.sources import find_images
from tests.conftest import picture


class Numbered:
    """Images that consist of their own index."""

    def __len__(self) -> int:
        return 7

    def __getitem__(self, index: int) -> np.ndarray:
        return np.full((2, 2, 3), index, np.uint8)


def indices(data: LabelledImages, numbers: range) -> list[int]:
    return [int(data[number].image[0, 0, 0]) for number in numbers]


def test_every_epoch_visits_every_image_once() -> None:
    data = LabelledImages(Numbered(), None, 4, flip=True)
    assert sorted(indices(data, range(7))) == sorted(indices(data, range(7, 14))) == list(range(7))
    assert indices(data, range(7)) != indices(data, range(7, 14))
    assert data[0].label.shape == (0,)


def test_classes_are_seen_equally_often() -> None:
    classes = [0, 0, 0, 0, 0, 1, 1]
    data = LabelledImages(Numbered(), classes, 4, flip=False)
    seen = [data[number] for number in range(20)]
    assert all(torch.equal(sample.label, torch.eye(2)[classes[int(sample.image[0, 0, 0])]]) for sample in seen)
    counts = Counter(int(sample.image[0, 0, 0]) for sample in seen)
    assert [counts[index] for index in range(7)] == [2, 2, 2, 2, 2, 5, 5]


def test_an_item_depends_on_its_number_alone() -> None:
    first, second = (LabelledImages(Numbered(), None, 4, flip=True, seed=3) for _ in range(2))
    second[11]
    for one, other in zip(first[5], second[5], strict=True):
        assert torch.equal(one, other)
    batch = next(iter(loader(first, 3, range(4, 10), 0)))
    assert torch.equal(batch.z[1], first[5].z)
    assert (batch.image.shape, batch.dice.shape, batch.blend.shape) == ((3, 3, 2, 2), (3, 2, DICE), (3,))


def test_images_are_cropped_and_resized(photos: Path) -> None:
    store = ImageStore(find_images(str(photos)), 16, 2**30, square=16)
    assert {store[index].shape for index in range(len(store))} == {(16, 16, 3)}
    assert len(store.pictures) == len(store)
    assert ImageStore(find_images(str(photos)), 16, 0, square=16)[2].tolist() == store[2].tolist()


def test_a_class_is_the_folder_an_image_lies_in(tmp_path: Path) -> None:
    for name, count in (("rose", 2), ("daisy", 1)):
        (tmp_path / name).mkdir()
        for index in range(count):
            picture(32, 32, index).save(tmp_path / name / f"{index}.png")
    found = find_images(str(tmp_path))
    assert find_classes(found, found) == (["daisy", "rose"], [0, 1, 1])
    with pytest.raises(InputError, match="two at least"):
        find_classes(found[1:], found[1:])


def test_pixels_become_signed() -> None:
    signed = as_signed(torch.tensor([0, 255], dtype=torch.uint8).view(1, 1, 1, 2))
    assert signed.flatten().tolist() == [-1, 1]
