"""The first layer of a painting: palettes, strokes, and both on a photo."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from imggen.imaging.colour import luma
from imggen.imaging.painting.brushwork import BRUSH_SIZE, contours, find_brush, strokes
from imggen.imaging.painting.palette import PALETTE_SIZE, find_palette, match_palette
from imggen.imaging.painting.underpainting import UNDERPAINTING_SIZE, describe, underpaint


def picture(seed: int, height: int = 64, width: int = 80) -> Tensor:
    """Colours that vary together, around a mean of their own."""
    generator = torch.Generator().manual_seed(seed)
    mixing = 0.06 * torch.eye(3) + 0.04 * torch.rand(3, 3, generator=generator)
    mean = 0.3 + 0.4 * torch.rand(3, 1, 1, generator=generator)
    return (torch.einsum("oi,ihw->ohw", mixing, torch.randn(3, height, width, generator=generator)) + mean).clamp(0, 1)[
        None
    ]


def stripes(angle: float) -> Tensor:
    rows, columns = torch.meshgrid(torch.arange(96.0), torch.arange(96.0), indexing="ij")
    across = rows * math.cos(angle) - columns * math.sin(angle)
    return (0.5 + 0.3 * torch.sin(across)).expand(1, 3, -1, -1)


def test_the_result_has_the_palette_asked_for() -> None:
    content, style = picture(0), picture(1)
    wanted = find_palette(style)
    assert wanted.shape == (1, PALETTE_SIZE)
    matched = match_palette(content, wanted)
    before, after = ((find_palette(image) - wanted).abs().mean() for image in (content, matched))
    assert after < 0.1 * before


def test_two_hues_stay_two_where_a_mean_would_mix_them() -> None:
    content = torch.rand(1, 3, 64, 64)
    style = torch.zeros(1, 3, 64, 64)
    style[:, 0, :, :32], style[:, 2, :, 32:] = 0.9, 0.9
    matched = match_palette(content, find_palette(style))
    away_from_both = (matched[:, 0] - matched[:, 2]).abs() < 0.3
    assert away_from_both.float().mean() < 0.15


def test_own_colours_change_next_to_nothing() -> None:
    content = picture(2)
    assert (match_palette(content, find_palette(content)) - content).abs().mean() < 0.01


def test_a_flat_picture_and_a_single_pixel_stay_finite() -> None:
    palette = find_palette(picture(3))
    for content in (torch.full((1, 3, 16, 16), 0.5), torch.zeros(1, 3, 1, 1)):
        assert torch.isfinite(match_palette(content, palette)).all()


def test_strokes_of_a_painting_are_measured() -> None:
    torch.manual_seed(0)
    even, dots, lines = torch.full((1, 3, 96, 96), 0.5), 0.5 + 0.1 * torch.randn(1, 3, 96, 96), stripes(0.4)
    brushes = find_brush(torch.cat([even, dots, lines]))
    assert brushes.shape == (3, BRUSH_SIZE)
    assert brushes[0].abs().max() < 1e-3
    assert brushes[1:, 0].min() > 0.05
    assert brushes[2, 1] < 0.01 < brushes[1, 1]  # stripes of grey have no hues
    assert brushes[1, 2] < 0.2
    assert brushes[2, 2] > 0.8


@pytest.mark.parametrize("angle", [0.0, 0.7, 1.4])
def test_strokes_follow_contours(angle: float) -> None:
    image = stripes(angle)
    along = contours(image)[0, :, 20:-20, 20:-20].flatten(1)
    assert (along[0] * math.cos(angle) + along[1] * math.sin(angle)).abs().min() > 0.97
    drawn = strokes(image, torch.ones(1))
    angle_drawn = contours(luma(drawn)[:, None].expand(-1, 3, -1, -1) / 8 + 0.5)[0, :, 20:-20, 20:-20].flatten(1)
    agreeing = (angle_drawn[0] * math.cos(angle) + angle_drawn[1] * math.sin(angle)).abs()
    assert agreeing.median() > 0.85


def test_strokes_are_as_long_as_asked_for() -> None:
    even = torch.full((1, 3, 128, 128), 0.5)
    slopes = []
    for length in (0.0, 1.0):
        layer = strokes(even, torch.tensor([length]))
        slopes.append(float(layer.diff(dim=3).square().mean()))
    assert slopes[1] < 0.7 * slopes[0]


def test_an_underpainting_of_a_grey_wall_has_the_many_hues_of_the_style() -> None:
    wall = (0.5 + 0.1 * torch.linspace(-1, 1, 96)).expand(1, 3, 96, 96)
    style = torch.rand(1, 3, 96, 96)
    description = describe(style)
    assert description.shape == (1, UNDERPAINTING_SIZE)
    painted = underpaint(wall, description)
    assert painted.min() >= 0
    assert painted.max() <= 1
    hue = painted[:, 0] - painted[:, 2]
    assert hue.std() > 0.5 * (style[:, 0] - style[:, 2]).std()
    torch.testing.assert_close(painted, underpaint(wall, description))


def test_a_picture_underpainted_as_itself_keeps_its_colours_and_edges() -> None:
    image = picture(4) * 0.3
    image[..., 40:] += 0.5
    same = underpaint(image, describe(image))
    assert (same - image).abs().mean() < 0.03


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (33, 16)])
def test_any_size_can_be_underpainted(size: tuple[int, int]) -> None:
    content = torch.rand(2, 3, *size)
    painted = underpaint(content, describe(picture(5)).expand(2, -1))
    assert painted.shape == content.shape
    assert torch.isfinite(painted).all()
