"""The style-transfer networks: any size, codes that matter, and the statistics and receptive field of tiling."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from imggen.errors import CheckpointError
from imggen.imaging.painting.underpainting import describe
from imggen.models import STYLISERS, build
from imggen.models.style.arbitrary_style import ArbitraryStyle
from imggen.models.style.style_table import StyleTable, table_of
from imggen.models.style.transformer_net import TransformerNet

SMALL: dict[str, dict[str, Any]] = {
    "arbitrary_style": {"channels": 4, "blocks": 1, "code_size": 12, "encoder_channels": 4},
    "style_table": {"channels": 4, "blocks": 1, "style_names": ["oil", "ink", "chalk"]},
}


def create(architecture: str) -> Any:
    torch.manual_seed(0)
    network: Any = build(architecture, SMALL[architecture]).eval()
    torch.nn.init.normal_(network.painter.to_rgb.weight, std=0.1)  # zeros at the start: no strokes
    if isinstance(network, StyleTable):
        network.descriptions.copy_(describe(torch.rand(3, 3, 32, 32) * torch.rand(3, 3, 1, 1)))
    return network


def codes(network: Any, count: int) -> Tensor:
    """Codes as the network meets them: of pictures where it encodes them, mixtures where it has a table."""
    if isinstance(network, ArbitraryStyle):
        return network.encode(torch.rand(count, 3, 32, 32) * torch.rand(count, 3, 1, 1)).detach()
    return torch.rand(count, network.code_size).softmax(1)


@pytest.mark.parametrize("architecture", sorted(STYLISERS))
@pytest.mark.parametrize("size", [(1, 1), (9, 30), (33, 16)])
def test_any_size_comes_back_in_range_and_config_rebuilds(architecture: str, size: tuple[int, int]) -> None:
    network = create(architecture)
    output = network(torch.rand(2, 3, *size), codes(network, 2))
    assert output.shape == (2, 3, *size)
    assert 0 <= output.min() <= output.max() <= 1
    build(architecture, network.config).load_state_dict(network.state_dict())


@pytest.mark.parametrize("architecture", sorted(STYLISERS))
def test_every_image_of_a_batch_is_painted_as_if_alone(architecture: str) -> None:
    network = create(architecture)
    content, code = torch.rand(2, 3, 16, 20), codes(network, 2)
    both = network(content, code)
    torch.testing.assert_close(both[1:], network(content[1:], code[1:]))
    assert (network(content[1:], code[:1]) - both[1:]).abs().max() > 0.01, "another code paints the same"


@pytest.mark.parametrize("architecture", sorted(STYLISERS))
def test_collected_statistics_paint_the_same_picture_and_are_forgotten(architecture: str) -> None:
    network = create(architecture)
    content, code = torch.rand(2, 3, 24, 16), codes(network, 2)
    under = network.underpaint(content, code)
    statistics = network.collect_statistics(under, code)
    assert all(part.shape[0] == 2 and part.dtype == torch.float32 for pair in statistics.values() for part in pair)
    plain = network(content, code)
    torch.testing.assert_close(network.paint(under, code, statistics), plain, atol=1e-5, rtol=1e-4)
    other = torch.rand(2, 3, 24, 16) / 2
    own = network.paint(other, code)
    assert (network.paint(other, code, statistics) - own).abs().max() > 0.01
    torch.testing.assert_close(network.paint(other, code), own)


@pytest.mark.parametrize("architecture", sorted(STYLISERS))
def test_tiles_with_the_whole_pictures_statistics_show_no_seam(architecture: str) -> None:
    network = create(architecture)
    content, code = torch.rand(1, 3, 16, 128), codes(network, 1)
    margin = -(-network.receptive_radius // network.size_multiple) * network.size_multiple
    under = network.underpaint(content, code)
    statistics = network.collect_statistics(under, code)
    right = network.paint(under[..., 64 - margin :], code, statistics)[..., margin:]
    torch.testing.assert_close(right, network(content, code)[..., 64:], atol=1e-5, rtol=1e-4)


def test_nothing_beyond_the_receptive_radius_matters() -> None:
    torch.manual_seed(0)
    network = TransformerNet(4, 1, 3)
    radius = network.receptive_radius
    code = torch.randn(1, 3)
    x = torch.rand(1, 3, 8, 4 * radius, requires_grad=True)
    statistics = network.collect_statistics(x, code)
    reach = []
    for column in range(2 * radius, 2 * radius + 4):
        (gradient,) = torch.autograd.grad(network.paint(x, code, statistics)[..., column].sum(), x)
        touched = gradient.abs().sum((0, 1, 2)).nonzero().flatten()
        reach += [column - int(touched.min()), int(touched.max()) - column]
    assert radius - 4 <= max(reach) <= radius


def test_style_is_blind_to_position_and_sees_colour() -> None:
    network = create("arbitrary_style")
    assert isinstance(network, ArbitraryStyle)
    style = torch.rand(1, 3, 128, 128)
    code = network.encode(style)
    assert code.shape == (1, network.code_size)

    def distance(other: Tensor) -> float:
        return float((network.encode(other) - code).norm().detach())

    recoloured = style * torch.tensor([1.0, 0.5, 0.2]).view(1, 3, 1, 1)
    assert distance(style.roll(16, -1)) < 0.25 * distance(recoloured)


def test_one_hot_codes_blend() -> None:
    """Underpainting, scale and shift of a mixture are the mixture of the styles' own."""
    network = create("style_table")
    mixed = torch.tensor([[0.25, 0.75, 0.0]])
    for table in (network.painter.head.norm.affine, lambda code: network.split(code)[1]):
        oil, ink, _ = table(torch.eye(3))
        torch.testing.assert_close(table(mixed)[0], 0.25 * oil + 0.75 * ink)
    assert network.style_names == ("oil", "ink", "chalk")


