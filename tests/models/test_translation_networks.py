"""The networks of unpaired translation: any size, both directions, and what the discriminator can see."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from imggen.errors import CheckpointError
from imggen.models import TRANSLATORS, build
from imggen.models.translation.cyclegan import GENERATORS, CycleGAN
from imggen.models.translation.day_generator import DayGenerator
from imggen.models.translation.night_generator import NightGenerator
from imggen.models.translation.patchgan import PatchGAN
from imggen.models.translation.resnet_generator import ResnetGenerator

SMALL = {"channels": 4, "blocks": 1}


def awake(network: Any, weights: float = 0.05) -> Any:
    """Give the last layers weights, so that all others matter."""
    for name, layer in network.named_modules():
        if name in ("tail", "where") or (name.startswith("daybreak.") and isinstance(layer, nn.Conv2d)):
            assert isinstance(layer, nn.Conv2d)
            nn.init.normal_(layer.weight, std=weights)
    return network


def test_an_untrained_generator_returns_its_input() -> None:
    x = torch.rand(1, 3, 12, 16) * 2 - 1
    assert (ResnetGenerator(**SMALL)(x) - x).abs().max() <= 0.021


@pytest.mark.parametrize("head", GENERATORS)
@pytest.mark.parametrize(("height", "width"), [(16, 16), (13, 30), (1, 1), (7, 2)])
def test_any_size_comes_back_in_range(height: int, width: int, head: str) -> None:
    torch.manual_seed(0)
    network = awake(GENERATORS[head](**SMALL), weights=3)
    out = network(torch.rand(2, 3, height, width) * 2 - 1)
    assert out.shape == (2, 3, height, width)
    assert out.abs().max() <= 1
    assert out.isfinite().all()


@torch.no_grad()
def test_a_night_is_dark_and_its_sky_is_darker_than_its_land() -> None:
    network = NightGenerator(**SMALL)
    day = torch.full((1, 3, 32, 32), 0.6)
    land = network(day)
    nn.init.constant_(network.where.bias, 9.0)  # type: ignore[arg-type]
    sky = network(day)
    assert (land < -0.5).all()
    assert (sky < land).all()


@torch.no_grad()
def test_where_the_sky_is_depends_on_what_is_far_away() -> None:
    torch.manual_seed(0)
    network = awake(NightGenerator(**SMALL))
    day = torch.rand(1, 3, 64, 64) * 2 - 1
    found = network.find_sky(day)
    assert found.shape == (1, 1, 64, 64)
    day[..., 48:, 48:] *= -1
    assert (network.find_sky(day) - found)[..., :28, :28].abs().max() > 0  # 20 pixels away


def town() -> Tensor:
    """A night whose land, below a black sky, is lit and grainy, (1, 3, 64, 64) in -1..1."""
    night = torch.full((1, 3, 64, 64), -1 + 2 * 2 / 255)
    night[..., 32:, :] = -0.8 + 0.02 * torch.randn(1, 3, 32, 64)
    return night


@torch.no_grad()
def test_the_land_of_a_day_keeps_the_edges_of_the_night_and_gets_no_others() -> None:
    torch.manual_seed(0)
    network = awake(DayGenerator(**SMALL))
    land = network.find_day_parts(town()).land
    steps = (land[0, :, 1:] - land[0, :, :-1]).abs().mean((0, 2))
    assert steps.argmax() == 31
    assert steps[:30].max() < 0.2 * steps[31]


@torch.no_grad()
def test_the_sky_of_a_day_is_smooth_whatever_the_night_shows() -> None:
    torch.manual_seed(0)
    network = awake(DayGenerator(**SMALL), weights=0.5)
    sky = network.find_day_parts(town()).sky
    assert sky.std() > 0.05
    assert (sky[..., 1:, :] - sky[..., :-1, :]).abs().max() < 0.1
    assert (sky[..., 1:] - sky[..., :-1]).abs().max() < 0.1


@torch.no_grad()
def test_a_day_shows_the_sky_where_it_surely_is_and_the_land_elsewhere() -> None:
    torch.manual_seed(0)
    night = town()
    parts = awake(DayGenerator(**SMALL)).find_day_parts(night)
    everywhere, nowhere = (parts._replace(where=torch.full_like(parts.where, logit)) for logit in (9, -9))
    torch.testing.assert_close(everywhere.picture(), parts.sky)
    torch.testing.assert_close(nowhere.picture(), parts.land)


def test_how_bright_the_picture_is_reaches_the_output() -> None:
    torch.manual_seed(0)
    network = awake(ResnetGenerator(**SMALL)).double()
    dark = torch.rand(1, 3, 16, 16, dtype=torch.float64) * 0.2 - 0.9
    changes = [torch.atanh(network(x)) - torch.atanh(x) for x in (dark, dark + 1)]
    assert (changes[0] - changes[1]).abs().mean() > 1e-3


def test_both_directions_are_in_one_module_and_its_config_rebuilds_it() -> None:
    torch.manual_seed(0)
    network = CycleGAN(**SMALL, domains=("apple", "orange"))
    awake(network.a2b)
    awake(network.b2a)
    x = torch.rand(1, 3, 16, 16) * 2 - 1
    assert torch.equal(network(x, "a2b"), network.a2b(x))
    assert torch.equal(network(x, "b2a"), network.b2a(x))
    assert not torch.equal(network(x, "a2b"), network(x, "b2a"))
    assert TRANSLATORS["cyclegan"] is CycleGAN
    rebuilt = build("cyclegan", network.config)
    rebuilt.load_state_dict(network.state_dict())
    assert rebuilt.domains == ("apple", "orange")
    assert torch.equal(rebuilt(x, "b2a"), network(x, "b2a"))


def test_a_network_says_which_directions_find_what() -> None:
    network = CycleGAN(**SMALL, heads=("night", "day"))
    assert (network.finds_sky, network.finds_day_parts) == (["a2b"], ["b2a"])
    back = CycleGAN(**SMALL, domains=("night", "day"), heads=("day", "night"))
    assert (back.finds_sky, back.finds_day_parts) == (["b2a"], ["a2b"])
    assert CycleGAN(**SMALL).finds_sky == CycleGAN(**SMALL).finds_day_parts == []


def test_an_unknown_head_is_refused() -> None:
    with pytest.raises(CheckpointError, match="contrast or night or day"):
        build("cyclegan", {**SMALL, "heads": ["night", "noon"]})
    with pytest.raises(CheckpointError, match="heads must be two"):
        build("cyclegan", {**SMALL, "heads": "night"})


@pytest.mark.parametrize("domains", ["day", ["day"], ["day", "day"]])
def test_domains_must_be_two_names(domains: object) -> None:
    with pytest.raises(CheckpointError, match="two different names"):
        build("cyclegan", {**SMALL, "domains": domains})


@pytest.mark.parametrize("norm", ["spectral", "instance"])
def test_a_score_of_the_discriminator_sees_70_pixels(norm: str) -> None:
    torch.manual_seed(0)
    network = PatchGAN(channels=4, norm=norm).eval()
    for module in network.modules():
        if isinstance(module, nn.GroupNorm):
            module.forward = lambda x: x  # type: ignore[method-assign]  # its statistics see the whole picture
    x = torch.rand(1, 3, 128, 128, requires_grad=True)
    scores = network(x)
    assert scores.shape == (1, 1, 14, 14)
    scores[0, 0, 7, 7].backward()
    assert x.grad is not None
    rows = x.grad.abs().sum((0, 1, 3)).nonzero().flatten()
    assert int(rows.max() - rows.min()) + 1 == 70


def test_another_norm_is_refused() -> None:
    with pytest.raises(ValueError, match="spectral or instance"):
        PatchGAN(norm="batch")
