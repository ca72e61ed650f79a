"""Translate photos of any size between two domains: day and night at any hour, or another trained pair."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from imggen.device import Compute
from imggen.errors import InputError
from imggen.imaging.bilateral_grid import CELL, transfer
from imggen.imaging.decode import Source
from imggen.imaging.limits import crop_and_shrink
from imggen.imaging.recipe import RECIPE_KEY
from imggen.imaging.tensors import to_image, to_tensor
from imggen.pipelines import Report, recipe, silent
from imggen.pipelines.arguments import decoded, number
from imggen.pipelines.day_night.between import between
from imggen.pipelines.day_night.domains import directions, has_time
from imggen.pipelines.day_night.to_day import to_day
from imggen.pipelines.day_night.to_night import to_night
from imggen.pipelines.day_night.tuning import DUSK, SKIES
from imggen.pipelines.layers import reported_layers
from imggen.ranges import MAX_GLOW, MAX_SEED
from imggen.store.model_info import ModelInfo

#: Photos that would shrink by less than this are given to the network as they are.
_NEARLY = 0.8
#: Longest side that a network works at, over its shorter side for ordinary photos.
_LONGEST = 16


class DayNight:
    """Translate between the two domains of a :class:`imggen.models.translation.cyclegan.CycleGAN`.

    The network works on a small copy of a large photo. One that finds the sky of a day, or the parts of a day in a
    night, leaves the light to :mod:`imggen.pipelines.day_night.to_night` and :mod:`imggen.pipelines.day_night.to_day`.
    What any other changes is carried over to the photo itself by :mod:`imggen.imaging.bilateral_grid`.

    Args:
        info: the catalogue's entry.
        network: ``network(images (1, 3, H, W) in -1..1, "a2b" or "b2a")`` gives the same shape and range; with
            ``domains``, the names of a and b, and ``working_sides``, the shorter sides of the copies that each way
            works on, for photos of 3:2; others have their area. One that only knows "a2b" has ``one_way`` set;
            ``finds_sky`` and ``finds_day_parts`` are the ways that CycleGAN's methods of these names take.
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
        self._finds_sky: Sequence[str] = getattr(network, "finds_sky", ())
        self._finds_day_parts: Sequence[str] = getattr(network, "finds_day_parts", ())
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

    def skies(self, direction: str) -> tuple[str, ...]:
        """The values of ``sky`` for one of :attr:`directions`; none where there is no choice."""
        return tuple(SKIES) if self.has_time and self._way(direction) in self._finds_sky else ()

    @property
    def size_bytes(self) -> int:
        """Memory the weights take."""
        return sum(value.nbytes for value in self._network.state_dict().values())

    def translate(
        self,
        image: Source,
        direction: str | None = None,
        strength: float = 1.0,
        time: float = DUSK,
        glow: float = 1.0,
        report: Report = silent,
        max_pixels: int | None = None,
        sky: str = "blue hour",
        seed: int = 0,
    ) -> Image.Image:
        """Translate a photo into the other domain.

        Args:
            image: a PIL image, a path, or the bytes of a file, taken for one of the domain that ``direction`` starts
                with.
            direction: one of :attr:`directions`; the first by default.
            strength: 0 gives the photo back, 1 is the whole change.
            time: how far from the photo's time of day to the other: 0 the photo's, 0.5 sunset or dawn, 0.7 dusk or
                morning, 1 the other.
            glow: brightness of lamps at dusk and night: 0 none, up to 2.
                ``time`` and ``glow`` are ignored, and recorded as None, for domains other than day and night.
            report: gets the fraction done; may raise to stop.
            max_pixels: a photo with more is shrunk to so many first, and the recipe says so.
            sky: of a night: "blue hour" is clear, "city glow" lit by a town.
            seed: chooses the windows that are lit by night.
                ``sky`` and ``seed`` are ignored, and not recorded, but by a network that finds the sky of a day.

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
        settings: dict[str, Any] = {"time": None, "glow": None}
        if self.has_time:
            number(time, 0, 1, "The time of day must be a number from 0 (the photo's) to 1 (the other).")
            number(glow, 0, MAX_GLOW, f"The lamp glow must be a number from 0 (dark) to {MAX_GLOW:g} (bright).")
            settings = {"time": float(time), "glow": float(glow)}
        skies = self.skies(direction)
        if skies:
            if not isinstance(sky, str) or sky not in skies:
                raise InputError(f"The sky must be {' or '.join(map(repr, skies))}.")
            sentence = f"The seed must be a whole number from 0 to {MAX_SEED}."
            if not number(seed, 0, MAX_SEED, sentence).is_integer():
                raise InputError(sentence)
            settings |= {"sky": sky, "seed": int(seed)}
        original = decoded(image)
        photo, fitted = crop_and_shrink(original, max_pixels)
        result = self._translate(photo, self._way(direction), strength, settings, report) if strength else photo.copy()
        parameters = {"direction": direction, "strength": float(strength), **settings, **fitted}
        result.info = {RECIPE_KEY: recipe(self.task, self.info, parameters, [original])}
        report(1.0)
        return result

    def _way(self, direction: str) -> str:
        """What the network calls one of :attr:`directions`."""
        return ("a2b", "b2a")[self.directions.index(direction)]

    @torch.inference_mode()
    def _translate(
        self, image: Image.Image, way: str, strength: float, settings: dict[str, Any], report: Report
    ) -> Image.Image:
        report(0.0)
        time, glow = settings["time"], settings["glow"]
        photo = to_tensor(image)[0].contiguous().to(self.compute.device)
        size, reduced = working_size(photo.shape[1], photo.shape[2], self._working_sides["ab".index(way[0])])
        small = F.interpolate(photo[None], size, mode="bilinear", antialias=True)[0].clamp(0, 1) if reduced else photo

        def rest(fraction: float) -> None:
            report(0.4 + 0.5 * fraction)

        if "sky" in settings:
            logits = self._run(small, way, self._network.find_sky, report)[0].float()  # type: ignore[arg-type]
            report(0.4)
            changed = to_night(photo, small, logits, time, glow, settings["sky"], settings["seed"], rest)
        elif way in self._finds_day_parts:
            parts = self._run(small, way, self._network.find_day_parts, report)  # type: ignore[arg-type]
            report(0.4)
            changed = self._at_time(photo, to_day(photo, parts, rest), way, time, glow)
        else:
            made = (self._run(small, way, self._network, report)[0].float() / 2 + 0.5).clamp(0, 1).contiguous()
            report(0.4)
            changed = self._at_time(photo, transfer(small, made, photo, rest) if reduced else made, way, time, glow)
        report(0.95)
        return to_image(torch.lerp(photo, changed, strength))

    def _run(self, photo: Tensor, way: str, find: Callable[[Tensor, str], Any], report: Report) -> Any:
        """Let a method of the network see (3, H, W) in 0..1."""
        # Pixels stay in float32 around the network: bfloat16 would show as steps in a clear sky.
        fast = torch.autocast(self.compute.device.type, self.compute.dtype, enabled=self.compute.dtype != torch.float32)
        with fast, reported_layers(self._network, lambda part: report(0.4 * part)):
            return find((photo * 2 - 1)[None].contiguous(memory_format=self.compute.memory_format), way)

    def _at_time(self, photo: Tensor, changed: Tensor, way: str, time: float | None, glow: float | None) -> Tensor:
        """Show the scene at a time between a photo and what was made of it; times are None for other domains."""
        if time is None or glow is None:
            return changed
        by_night = self.domains["ba".index(way[0])] == "night"
        return between(photo, changed, time, glow) if by_night else between(changed, photo, 1 - time, glow)


def working_size(height: int, width: int, side: int) -> tuple[tuple[int, int], bool]:
    """The size to reduce a photo to for the network, multiples of the grid's cell, and whether to reduce it at all."""
    scale = min(1.0, side * math.sqrt(1.5 / (height * width)))
    small = [min(max(1, round(length * scale / CELL)) * CELL, _LONGEST * side) for length in (height, width)]
    return (small[0], small[1]), scale < _NEARLY
