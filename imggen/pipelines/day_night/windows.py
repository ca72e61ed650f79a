"""Windows of a photo taken by day, and which of them are lit by night."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import KDTree
from torch import Tensor

from imggen.imaging.colour import luma, ramp
from imggen.imaging.filters import blur, longer_side
from imggen.pipelines.day_night.tuning import LAMPS, WINDOWS, LampTuning, WindowTuning

#: Nearest windows that are looked at for others of the same size, itself among them.
_NEAREST = 17


class Windows(NamedTuple):
    """The windows of a picture.

    Attributes:
        labels: (h, w): 0 for none, else the number of the window that a pixel belongs to.
        number: of windows.
        frame: luma of what is around each pixel, (1, h, w) in 0..1: panes are darker than this.
    """

    labels: NDArray[np.int32]
    number: int
    frame: Tensor


class _Shapes(NamedTuple):
    """Measures of connected areas, each (N,)."""

    top: NDArray[np.float64]
    left: NDArray[np.float64]
    height: NDArray[np.float64]
    width: NDArray[np.float64]
    area: NDArray[np.float64]


def find_windows(
    day: Tensor,
    land: Tensor,
    tuning: WindowTuning = WINDOWS,
    report: Callable[[float], None] = lambda fraction: None,
) -> Windows:
    """Find windows: dark upright rectangles, some of one size together, where edges are upright or level as in walls.

    Args:
        day: picture (3, h, w) in 0..1, with a longer side of about ``tuning.side``.
        land: where no sky is, (1, h, w) in 0..1.
        report: gets the fraction done; may raise to stop.
    """
    brightness = luma(day).cpu().numpy()
    scale = longer_side(day) / tuning.side
    (near, sides), (around, _) = (_edges(luma(day)[None], part) for part in (6 / 768, 25 / 768))
    red, green, blue = day
    leaves = blur(ramp((green - torch.maximum(red, blue))[None] / (luma(day) + 0.03), 0.02, 0.15), 5 / 768)
    warm = ((red - blue) / (luma(day) + 0.03))[None]
    fields = [
        (near, tuning.upright, np.inf),
        (around, tuning.upright, np.inf),
        (sides, tuning.sides, np.inf),
        (leaves, -np.inf, tuning.leafy),
        (warm, -np.inf, tuning.warm),
    ]
    fits = [(values[0].cpu().numpy(), least, most) for values, least, most in fields]
    open_land = land[0].cpu().numpy() > 0.9
    labels, frame = np.zeros(brightness.shape, np.int32), brightness.copy()
    shapes: list[_Shapes] = []
    count = 0
    for index, size in enumerate(max(3, round(size * scale) | 1) for size in tuning.scales):
        report(index / len(tuning.scales))
        # A closing fills what is narrower, and one along the other axis what is less high: lines are filled by neither.
        closed = np.minimum(ndimage.grey_closing(brightness, (1, size)), ndimage.grey_closing(brightness, (size, 1)))
        dark = (closed - brightness > tuning.contrast * (closed + 0.08)) & (closed > tuning.frame) & open_land
        bar = 1 + min(round(tuning.bar * scale), size // 8)
        # First the panes, and then whole windows, which replace them.
        for areas, number in map(ndimage.label, (dark, ndimage.binary_closing(dark, np.ones((bar, bar))) & open_land)):
            if not number:
                continue
            shape = _measure(areas, number)
            fit = _rectangular(shape, scale, brightness.size, tuning)
            for values, least, most in fits:
                mean = np.bincount(areas.ravel(), values.ravel(), number + 1)[1:] / shape.area
                fit &= (mean > least) & (mean < most)
            found = np.concatenate([[0], np.where(fit, np.arange(number) + count + 1, 0)])[areas]
            labels = np.where(found > 0, found, labels).astype(np.int32)
            frame = np.where(found > 0, closed, frame)
            shapes.append(shape)
            count += number
    if not shapes:
        shapes = [_Shapes(*np.zeros((5, 0)))]
    merged = _Shapes(*(np.concatenate(parts) for parts in zip(*shapes, strict=True)))
    return _keep_groups(labels, count, merged, torch.from_numpy(frame)[None].to(day), tuning)


def light_windows(windows: Windows, time: float, seed: int, tuning: LampTuning = LAMPS) -> Tensor:
    """Choose which windows are lit, and their colours: the same ones for the same seed.

    Returns:
        Linear light of every pixel of a window, (3, h, w); 0 for those that are dark and outside.
    """
    rng = np.random.default_rng(seed)
    switched_on = rng.uniform(*tuning.switched_on, windows.number)
    lit = np.clip((time - switched_on) / tuning.warming_up, 0, 1) * (rng.random(windows.number) < tuning.share)
    brightness = np.exp(rng.normal(0, tuning.spread, windows.number)).clip(*tuning.brightness)
    warmth = rng.beta(3, 2, windows.number)[:, None]
    colours = warmth * tuning.amber + (1 - warmth) * tuning.white
    table = np.concatenate([np.zeros((1, 3)), colours * (lit * brightness)[:, None]]).astype(np.float32)
    return torch.from_numpy(table[windows.labels]).permute(2, 0, 1).to(windows.frame)


def _measure(areas: NDArray[np.int32], number: int) -> _Shapes:
    boxes = np.array([(y.start, y.stop, x.start, x.stop) for y, x in ndimage.find_objects(areas)], np.float64)
    top, bottom, left, right = boxes.T
    area = np.bincount(areas.ravel(), minlength=number + 1)[1:].astype(np.float64)
    return _Shapes(top, left, bottom - top, right - left, area)


def _rectangular(shape: _Shapes, scale: float, pixels: int, tuning: WindowTuning) -> NDArray[np.bool_]:
    """Which areas are rectangles of the form of a window."""
    large = (shape.area >= max(6, tuning.smallest * scale**2)) & (shape.height >= 3) & (shape.width >= 2)
    large &= shape.area < tuning.largest * pixels
    ratio = shape.width / shape.height
    return (
        large
        & (ratio < tuning.wide)
        & (ratio > 1 / tuning.tall)
        & (shape.area > tuning.fill * shape.height * shape.width)
    )


def _keep_groups(labels: NDArray[np.int32], count: int, shape: _Shapes, frame: Tensor, tuning: WindowTuning) -> Windows:
    """Keep the windows that have others of their size near: a building has several, a stone or a person has none."""
    left = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    number = np.flatnonzero(left > tuning.fill / 2 * shape.height * shape.width)  # the others are parts of larger ones
    if not len(number):
        return Windows(np.zeros_like(labels), 0, frame)
    top, start, height, width, _ = (values[number] for values in shape)
    places = np.stack([top + height / 2, start + width / 2], 1)
    distance, other = KDTree(places).query(places, _NEAREST)  # without a place: infinitely far, with the number N
    sizes = np.concatenate([np.log([height, width]), [[np.inf], [np.inf]]], 1)
    with np.errstate(invalid="ignore"):
        alike = (np.abs(sizes[:, other] - sizes[:, : len(number), None]) < np.log(tuning.alike)).all(0)
    near = distance < tuning.reach * np.sqrt(height * width)[:, None]
    down, across = np.abs(np.concatenate([places, [[np.inf, np.inf]]])[other] - places[:, None]).transpose(2, 0, 1)
    in_line = (across < tuning.line * width[:, None]) | (down < tuning.line * height[:, None])
    together = (alike & near & in_line).sum(1) > tuning.neighbours
    kept = number[together]
    table = np.zeros(count + 1, np.int32)
    table[kept + 1] = np.arange(1, len(kept) + 1)
    return Windows(table[labels], len(kept), frame)


def _edges(brightness: Tensor, part: float) -> tuple[Tensor, Tensor]:
    """Shares of the energy of the edges of (1, h, w), over a part of the longer side, each (1, h, w) in 0..1.

    Returns:
        What is upright or level: the mean squared cosine of twice the angle, 1 when all edges are, 0.5 when all
        directions are alike. And what is upright.
    """
    smooth = F.avg_pool2d(F.pad(brightness[None], (1, 1, 1, 1), mode="replicate"), 3, 1)[0]
    wider = F.pad(smooth[None], (1, 1, 1, 1), mode="replicate")[0]
    across = (wider[..., 1:-1, 2:] - wider[..., 1:-1, :-2]).square()
    down = (wider[..., 2:, 1:-1] - wider[..., :-2, 1:-1]).square()
    energy = across + down
    fields = torch.cat([(across - down).square() / (energy + 1e-8), across, energy])
    aligned, across, energy = blur(fields, part).split(1)
    return aligned / (energy + 1e-6), across / (energy + 1e-6)
