"""Crops of two domains of images, aligned where scenes allow it: pure functions of (seed, number)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from imggen.errors import InputError
from imggen.imaging.folders import find_files, refuse_case_twins
from imggen.training.common.augment import DICE
from imggen.training.common.image_store import Images, Pixels
from imggen.training.common.sources import Picture, find_folder, pictures_in, read_rows

#: Batches of images that are augmented in a step: fakes of both domains for the generators' loss, and real and fake
#: images of both domains for the discriminators' loss.
_ROLES = 6


def scene_of(picture: Picture) -> str:
    """The scene that a picture shows: pictures of one scene from both domains are aligned.

    The scene is the file name up to the first underscore, or the file and row of a Parquet file.
    """
    return picture.source.stem.partition("_")[0] if isinstance(picture.source, Path) else picture.name


def matches(picture: Picture, prefixes: Sequence[str]) -> bool:
    """Whether the file name, or the path from the data folder, begins with one of these."""
    return any(name.startswith(prefix) for prefix in prefixes for name in (Path(picture.name).name, picture.name))


def find_domains(data: str, domains: Sequence[str]) -> tuple[list[Picture], list[Picture]]:
    """Find the images of both domains, in a fixed order.

    Known layouts, of a folder or of a Hub dataset ``owner/name``: a folder for each domain, named like it or
    ``trainA`` and ``trainB``, with all folders below it; or Parquet files with two columns of images.

    Raises:
        InputError: when a domain has no image, or two folders differ in case only.
    """
    folder = find_folder(data)
    refuse_case_twins((path.name for path in folder.iterdir() if path.is_dir()), "folders")
    for names in (domains, ("trainA", "trainB")):
        places = [folder / name for name in names]
        if all(place.is_dir() for place in places):
            found = [pictures_in(folder, name) for name in names]
            break
    else:
        found = [[], []]
        for shard in find_files(folder, (".parquet",)):
            for row in read_rows(shard, 2):
                for pictures, picture in zip(found, row, strict=True):
                    if picture.source:
                        pictures.append(picture)
    if not all(found):
        raise InputError(
            f"In {data!r} there must be images in two folders, {domains[0]!r} and {domains[1]!r} or 'trainA' and "
            "'trainB', or in two columns of Parquet files."
        )
    return found[0], found[1]


class Sample(NamedTuple):
    """One item of training, or a batch of them.

    Attributes:
        a: uint8 (3, S, S).
        b: uint8 (3, S, S).
        aligned: bool (); whether b shows the same place as a.
        dice: float32 (6, DICE), uniform in 0..1, for augmentation: the images each discriminator sees.
        pool: float32 (2, 2), uniform in 0..1, for the image pool of each domain.
    """

    a: Tensor
    b: Tensor
    aligned: Tensor
    dice: Tensor
    pool: Tensor


class Domain(NamedTuple):
    """Decoded images of one domain, with the scene of each."""

    images: Images
    scenes: Sequence[str]


class DomainCrops(Dataset[Sample]):
    """An endless run of crops.

    Each domain goes through its images in epochs, in an order drawn from (seed, domain, epoch). A share of the items is
    taken from one scene instead, drawn evenly from those in both domains, at the same place.

    Args:
        a: of (H, W, 3) images.
        b: of the other domain.
        crop: side of the crops.
        resize: range of the shorter side that an image is resized to before, as multiples of ``crop``.
        flip: mirror every other crop at random.
        aligned_share: probability of an aligned pair.
        unaligned: scenes never paired.
        seed: of everything random.
    """

    def __init__(
        self,
        a: Domain,
        b: Domain,
        crop: int,
        resize: tuple[float, float],
        flip: bool,
        aligned_share: float,
        unaligned: Sequence[str],
        seed: int,
    ) -> None:
        self.domains = (a, b)
        self.crop = crop
        self.resize = resize
        self.flip = flip
        self.seed = seed
        self.scenes = sorted((set(a.scenes) & set(b.scenes)) - set(unaligned))
        self._members = [
            {scene: [i for i, own in enumerate(domain.scenes) if own == scene] for scene in self.scenes}
            for domain in self.domains
        ]
        self._aligned_share = aligned_share if self.scenes else 0.0
        self._orders: dict[int, tuple[int, np.ndarray]] = {}

    @property
    def images(self) -> int:
        """How many images both domains have."""
        return sum(len(domain.images) for domain in self.domains)

    def __getitem__(self, number: int) -> Sample:
        rng = np.random.default_rng((self.seed, 0, number))
        aligned = bool(rng.random() < self._aligned_share)
        if aligned:
            scene = self.scenes[int(rng.integers(len(self.scenes)))]
            a, b = (
                domain.images[int(rng.choice(members[scene]))]
                for domain, members in zip(self.domains, self._members, strict=True)
            )
            aligned = a.shape == b.shape
        else:
            a, b = (domain.images[self._place(which, number)] for which, domain in enumerate(self.domains))
        places = rng.random((2, 4))
        if aligned:
            places[1] = places[0]
        return Sample(
            a=self._cut(a, places[0]),
            b=self._cut(b, places[1]),
            aligned=torch.tensor(aligned),
            dice=torch.from_numpy(rng.random((_ROLES, DICE), np.float32)),
            pool=torch.from_numpy(rng.random((2, 2), np.float32)),
        )

    def _place(self, which: int, number: int) -> int:
        """Index of the image of a domain for the item with this number."""
        count = len(self.domains[which].images)
        epoch, position = divmod(number, count)
        if self._orders.get(which, (-1,))[0] != epoch:
            self._orders[which] = (epoch, np.random.default_rng((self.seed, 1 + which, epoch)).permutation(count))
        return int(self._orders[which][1][position])

    def _cut(self, image: Pixels, place: np.ndarray) -> Tensor:
        """Resize and crop in one step; ``place`` (4,) in 0..1 holds size, row, column and mirroring."""
        height, width = image.shape[:2]
        smallest, largest = self.resize
        side = min(height, width) / (smallest + (largest - smallest) * place[0])
        top, left = (height - side) * place[1], (width - side) * place[2]
        region = Image.fromarray(image).resize(
            (self.crop, self.crop), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side)
        )
        pixels = torch.from_numpy(np.array(region)).permute(2, 0, 1)
        return (pixels.flip(-1) if self.flip and place[3] < 0.5 else pixels).contiguous()
