"""LPIPS: its properties, and equality with the authors' package."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from imggen.errors import CheckpointError, WeightsUnavailable
from imggen.imaging.tensors import to_tensor
from imggen.metrics import lpips as our_lpips
from imggen.metrics.lpips import LPIPS
from tests.conftest import picture

PACKAGE = find_spec("lpips")
needs_package = pytest.mark.skipif(PACKAGE is None, reason="the package lpips is not installed")


@needs_package
def test_equal_pictures_have_distance_zero_and_noise_increases_it(vgg16_file: Path) -> None:
    distance = LPIPS(vgg16_file)
    image = to_tensor(picture(48, 64))
    noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(0))
    found = [distance(image, (image + strength * noise).clamp(0, 1)).item() for strength in (0, 0.02, 0.1, 0.4)]
    assert found[0] == pytest.approx(0, abs=1e-9)
    assert found == sorted(found)
    assert found[1] > 0


@needs_package
def test_a_batch_gives_one_distance_for_each_pair(vgg16_file: Path) -> None:
    distance = LPIPS(vgg16_file)
    a = torch.cat([to_tensor(picture(32, 32, seed)) for seed in (0, 1)])
    b = torch.cat([to_tensor(picture(32, 32, seed)) for seed in (2, 1)])
    together = distance(a, b)
    assert together.shape == (2,)
    assert together[1] == pytest.approx(0, abs=1e-9)
    torch.testing.assert_close(together[:1], distance(a[:1], b[:1]))


@needs_package
def test_equals_the_authors_package(vgg16_file: Path) -> None:
    reference_package = pytest.importorskip("lpips")
    reference = reference_package.LPIPS(net="vgg", pnet_rand=True, verbose=False)
    state = load_file(vgg16_file)
    for name, parameter in reference.net.named_parameters():  # slice2.5.weight is features.5.weight
        parameter.data = state[f"features.{name.split('.', 1)[1]}"].float()
    a, b = torch.rand(2, 2, 3, 40, 56, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = reference(a, b, normalize=True).flatten()
    torch.testing.assert_close(LPIPS(vgg16_file)(a, b), expected, rtol=1e-4, atol=0)


@needs_package
def test_the_package_itself_is_not_imported(vgg16_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "lpips", raising=False)
    LPIPS(vgg16_file)
    assert "lpips" not in sys.modules


def test_a_missing_package_is_one_sentence(vgg16_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(our_lpips, "find_spec", lambda name: None)
    with pytest.raises(WeightsUnavailable, match="pip install lpips"):
        LPIPS(vgg16_file)


def test_a_file_that_is_no_vgg16_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        LPIPS(tmp_path / "missing.safetensors")
    other = tmp_path / "other.safetensors"
    save_file({"features.0.weight": torch.zeros(64, 3, 3, 3)}, other)
    with pytest.raises(CheckpointError, match=r"0\.bias is missing"):
        LPIPS(other)
