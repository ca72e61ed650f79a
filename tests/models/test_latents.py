"""Latent vectors belong to their seeds, and truncation is a true truncated normal."""

from __future__ import annotations

import pytest
import torch

from imggen.models.latents import MAX_SEED, draw, truncate


def test_a_seed_is_a_vector_for_ever() -> None:
    assert draw(0, 3).tolist()[0] == pytest.approx([1.764052, 0.400157, 0.978738], abs=1e-6)
    assert torch.equal(draw(7, 4), draw(7, 8)[:, :4])
    assert not torch.equal(draw(7, 8), draw(8, 8))
    assert draw(MAX_SEED, 2).shape == (1, 2)


def test_truncation_cuts_where_the_normal_distribution_says() -> None:
    z = torch.linspace(-6, 6, 101)[None]
    assert torch.equal(truncate(z, 1), z)
    assert truncate(z, 0).abs().max() == 0
    cut = truncate(z, 0.95)
    assert cut.max().item() == pytest.approx(1.96, abs=1e-2)
    assert (cut.diff() >= 0).all()
    assert torch.isfinite(truncate(torch.tensor([[-40.0, 40.0]]), 0.999)).all()