def test_a_table_gives_each_style_its_own_colours() -> None:
    network = create("style_table")
    torch.nn.init.zeros_(network.painter.to_rgb.weight)
    tints = torch.tensor([[0.9, 0.4, 0.2], [0.2, 0.8, 0.4], [0.3, 0.3, 0.9]])[:, :, None, None]
    styles = torch.rand(3, 1, 64, 64) * tints
    network.descriptions.copy_(describe(styles))
    content = torch.rand(1, 3, 64, 64)
    for code, style in zip(torch.eye(3), styles, strict=True):
        painted = network(content, code[None])
        torch.testing.assert_close(painted.mean((0, 2, 3)), style.mean((1, 2)), atol=0.06, rtol=0)


def test_a_table_paints_as_the_network_it_is_made_of() -> None:
    network = create("arbitrary_style")
    content, known = torch.rand(2, 3, 24, 40), codes(network, 3)
    table = table_of(network, ["oil", "ink", "chalk"], known)
    for mixture in (torch.eye(3)[[2, 0]], torch.tensor([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])):
        torch.testing.assert_close(table(content, mixture), network(content, mixture @ known), atol=1e-4, rtol=0)


def test_bfloat16_keeps_statistics_in_float32() -> None:
    network = create("arbitrary_style")
    content, style = torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32)
    exact = network(content, network.encode(style))
    network = network.bfloat16()
    code = network.encode(style.bfloat16())
    statistics = network.collect_statistics(network.underpaint(content.bfloat16(), code), code)
    assert {part.dtype for pair in statistics.values() for part in pair} == {torch.float32}
    assert (network(content.bfloat16(), code) - exact).abs().mean() < 0.02


@pytest.mark.parametrize("names", [[], ["oil", "oil"]])
def test_every_style_of_a_table_needs_its_own_name(names: list[str]) -> None:
    with pytest.raises(CheckpointError, match="none twice"):
        build("style_table", {"style_names": names})


@pytest.mark.parametrize("size", [(2, 2), (3, 8), (16, 5)])
def test_upsampling_and_convolution_in_one_step_are_the_same_as_in_two(size: tuple[int, int]) -> None:
    network = create("arbitrary_style").painter
    for layer in (network.up1, network.up2):
        weight = layer.conv.weight
        plain = torch.nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1, padding_mode="reflect", bias=False)
        plain.weight = weight
        x = torch.randn(2, weight.shape[1], *size)
        expected = plain(torch.nn.functional.interpolate(x, scale_factor=2, mode="nearest"))
        torch.testing.assert_close(layer.conv(x), expected, atol=1e-5, rtol=1e-4)
