"""Pairs of content and style crops, each a pure function of (seed, number)."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from imggen.training.common.image_store import Images, Pixels
from imggen.training.common.sources import Picture


class StyleSample(NamedTuple):
    """One sample; collated, every field has a batch dimension in front.

    Attributes:
        content: uint8 (3, size, size).
        style: uint8 (3, size, size).
        number: of the style picture, int64.
        own: float32, 1 where the content is its own style, else 0.
    """

    content: Tensor
    style: Tensor
    number: Tensor
    own: Tensor


class StylePairs(Dataset[StyleSample]):
    """An endless run of random crops. Item ``n`` shows content ``n % len(contents)`` of epoch ``n // len(contents)``.

    Every epoch visits every content image once, in an order drawn from (seed, epoch); all else is drawn from (seed,
    epoch, position). So training can go on from any number, with any count of workers. Styles are drawn freely.

    Args:
        contents: (H, W, 3) arrays.
        styles: likewise.
        size: side of both crops.
        content_zoom: an image is shown with its short side between ``size`` and this many times as long.
        style_zoom: likewise for style pictures.
        recolour: probability that a style's colour channels change places.
        identity_share: probability that the content is its own style.
        seed: of everything random.
    """

    def __init__(
        self,
        contents: Images,
        styles: Images,
        size: int,
        content_zoom: float,
        style_zoom: float,
        recolour: float,
        identity_share: float,
        seed: int = 0,
    ) -> None:
        self.contents = contents
        self.styles = styles
        self.size = size
        self.content_zoom = content_zoom
        self.style_zoom = style_zoom
        self.recolour = recolour
        self.identity_share = identity_share
        self.seed = seed
        self._epoch = -1
        self._order = np.arange(len(contents))

    def __getitem__(self, number: int) -> StyleSample:
        epoch, position = divmod(number, len(self.contents))
        if epoch != self._epoch:
            self._order = np.random.default_rng((self.seed, epoch, 0)).permutation(len(self.contents))
            self._epoch = epoch
        rng = np.random.default_rng((self.seed, epoch, 1 + position))
        content = random_crop(self.contents[int(self._order[position])], self.size, self.content_zoom, rng)
        index = int(rng.integers(len(self.styles)))
        own = rng.random() < self.identity_share
        if own:
            style = content
        else:
            style = random_crop(self.styles[index], self.size, self.style_zoom, rng)
            if rng.random() < self.recolour:
                style = style[torch.from_numpy(rng.permutation(3))]
        return StyleSample(content, style, torch.tensor(index), torch.tensor(float(own)))


def random_crop(image: Pixels, size: int, zoom: float, rng: np.random.Generator) -> Tensor:
    """Cut a random square out of an image of random scale, mirrored half of the time.

    Args:
        image: (H, W, 3).
        size: side of the square.
        zoom: the image's short side is drawn between ``size`` and ``zoom * size`` (log-uniformly).
        rng: source of randomness.

    Returns:
        uint8 (3, size, size).
    """
    height, width = image.shape[:2]
    side = min(height, width) / zoom ** rng.random()
    left, top = rng.random() * (width - side), rng.random() * (height - side)
    box = (left, top, left + side, top + side)
    square = Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC, box=box)
    pixels = torch.from_numpy(np.array(square)).permute(2, 0, 1)
    return (pixels.flip(-1) if rng.random() < 0.5 else pixels).contiguous()


def style_name(picture: Picture, number: int) -> str:
    """A readable name of a style picture: of a file "ARTIST - Title.jpg" it is "Artist - Title".

    Args:
        picture: the style.
        number: names one that has no file name.
    """
    if not isinstance(picture.source, Path):
        return f"Style {number + 1}"
    artist, dash, title = picture.source.stem.partition(" - ")
    return f"{artist.title() if artist.isupper() else artist}{dash}{title}"
