"""A TrueType font from small pictures of its characters: enlarge, trace, space, write.

Vtracer (MIT) turns pixels into curves, fontTools (MIT) turns curves into a font file.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import numpy as np
import vtracer
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.svgLib.path import parse_path
from fontTools.ttLib.tables._g_l_y_f import Glyph
from PIL import Image, ImageFilter
from scipy import ndimage

#: Height of the em square, in font units.
UNITS_PER_EM = 1000
#: Height of the capitals above the baseline, in font units.
CAP_HEIGHT = 700
#: What is lighter than this share of black in every pixel is paper.
_FAINTEST = 0.125


@dataclass(frozen=True)
class Tracing:
    """How pictures become outlines.

    Attributes:
        enlarge: factor before tracing; 4 turns 64 pixels into 256, where curves come out smooth.
        blur: standard deviation of the Gaussian filter that removes the steps of the pixels, in pixels of the picture.
        speck: loose pieces smaller than this share of the largest piece are dropped: a capital or a digit is one piece,
            two or three where a hairline is broken, and what a network draws beside it is far smaller.
        corner: smallest turn of the outline that stays a corner, in degrees.
        tolerance: largest distance of TrueType's quadratic curves from the traced cubic ones, in font units.
    """

    enlarge: int = 4
    blur: float = 0.5
    speck: float = 0.08
    corner: int = 60
    tolerance: float = 1.0


@dataclass(frozen=True)
class Spacing:
    """How far apart characters stand, in shares of the height of the capitals.

    Attributes:
        beside: white on each side of a straight stem, as of an H.
        deepest: white inside a character's own box, such as below the arms of a T, counts up to this depth and makes
            the white beside it smaller.
        space: width of the space between words.
    """

    beside: float = 0.15
    deepest: float = 0.16
    space: float = 0.42


def build_font(
    pictures: Mapping[str, Image.Image],
    family: str,
    description: str = "",
    tracing: Tracing | None = None,
    spacing: Spacing | None = None,
) -> bytes:
    """Make a font. Small letters look like the capitals when only those are given, and there is a space.

    Args:
        pictures: one for each character, black on white, all of one size and drawn at one scale on one baseline.
        family: name of the font.
        description: kept in the font, for people and programs that ask what it is.
        tracing: how pictures become outlines.
        spacing: how far apart characters stand.

    Returns:
        The bytes of a .ttf file, with 1000 units per em.
    """
    tracing, spacing = tracing or Tracing(), spacing or Spacing()
    inks = {character: _without_specks(_ink(picture), tracing.speck) for character, picture in pictures.items()}
    top, baseline = _lines(inks)
    scale = CAP_HEIGHT / max(1.0, baseline - top)
    glyphs: dict[str, Glyph] = {".notdef": TTGlyphPen(None).glyph(), "space": TTGlyphPen(None).glyph()}
    widths = dict.fromkeys(glyphs, round(spacing.space * CAP_HEIGHT))
    characters = {ord(" "): "space"}
    for character, ink in inks.items():
        left, right = _edges(ink, spacing, baseline - top)
        name = f"uni{ord(character):04X}"
        pen = TTGlyphPen(None)
        upright = (scale, 0, 0, -scale, -scale * left, scale * baseline)
        _trace(ink, tracing, TransformPen(Cu2QuPen(pen, tracing.tolerance), upright))
        glyphs[name] = pen.glyph()
        widths[name] = max(1, round(scale * (right - left)))
        characters[ord(character)] = name
    for character in inks:
        if len(small := character.lower()) == 1:
            characters.setdefault(ord(small), characters[ord(character)])
    return _write(glyphs, widths, characters, family, description)


def _ink(picture: Image.Image) -> np.ndarray:
    """(H, W) float32 in 0..1, 1 where the picture is black."""
    return 1 - np.asarray(picture.convert("L"), np.float32) / 255


def _extent(filled: Any) -> tuple[int, int]:
    """First and one behind the last true entry; (0, 0) without one."""
    found = np.flatnonzero(filled)
    return (int(found[0]), int(found[-1]) + 1) if len(found) else (0, 0)


def _filled(ink: np.ndarray) -> np.ndarray:
    """Where the character is, as booleans. Half of the darkest decides: the hairlines of thin faces are grey."""
    return ink > max(float(ink.max()) / 2, _FAINTEST)


def _without_specks(ink: np.ndarray, share: float) -> np.ndarray:
    """The ink without loose pieces of less than a share of the largest one; see :class:`Tracing`."""
    pieces, count = ndimage.label(_filled(ink), np.ones((3, 3)))
    if count < 2:
        return ink
    sizes = np.bincount(pieces.ravel())[1:]
    kept = np.isin(pieces, 1 + np.flatnonzero(sizes >= share * sizes.max()))
    # A piece has a grey edge, which goes with it; the edge of what is kept stays.
    grown = ndimage.binary_dilation((pieces > 0) & ~kept, np.ones((3, 3))) & ~ndimage.binary_dilation(kept)
    return np.where(grown, np.float32(0), ink)


def _lines(inks: Mapping[str, np.ndarray]) -> tuple[float, float]:
    """The rows of the capitals' upper edge and of the baseline, where most characters begin and end."""
    extents = [_extent(_filled(ink).any(1)) for ink in inks.values()]
    seen = [extent for extent in extents if extent[1]] or [(0, next(iter(inks.values())).shape[0])]
    return float(np.median([top for top, _ in seen])), float(np.median([bottom for _, bottom in seen]))


