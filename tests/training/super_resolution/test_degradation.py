"""Degradations against Pillow, and what the random one may change."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from imggen.imaging.tensors import to_image, to_tensor
from imggen.training.super_resolution.degradation import DEGRADATIONS, bicubic, compressed, photo, realistic
from tests.conftest import picture


def test_bicubic_equals_pillow_to_rounding() -> None:
    image = picture(96, 64)
    ours = bicubic(to_tensor(image)[0], np.random.default_rng(0), 4)
    theirs = to_tensor(image.resize((24, 16), Image.Resampling.BICUBIC))[0]
    assert ours.shape == (3, 16, 24)
    assert (ours - theirs).abs().max() <= 1.01 / 255


@pytest.mark.parametrize("name", sorted(DEGRADATIONS))
def test_values_are_8_bit_and_repeatable(name: str) -> None:
    image = to_tensor(picture(64, 48))[0]
    for seed in range(8):
        low = DEGRADATIONS[name].degrade(image, np.random.default_rng(seed), 4)
        again = DEGRADATIONS[name].degrade(image, np.random.default_rng(seed), 4)
        assert torch.equal(low, again)
        assert low.shape == (3, 12, 16)
        assert low.min() >= 0
        assert low.max() <= 1
        assert torch.equal((low * 255).round() / 255, low)


def test_realistic_differs_from_bicubic_and_between_draws_but_stays_the_picture() -> None:
    image = to_tensor(picture(64, 64))[0]
    clean = bicubic(image, np.random.default_rng(0), 4)
    batch = torch.stack([realistic(image, np.random.default_rng(seed), 4) for seed in range(12)])
    assert batch.shape == (12, *clean.shape)
    assert len({to_image(low).tobytes() for low in batch}) >= 11
    assert sum(torch.equal(low, clean) for low in batch) <= 2  # now and then every step is left out
    # Blur, noise and JPEG spoil single pixels, not the colours of the whole.
    assert (batch.mean((2, 3)) - clean.mean((1, 2))).abs().max() < 0.03


def test_photos_are_now_and_then_clean_and_mostly_damaged_but_stay_the_picture() -> None:
    image = to_tensor(picture(96, 96))[0]
    clean = bicubic(image, np.random.default_rng(0), 4)
    batch = torch.stack([photo(image, np.random.default_rng(seed), 4) for seed in range(60)])
    errors = (batch - clean).abs().mean((1, 2, 3))
    assert 2 <= (errors == 0).sum() <= 18
    assert errors.max() > 0.03
    assert (batch.mean((0, 2, 3)) - clean.mean((1, 2))).abs().max() < 0.02


def test_compressed_is_bicubic_half_of_the_time_and_close_to_it_otherwise() -> None:
    image = to_tensor(picture(64, 64))[0]
    clean = bicubic(image, np.random.default_rng(0), 4)
    batch = [compressed(image, np.random.default_rng(seed), 4) for seed in range(40)]
    assert 10 <= sum(torch.equal(low, clean) for low in batch) <= 30
    assert all((low - clean).abs().mean() < 0.1 for low in batch)
