"""LPIPS, the learned perceptual distance.

Zhang et al., 2018, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric"
(https://arxiv.org/abs/1801.03924), section 3: the VGG variant, version 0.1. The ImageNet features come from a
safetensors file, the weights of the channels from the PyPI package ``lpips``.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor, nn

from imggen.errors import WeightsUnavailable
from imggen.store.file_names import sha256_of
from imggen.store.vgg16 import load_vgg16

LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3")


class LPIPS(nn.Module):
    """Perceptual distance between images: 0 for equal ones, about 0.1 for close ones, towards 1 for unrelated ones.

    Args:
        vgg16: safetensors file with VGG-16 in torchvision's layout, see :func:`imggen.store.vgg16.load_vgg16`.

    Raises:
        CheckpointError: when that file does not fit.
        WeightsUnavailable: when the package ``lpips`` is not installed.
    """

    def __init__(self, vgg16: str | Path) -> None:
        super().__init__()
        self.trunk = load_vgg16(vgg16, LAYERS)
        self.channel_weights = nn.ParameterDict(
            {layer: nn.Parameter(weight, False) for layer, weight in zip(LAYERS, _channel_weights(), strict=True)}
        )

    @torch.inference_mode()
    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Compare images (B, 3, H, W) in 0..1, sides of at least 16 pixels; returns distances (B,)."""
        features_a, features_b = self.trunk(a), self.trunk(b)
        distance = torch.zeros(len(a), device=a.device)
        for layer, weight in self.channel_weights.items():
            difference = (_unit_length(features_a[layer]) - _unit_length(features_b[layer])) ** 2
            distance += (difference * weight).sum(1).mean((1, 2))
        return distance


def describe_trunk(vgg16: str | Path) -> str:
    """Say which features a distance stands on: the start of the file's sha256, and its source where it names one.

    Distances on different features do not compare: not with each other, nor with published ones.
    """
    with safe_open(str(vgg16), framework="pt") as file:
        source = (file.metadata() or {}).get("source", "")
    return f"sha256 {sha256_of(vgg16)[:16]}" + (f", {' '.join(source.split())[:200]}" if source else "")


def _unit_length(features: Tensor) -> Tensor:
    """Scale the channel vector at every position of (B, C, H, W) to length 1."""
    return features / (features.norm(dim=1, keepdim=True) + 1e-10)


def _channel_weights() -> list[Tensor]:
    """Read the weights of the package, each (1, C, 1, 1), without importing it: that would pull in torchvision."""
    package = find_spec("lpips")
    if package is None or package.origin is None:
        raise WeightsUnavailable("LPIPS needs the weights in the package lpips: run `pip install lpips`.")
    path = Path(package.origin).parent / "weights" / "v0.1" / "vgg.pth"
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise WeightsUnavailable("The package lpips lacks its VGG weights: run `pip install lpips` again.") from error
    return [state[f"lin{index}.model.1.weight"] for index in range(len(LAYERS))]
