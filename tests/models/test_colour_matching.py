"""The colours of one image on another."""

from __future__ import annotations

import torch

from imggen.models.colour_matching import COLOUR_SIZE, colour_moments, match_colours


def picture(seed: int) -> torch.Tensor:
    """Colours that vary together, around a mean of their own."""
    generator = torch.Generator().manual_seed(seed)
    mixing = 0.06 * torch.eye(3) + 0.04 * torch.rand(3, 3, generator=generator)
    mean = 0.3 + 0.4 * torch.rand(3, 1, 1, generator=generator)
    return torch.einsum("oi,ihw->ohw", mixing, torch.randn(3, 32, 40, generator=generator))[None] + mean


def test_the_result_has_the_colours_asked_for() -> None:
    content, style = picture(0), picture(1)
    wanted = colour_moments(style)
    assert wanted.shape == (1, COLOUR_SIZE)
    matched = match_colours(content, colour_moments(content), wanted)
    torch.testing.assert_close(colour_moments(matched), wanted, atol=5e-3, rtol=0)


def test_own_colours_change_next_to_nothing() -> None:
    content = picture(2)
    own = colour_moments(content)
    assert (match_colours(content, own, own) - content).abs().max() < 0.02


def test_a_grey_picture_and_a_flat_one_stay_finite_and_are_not_amplified_without_limit() -> None:
    flat = torch.full((1, 3, 16, 16), 0.5)
    flat[..., 0, 0] = 0.51
    matched = match_colours(flat, colour_moments(flat), colour_moments(picture(3)))
    assert torch.isfinite(matched).all()
    assert (matched.amax((2, 3)) - matched.amin((2, 3))).max() <= 0.01 * 4 * 3