def _edges(ink: np.ndarray, spacing: Spacing, height: float) -> tuple[float, float]:
    """The columns between which a character stands in a line, the white on both sides included, in pixels."""
    filled = _filled(ink)
    start, end = _extent(filled.any(0))
    rows = filled[filled.any(1), start:end]
    if not rows.size:
        return 0.0, float(ink.shape[1])
    beside, deepest = spacing.beside * height, spacing.deepest * height
    inside = [float(np.minimum(side.argmax(1), deepest).mean()) for side in (rows, rows[:, ::-1])]
    return start - beside + inside[0], end + beside - inside[1]


def _trace(ink: np.ndarray, tracing: Tracing, pen: TransformPen) -> None:
    """Draw the outline of a character with a pen, in pixels of the picture from its upper left corner."""
    factor = tracing.enlarge
    size = ink.shape[1] * factor, ink.shape[0] * factor
    large = Image.fromarray(ink).resize(size, Image.Resampling.BICUBIC)
    grey = Image.fromarray((np.asarray(large).clip(0, 1) * 255).astype(np.uint8))
    soft = np.asarray(grey.filter(ImageFilter.GaussianBlur(tracing.blur * factor)), np.float32) / 255
    file = io.BytesIO()
    Image.fromarray(np.where(_filled(soft), 0, 255).astype(np.uint8)).convert("RGB").save(file, "BMP")
    svg = vtracer.convert_raw_image_to_svg(
        file.getvalue(),
        img_format="bmp",
        colormode="binary",
        mode="spline",
        filter_speckle=0,
        corner_threshold=tracing.corner,
        path_precision=2,
    )
    for path in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}path"):
        x, y = (float(number) for number in re.findall(r"-?[\d.]+", path.get("transform", "translate(0,0)")))
        parse_path(path.get("d"), TransformPen(pen, (1 / factor, 0, 0, 1 / factor, x / factor, y / factor)))


def _write(
    glyphs: dict[str, Glyph],
    widths: dict[str, int],
    characters: dict[int, str],
    family: str,
    description: str,
) -> bytes:
    font = FontBuilder(UNITS_PER_EM, isTTF=True)
    font.setupGlyphOrder(list(glyphs))
    font.setupCharacterMap(characters)
    font.setupGlyf(glyphs)
    table = font.font["glyf"]
    font.setupHorizontalMetrics({name: (width, getattr(table[name], "xMin", 0)) for name, width in widths.items()})
    highest = max([CAP_HEIGHT, *(getattr(table[name], "yMax", 0) for name in glyphs)])
    lowest = min([0, *(getattr(table[name], "yMin", 0) for name in glyphs)])
    font.setupHorizontalHeader(ascent=highest, descent=lowest)
    postscript = re.sub(r"[^A-Za-z0-9-]", "", family)[:40] or "Font"
    font.setupNameTable(
        {
            "familyName": family,
            "styleName": "Regular",
            "uniqueFontIdentifier": postscript,
            "fullName": family,
            "psName": f"{postscript}-Regular",
            "version": "Version 1.0",
            **({"description": description} if description else {}),
        }
    )
    font.setupOS2(
        sTypoAscender=highest,
        sTypoDescender=lowest,
        usWinAscent=highest,
        usWinDescent=-lowest,
        sCapHeight=CAP_HEIGHT,
        fsType=0,  # may be embedded and installed
    )
    font.setupPost()
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()
