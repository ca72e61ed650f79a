"""Images as VGG-16 features: shape, scale, and the same for every way to hand the pictures over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from imggen.metrics.features import LAYERS, vgg_features
from imggen.store.vgg16 import load_vgg16
from tests.conftest import picture

SIDE = 32


def test_pictures_and_tensors_give_the_same_features(vgg16_file: Path) -> None:
    trunk = load_vgg16(vgg16_file, LAYERS)
    pictures = [picture(24, 24, seed) for seed in range(3)]
    pixels = torch.stack([torch.from_numpy(np.array(image)).permute(2, 0, 1) for image in pictures])
    found = vgg_features(pictures, trunk, SIDE)
    assert (found.shape, found.dtype) == ((3, 1024), np.float64)
    assert np.allclose(found, vgg_features(pixels, trunk, SIDE), atol=1e-5)
    assert np.abs(found[0] - found[1]).max() > 0.01


def test_features_do_not_depend_on_the_batch_and_keep_the_order(
    vgg16_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trunk = load_vgg16(vgg16_file, LAYERS)
    pictures = [picture(20 + seed, 30, seed) for seed in range(5)]
    whole = vgg_features(pictures, trunk, SIDE)
    monkeypatch.setattr("imggen.metrics.features._BATCH", 2)
    assert np.allclose(whole, vgg_features(pictures, trunk, SIDE), atol=1e-5)


def test_the_scale_of_a_trunk_does_not_matter(vgg16_file: Path) -> None:
    """The last convolution of each layer multiplied by 7 multiplies activations, and their distances, no more."""
    trunk = load_vgg16(vgg16_file, ("relu4_3",))
    pictures = [picture(24, 24, seed) for seed in range(2)]
    before = vgg_features(pictures, trunk, SIDE)
    last = trunk.features[-2]
    assert isinstance(last, torch.nn.Conv2d)
    assert last.bias is not None
    last.weight.mul_(7)
    last.bias.mul_(7)
    assert np.allclose(before, vgg_features(pictures, trunk, SIDE), atol=1e-5)
