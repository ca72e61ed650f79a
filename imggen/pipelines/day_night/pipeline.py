"""Translate photos of any size between two domains: day and night at any hour, or another trained pair."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from imggen.device import Compute
from imggen.errors import InputError
from imggen.imaging.bilateral_grid import CELL, transfer, upsample
from imggen.imaging.decode import Source
from imggen.imaging.filters import blur_within
from imggen.imaging.limits import fit
from imggen.imaging.night_photo import develop
from imggen.imaging.recipe import RECIPE_KEY
from imggen.imaging.tensors import to_image, to_tensor
from imggen.pipelines import Report, recipe, silent
from imggen.pipelines.arguments import decoded, number
from imggen.pipelines.day_night.daylight import finish
from imggen.pipelines.day_night.light import between, deepen, even_sky, expose_longer
from imggen.pipelines.day_night.skyline import find_skyline
from imggen.pipelines.layers import reported_layers
from imggen.store.catalogue import ModelInfo

MAX_GLOW = 2.0
#: Photos that would shrink by less than this are given to the network as they are.
_NEARLY = 0.8
#: Part of the longer side that the colour of a sky is averaged over.
_SKY = 0.08
#: Longest side that a network works at, over its shorter side for ordinary photos.
_LONGEST = 16


class DayNight:
    """Translate between the two domains of a :class:`imggen.models.translation.cyclegan.CycleGAN`.

    The network works on a small copy of a large photo; what it changes is carried over to the photo itself, see
    :mod:`imggen.imaging.bilateral_grid`. Between day and night any time of day can be asked for, see
    :mod:`imggen.pipelines.day_night.light`.

    Args:
        info: the catalogue's entry.
        network: ``network(images (1, 3, H, W) in -1..1, "a2b" or "b2a")`` gives the same shape and range; with
            ``domains``, the names of a and b, and ``working_sides``, the shorter sides of the copies that each way
            works on, for photos of 3:2; others have their area. One that only knows "a2b" has ``one_way`` set.
        compute: where and in which precision to run.
    """

    task = "day_night"

    def __init__(self, info: ModelInfo, network: nn.Module, compute: Compute) -> None:
        self.info = info
        self.compute = compute
        first, second = (str(name) for name in network.domains)  # type: ignore[union-attr]
        self.domains = first, second
        self.one_way = bool(getattr(network, "one_way", False))
        self._working_sides: Sequence[int] = network.working_sides  # type: ignore[assignment]
        self._developing: Sequence[str] = getattr(network, "developing", ())
        self._network = network.eval().to(compute.device).to(memory_format=compute.memory_format)

    @property
    def directions(self) -> tuple[str, ...]:
        """The values of ``direction``, such as ``("day2night", "night2day")``; only the first of a one-way network."""
        both = directions(*self.domains)
        return both[:1] if self.one_way else both

    @property
    def has_time(self) -> bool:
        """Whether ``time`` and ``glow`` mean something: only between day and night."""
        return has_time(self.domains)

    @property
    def size_bytes(self) -> int:
        """Memory the weights take."""
        return sum(value.nbytes for value in self._network.state_dict().values())

    def translate(
        self,
        image: Source,
        direction: str | None = None,
        strength: float = 1.0,
        time: float = 1.0,
        glow: float = 1.0,
        report: Report = silent,
        max_pixels: int | None = None,
    ) -> Image.Image:
        """Translate a photo into the other domain.

        Args:
            image: a PIL image, a path, or the bytes of a file, taken for one of the domain that ``direction`` starts
                with.
            direction: one of :attr:`directions`; the first by default.
            strength: 0 gives the photo back, 1 is the whole change.
            time: how far from the photo's time of day to the other: 0 the photo's, 0.5 dusk or dawn, 1 the other.
            glow: brightness of lamps at dusk and night: 0 none, 1 as the model paints them, up to 2 with a halo.
                ``time`` and ``glow`` are ignored, and recorded as None, for domains other than day and night.
            report: gets the fraction done; may raise to stop.
            max_pixels: a photo with more is shrunk to so many first, and the recipe says so.

        Returns:
            An RGB image of the photo's size with the recipe in ``info["imggen"]``.

        Raises:
            InputError: when an argument is out of range, naming what it may be.
        """
        if direction is None:
            direction = self.directions[0]
        if direction not in self.directions:
            raise InputError(f"The direction must be {' or '.join(map(repr, self.directions))} for this model.")
        number(strength, 0, 1, "The strength must be a number from 0 (the photo itself) to 1 (the whole change).")
        if self.has_time:
            number(time, 0, 1, "The time of day must be a number from 0 (the photo's) to 1 (the other).")
            number(glow, 0, MAX_GLOW, f"The lamp glow must be a number from 0 (dark) to {MAX_GLOW:g} (with a halo).")
        else:
            time, glow = 1.0, 1.0
        original = decoded(image)
        photo, fitted = fit(original, max_pixels)
        result = self._translate(photo, direction, strength, time, glow, report) if strength else photo.copy()
        settings = {"time": float(time), "glow": float(glow)} if self.has_time else {"time": None, "glow": None}
        parameters = {"direction": direction, "strength": float(strength), **settings, **fitted}
        result.info = {RECIPE_KEY: recipe(self.task, self.info, parameters, [original])}
        report(1.0)
        return result

    @torch.inference_mode()
    def _translate(
        self, image: Image.Image, direction: str, strength: float, time: float, glow: float, report: Report
    ) -> Image.Image:
        report(0.0)
        photo = to_tensor(image)[0].contiguous().to(self.compute.device)
        place = self.directions.index(direction)
        way = ("a2b", "b2a")[place]
        size, reduced = working_size(photo.shape[1], photo.shape[2], self._working_sides[place])
        small = F.interpolate(photo[None], size, mode="bilinear", antialias=True)[0].clamp(0, 1) if reduced else photo
        sky = None
        if way in self._developing:
            changed, sky = self._daybreak(small, photo, way, report)
        else:
            with reported_layers(self._network, lambda part: report(0.4 * part)):
                changed = self._run(small, way)
            report(0.4)
            if reduced:
                changed = transfer(small, changed, photo, lambda fraction: report(0.4 + 0.4 * fraction))
        report(0.8)
        if self.has_time:
            to_night = direction == "day2night"
            day, night = changed, photo
            if to_night:
                day, night = photo, expose_longer(even_sky(deepen(changed, photo), photo, size), size)
            changed = between(day, night, photo, size, time if to_night else 1 - time, glow, sky)
        report(0.95)
        return to_image(torch.lerp(photo, changed, strength))

    def _run(self, photo: Tensor, way: str) -> Tensor:
        """Let the network change (3, H, W) in 0..1, "a2b" or "b2a"."""
        with self._autocast():
            y = self._network(self._batch(photo), way)
        return (y[0].float() / 2 + 0.5).clamp(0, 1).contiguous()

    def _daybreak(self, small: Tensor, photo: Tensor, way: str, report: Report) -> tuple[Tensor, Tensor]:
        """Make a day of a night (3, H, W) in 0..1, of which the network sees a small copy (3, h, w).

        Returns:
            The day, and where its sky is, (1, h, w) in 0..1.
        """
        with self._autocast(), reported_layers(self._network, lambda part: report(0.4 * part)):
            parts = self._network.find_daybreak(self._batch(small), way)  # type: ignore[operator]
        report(0.4)
        # What the network tells apart in the dark, the grid must tell apart: ``shown``, the developed copy.
        sky, land, shown = (part[0].float() / 2 + 0.5 for part in (parts.sky, parts.land, parts.night))
        developed = shown if small is photo else develop(photo[None])[0]
        where = edge = find_skyline(parts.where[0].float(), shown)
        # Without patches: by colours of the sky alone, as what the network says of a sky behind land has no meaning.
        sky = blur_within(sky, where, _SKY)
        if small is not photo:
            land = transfer(shown, land, developed, lambda fraction: report(0.4 + 0.4 * fraction))
            edge = upsample(where, shown, developed).clamp(0, 1)
            sky = F.interpolate(sky[None], photo.shape[1:], mode="bilinear")[0]
        return torch.lerp(finish(land, photo, developed), sky, edge), where

    def _batch(self, photo: Tensor) -> Tensor:
        return (photo * 2 - 1)[None].contiguous(memory_format=self.compute.memory_format)

    def _autocast(self) -> torch.autocast:
        """Keeps the pixels in float32 around the network: bfloat16 would show as steps in a clear sky."""
        return torch.autocast(self.compute.device.type, self.compute.dtype, enabled=self.compute.dtype != torch.float32)


def directions(first: str, second: str) -> tuple[str, str]:
    """The two directions between two domains: first to second, and back."""
    return f"{first}2{second}", f"{second}2{first}"


def has_time(domains: tuple[str, ...]) -> bool:
    """Whether there are times of day between two domains."""
    return set(domains) == {"day", "night"}


def working_size(height: int, width: int, side: int) -> tuple[tuple[int, int], bool]:
    """The size to reduce a photo to for the network, multiples of the grid's cell, and whether to reduce it at all."""
    scale = min(1.0, side * math.sqrt(1.5 / (height * width)))
    small = [min(max(1, round(length * scale / CELL)) * CELL, _LONGEST * side) for length in (height, width)]
    return (small[0], small[1]), scale < _NEARLY
