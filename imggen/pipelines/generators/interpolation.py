"""Films between points of a generator's latent space.

Spherical interpolation in Z follows White, 2016, "Sampling Generative Networks" (https://arxiv.org/abs/1609.04468,
section 2.1); in W, which need not be a sphere, the way is straight (Karras et al., 2019,
https://arxiv.org/abs/1812.04948, section 4.1).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from imggen.errors import InputError
from imggen.imaging.colour import smoothstep
from imggen.imaging.likeness import distance
from imggen.imaging.recipe import RECIPE_KEY
from imggen.imaging.tensors import to_image
from imggen.pipelines import Report, recipe, silent
from imggen.pipelines.arguments import number
from imggen.pipelines.generators.generator import Generator
from imggen.pipelines.generators.latent_space import LatentSpace
from imggen.pipelines.generators.point import Keyframe, Point
from imggen.ranges import MAX_CLASSES, MAX_FRAMES, MAX_KEYFRAMES, MIN_KEYFRAMES, PACINGS, SPACES

#: Pixels of a whole film, which is kept in memory.
MAX_PIXELS = 128 * 1024**2
#: Pixels computed at once: 8 pictures of 128 x 128. More are not faster on a CPU and wait longer for a stop.
_BATCH_PIXELS = 8 * 128**2
#: Pictures per segment that are compared to measure how fast the film changes.
_PER_SEGMENT = 8
#: Least number of these pictures in a film.
_FEWEST = 24
#: Side in pixels to which they are reduced.
_THUMBNAIL = 32


def interpolate(
    generator: Generator,
    seeds: Sequence[Keyframe],
    frames: int = 60,
    space: str = "z",
    loop: bool = False,
    pacing: str = "eased",
    truncation: float = 1.0,
    report: Report = silent,
    all_classes: bool = False,
) -> list[Image.Image]:
    """Make a film that goes from keyframe to keyframe. The noise inputs of a network are the same in all frames.

    Frames are computed in batches, so one that falls on a seed looks like that seed's sample, but may differ from
    it in the last bits.

    Args:
        generator: loaded, with or without classes.
        seeds: 2 to 16 keyframes. Each is a seed, ``(seed, class)`` for a model with classes, or a
            :class:`.latent_space.Point` such as a projected photo. Between classes, their weights change linearly.
        frames: 2 to 240, and as many as keyframes at least. The first shows the first keyframe. The last shows the
            last one, or in a loop stops one step before the first, so that the film repeats without a double frame.
        space: "z" goes along a sphere, "w" straight through the space of styles, which only networks with a
            mapping have. From or to a point that was found in W the way is straight in any case.
        loop: come back to the first keyframe.
        pacing: "eased" rests at each keyframe; "even" lets the picture change equally fast all the way.
        truncation: of the seeds, as for sampling; points stay as they are, unless the network truncates inside.
        report: gets the fraction done after every batch; may raise to stop.
        all_classes: show all classes at once, each frame a sheet of them in the order of their names, such as the
            letters of a typeface that turns into another. The classes of keyframes do not matter then.

    Returns:
        RGB images; each carries the film's recipe and its own place in it in ``info["imggen"]``.

    Raises:
        InputError: when an argument does not fit.
    """
    _check_settings(generator, seeds, frames, space, loop, pacing, truncation, all_classes)
    names = generator.class_names if all_classes else []
    report(0.0)
    latent_space = LatentSpace(generator)
    stops = [*seeds, seeds[0]] if loop else seeds
    shown: list[str | None] = [*names] or [None]
    way = _Sheet([_way(latent_space, stops, space, truncation, name) for name in shown])
    shares = np.linspace(0, 1, frames, endpoint=not loop)
    measured = max(_FEWEST, _PER_SEGMENT * way.segments) if pacing == "even" else 0
    steps = _Steps(report, frames + measured)
    times = _even(way, shares, measured, steps) if pacing == "even" else _eased(shares * way.segments)
    parameters = {
        "seeds": [latent_space.recorded(keyframe) for keyframe in seeds],
        "frames": frames,
        "space": space,
        "loop": loop,
        "pacing": pacing,
        "truncation": float(truncation),
        "all_classes": all_classes,
    }
    made = recipe("interpolation", generator.info, parameters, [])
    images: list[Image.Image] = []
    for pictures in way.pictures(times, steps):
        for picture in pictures:
            image = to_image(picture)
            image.info[RECIPE_KEY] = {**made, "frame": len(images)}
            images.append(image)
    return images


def _check_settings(
    generator: Generator,
    seeds: Any,
    frames: Any,
    space: Any,
    loop: Any,
    pacing: Any,
    truncation: Any,
    all_classes: Any,
) -> None:
    """Check the arguments of :func:`interpolate`, but not what is in the keyframes. Raises :class:`InputError`."""
    if isinstance(seeds, str | bytes) or not isinstance(seeds, Sequence):
        raise InputError("Give the keyframes as a list of seeds.")
    if not MIN_KEYFRAMES <= len(seeds) <= MAX_KEYFRAMES:
        raise InputError(f"Give {MIN_KEYFRAMES} to {MAX_KEYFRAMES} keyframes, not {len(seeds)}.")
    wrong_frames = f"The number of frames must be a whole number from {MIN_KEYFRAMES} to {MAX_FRAMES}."
    if number(frames, MIN_KEYFRAMES, MAX_FRAMES, wrong_frames) % 1 or not isinstance(frames, int):
        raise InputError(wrong_frames)
    if frames < len(seeds):
        raise InputError(f"{len(seeds)} keyframes need at least {len(seeds)} frames.")
    if not isinstance(all_classes, bool):
        raise InputError("All classes are shown at once, or not: True or False.")
    names = generator.class_names if all_classes else []
    if all_classes and not 2 <= len(names) <= MAX_CLASSES:
        raise InputError(
            f"{generator.info.id!r} has {len(names)} classes; from 2 to {MAX_CLASSES} can be shown at once."
        )
    most = MAX_PIXELS // (generator.image_size**2 * max(1, len(names)))
    if frames > most:
        raise InputError(f"The pictures of {generator.info.id!r} are so large that a film has at most {most} frames.")
    if space not in SPACES or pacing not in PACINGS:
        raise InputError('The space is "z" or "w", and the pacing "eased" or "even".')
    if space == "w" and not generator.network.has_styles:
        raise InputError(f"{generator.info.id!r} has no space W. Choose Z.")
    if not isinstance(loop, bool):
        raise InputError("The loop is either on or off.")
    number(truncation, 0, 1, "The truncation must be a number from 0 (all alike) to 1 (all the variety).")


def _way(space: LatentSpace, keyframes: Sequence[Keyframe], kind: str, truncation: float, name: str | None) -> _Way:
    """The way through keyframes; with the name of a class, through the same latents in that class."""
    points = [
        space.point(keyframe if name is None else _of_class(keyframe, name), truncation) for keyframe in keyframes
    ]
    return _Way(space, points, kind, truncation)


class _Steps:
    """Progress counted in pictures."""

    def __init__(self, report: Report, total: int) -> None:
        self.report, self.total, self.done = report, total, 0

    def advance(self, count: int) -> None:
        self.done += count
        self.report(self.done / self.total)


class _Way:
    """The way through a list of points. Time runs from 0 at the first to ``segments`` at the last."""

    def __init__(self, space: LatentSpace, points: list[Point], kind: str, truncation: float) -> None:
        self.space, self.points, self.kind, self.truncation = space, points, kind, truncation
        self.segments = len(points) - 1

    def at(self, time: float) -> tuple[Tensor, Tensor | None]:
        """The latent and the labels at a time, each for a batch of one."""
        number = min(int(time), self.segments - 1)
        share = time - number
        a, b = self.points[number], self.points[number + 1]
        before, after = self.space.labels(a.mix), self.space.labels(b.mix)
        labels = None if before is None or after is None else torch.lerp(before, after, share)
        z = None if a.z is None or b.z is None else slerp(a.z, b.z, share)[None]
        if not self.space.layers:
            assert z is not None
            return z, labels
        if self.kind == "w" or z is None:
            assert a.w is not None
            assert b.w is not None
            return torch.lerp(a.w, b.w, share)[None], labels
        w = self.space.mapped(z, labels, self.truncation)
        return w[:, None].expand(-1, self.space.layers, -1), labels


class _Sheet:
    """Several ways with equally many points, followed at the same time; their pictures are shown side by side."""

    def __init__(self, ways: list[_Way]) -> None:
        self.ways, self.segments = ways, ways[0].segments

    def pictures(self, times: np.ndarray, steps: _Steps) -> Iterator[Tensor]:
        """Yield batches of sheets (B, 3, H, W) in 0..1, of one picture each where there is one way."""
        space, truncation = self.ways[0].space, self.ways[0].truncation
        batch = max(1, _BATCH_PIXELS // (space.pipeline.image_size**2 * len(self.ways)))
        for start in range(0, len(times), batch):
            part = times[start : start + batch]
            places = [way.at(float(time)) for time in part for way in self.ways]
            labels = [label for _, label in places if label is not None]
            latents = torch.cat([latent for latent, _ in places])
            pictures = space.render(latents, torch.cat(labels) if labels else None, truncation)
            yield torch.stack([_side_by_side(sheet) for sheet in pictures.split(len(self.ways))])
            steps.advance(len(part))


def _side_by_side(pictures: Tensor) -> Tensor:
    """Pictures (N, 3, S, S) as one (3, H, W) that is about square, the rest of its last row white."""
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = -(-len(pictures) // columns)
    side = pictures.shape[-1]
    filled = torch.cat([pictures, pictures.new_ones(rows * columns - len(pictures), 3, side, side)])
    return filled.view(rows, columns, 3, side, side).permute(2, 0, 3, 1, 4).reshape(3, rows * side, columns * side)


def _of_class(keyframe: Keyframe, name: str) -> Keyframe:
    """A keyframe in another class: the same latent. Raises :class:`InputError`."""
    if isinstance(keyframe, Mapping):
        keyframe = Point.from_json(keyframe)
    if isinstance(keyframe, Point):
        if keyframe.z is None:
            raise InputError("A place that was found in W belongs to one class. Leave it out, or show one class.")
        return Point(keyframe.z, None, {name: 1.0})
    return (keyframe[0], name) if isinstance(keyframe, tuple | list) and keyframe else (keyframe, name)


def slerp(a: Tensor, b: Tensor, share: float) -> Tensor:
    """Turn from one vector towards another at constant angular speed, while the length changes linearly.

    Args:
        a: (N,).
        b: (N,).
        share: 0 for ``a``, 1 for ``b``.
    """
    lengths = a.norm(), b.norm()
    cosine = torch.dot(a, b) / (lengths[0] * lengths[1]).clamp(min=1e-12)
    angle = cosine.clamp(-1, 1).acos()
    if angle.sin() < 1e-4:  # the same direction, or opposite ones, between which no way is the shortest
        return torch.lerp(a, b, share)
    direction = ((1 - share) * angle).sin() * a / lengths[0] + (share * angle).sin() * b / lengths[1]
    return direction / angle.sin() * torch.lerp(*lengths, share)


def _eased(times: np.ndarray) -> np.ndarray:
    """Slow down to a stop at every whole number."""
    whole = np.floor(times)
    return whole + smoothstep(times - whole)


def _even(way: _Sheet, shares: np.ndarray, measured: int, steps: _Steps) -> np.ndarray:
    """The times at which given shares of all change have happened, measured on ``measured`` evenly spaced pictures."""
    coarse = np.linspace(0, way.segments, measured)
    pictures = torch.cat([_thumbnails(batch) for batch in way.pictures(coarse, steps)])
    changes = distance(pictures[1:], pictures[:-1]).double().cpu().numpy()
    travelled = np.concatenate([[0], np.cumsum(changes)])
    if travelled[-1] == 0:  # nothing ever changes
        return shares * way.segments
    return np.interp(shares * travelled[-1], travelled, coarse)


def _thumbnails(pictures: Tensor) -> Tensor:
    side = min(_THUMBNAIL, pictures.shape[2])
    return F.interpolate(pictures, (side, side), mode="area")
