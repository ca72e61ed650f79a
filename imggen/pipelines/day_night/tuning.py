"""The constants of day and night that were set by eye and by measuring: each with its unit and what it does.

"Linear" is light as of :func:`imggen.imaging.colour.decode`, 1 for white. Lengths are parts of the longer side. How
much each stage brings is in the card of the shipped model, weights/day-night/README.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

#: Red, green and blue.
Colour = tuple[float, float, float]


#: The time of day that is shown by default: dusk, when the sky is blue and lamps are lit.
DUSK = 0.7


class Hour(NamedTuple):
    """The light at one time of day.

    Attributes:
        zenith: linear colour of the sky at the top of the picture.
        horizon: the same where the sky ends; between the two the logarithm is interpolated.
        land: factor on the linear light of the land.
    """

    zenith: Colour
    horizon: Colour
    land: Colour


#: The skies to choose from, each with its light by time of day: sunset, dusk and full night. Blue hour is clear and far
#: from a town; in city glow lamps light the haze above a town, and its land.
SKIES = {
    "blue hour": {
        0.5: Hour((0.10, 0.17, 0.36), (0.75, 0.50, 0.36), (0.30, 0.24, 0.22)),
        0.7: Hour((0.020, 0.050, 0.18), (0.20, 0.21, 0.30), (0.115, 0.125, 0.17)),
        1.0: Hour((0.004, 0.010, 0.036), (0.014, 0.027, 0.068), (0.045, 0.055, 0.085)),
    },
    "city glow": {
        0.5: Hour((0.10, 0.16, 0.32), (0.75, 0.48, 0.33), (0.30, 0.24, 0.21)),
        0.7: Hour((0.026, 0.034, 0.080), (0.20, 0.125, 0.085), (0.125, 0.105, 0.11)),
        1.0: Hour((0.008, 0.0045, 0.003), (0.020, 0.009, 0.004), (0.030, 0.020, 0.015)),
    },
}


@dataclass(frozen=True)
class NightTuning:
    """From day to night.

    Attributes:
        clouds: exponent on the linear brightness of the sky relative to its mean: 0 gives a sky without clouds, 1 keeps
            their contrast.
        cloud_range: least and largest factor that clouds have on the sky.
        horizon: exponent on the height; above 1 the colour of the horizon stays lower in the sky.
        horizon_quantile: share of the columns whose sky ends above where the horizon is taken to be.
        least_sky: least height of the sky, as a part of the picture's, that its colours are spread over.
        grey_share: share of the land's colours that is grey by night, when eyes see few.
        least_median: least median of the result's luma by full night, as a share of the photo's: a camera exposes until
            then.
        median_slope: what is added to ``least_median`` per unit of time of day before full night: dusk is brighter.
        largest_gain: largest factor on the light of sky and land that this takes.
        black: linear light added before logarithms, so that black fades like the rest.
    """

    clouds: float = 0.8
    cloud_range: tuple[float, float] = (0.3, 3.0)
    horizon: float = 1.5
    horizon_quantile: float = 0.9
    least_sky: float = 0.15
    grey_share: float = 0.35
    least_median: float = 0.21
    median_slope: float = 0.45
    largest_gain: float = 8.0
    black: float = 4e-3


@dataclass(frozen=True)
class WindowTuning:
    """What counts as a window, and how its light looks.

    Attributes:
        side: longer side in pixels of the copy on which windows are looked for.
        scales: largest width or height in pixels there that a window has, from small to large.
        contrast: how much darker than its surroundings, relative to these, a window is.
        frame: luma of its surroundings from which it counts: in black nothing can be told.
        bar: width in pixels of the bars that part a window into panes, whose panes are lit together.
        fill: least share of its bounding box that it fills: windows are rectangles.
        wide, tall: largest ratio of width to height, and of height to width.
        smallest: area in pixels.
        largest: area as a share of the picture's.
        upright: share of the edges' energy that is upright or level, near it and farther around; 0.5 where all
            directions are alike, as in leaves and rocks.
        sides: least share of the energy near it that is upright: waves have none.
        leafy: largest share of green around it.
        warm: largest difference of red and blue in it, relative to its luma: panes are grey or blue, bricks are not.
        alike: largest ratio between the sizes of two windows of one building.
        line: how far, in its own widths and heights, another window may be beside the column or the row it stands in.
        neighbours: others of its size that a window has at least in its column or row ...
        reach: ... within so many times its own size.
    """

    side: int = 768
    scales: tuple[int, ...] = (7, 13, 25, 49, 97, 141)
    contrast: float = 0.25
    frame: float = 0.12
    bar: int = 3
    fill: float = 0.64
    wide: float = 1.6
    tall: float = 4.5
    smallest: float = 16
    largest: float = 0.02
    upright: float = 0.58
    sides: float = 0.3
    leafy: float = 0.3
    warm: float = 1.0
    alike: float = 1.5
    line: float = 0.5
    neighbours: int = 1
    reach: float = 8.0


@dataclass(frozen=True)
class LampTuning:
    """How the windows shine.

    Attributes:
        share: of the windows that are lit by full night.
        switched_on: time of day from which the first are lit, and at which the last are.
        warming_up: how long, in time of day, a lamp takes to full light.
        amber, white: linear colour of the warmest and of the whitest lamp.
        spread: standard deviation of the natural logarithm of their brightness.
        brightness: least and largest factor of that.
        pane_light: linear light of a pane whose lamp has brightness 1.
        pane_contrast: contrast of a pixel to its frame, as of :class:`WindowTuning`, from which it shines, and shines
            fully.
        pools: radius and strength of the light that lamps throw on what is around them.
        bloom: radius and strength of the light that the camera's lens spreads.
    """

    share: float = 0.55
    switched_on: tuple[float, float] = (0.35, 0.65)
    warming_up: float = 0.1
    amber: Colour = (1.0, 0.5, 0.16)
    white: Colour = (1.0, 0.8, 0.5)
    spread: float = 0.5
    brightness: tuple[float, float] = (0.25, 1.2)
    pane_light: float = 1.1
    pane_contrast: tuple[float, float] = (0.1, 0.3)
    pools: tuple[tuple[float, float], ...] = ((0.012, 0.9), (0.04, 1.0), (0.10, 0.8))
    bloom: tuple[tuple[float, float], ...] = ((0.006, 0.12), (0.02, 0.10))


@dataclass(frozen=True)
class DayTuning:
    """From night to day: how the land is finished.

    Attributes:
        white: luma of the brightest one hundredth of a clear day.
        haze: share of the darkest one hundredth's luma that is taken away.
        largest_gain: largest gain of contrast.
        visible: luma of the night photo below which it shows no detail, and above which it shows enough.
        lift: exponent that brightens a dark area, at these two values of ``visible``: small where there is no detail,
            so that black does not become mist.
        area_length: length of an area.
        edge_length: length over which brightness follows the edges of the night.
        noise: variance of the developed night that is noise, and no edge.
        colour_length: length over which colours are averaged, with the grain in them.
        small_side: longer side in pixels of the copy on which areas are told.
    """

    white: float = 0.92
    haze: float = 0.7
    largest_gain: float = 1.5
    visible: tuple[float, float] = (0.01, 0.05)
    lift: tuple[float, float] = (0.3, 1.6)
    area_length: float = 0.08
    edge_length: float = 0.009
    noise: float = 5e-4
    colour_length: float = 0.02
    small_side: int = 256


@dataclass(frozen=True)
class DawnTuning:
    """Between a day and a night of the same scene.

    Attributes:
        warm: natural logarithm of the gain on each colour when the sun is lowest.
        dusk: how far from day to night lamps begin to be lit, and all are.
        black: linear light added before logarithms, so that black fades like the rest.
    """

    warm: Colour = (0.28, 0.02, -0.35)
    dusk: tuple[float, float] = (0.35, 0.75)
    black: float = 4e-3


DAY = DayTuning()
DAWN = DawnTuning()
NIGHT = NightTuning()
WINDOWS = WindowTuning()
LAMPS = LampTuning()
