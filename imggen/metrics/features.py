"""Images as feature vectors, for the distances in :mod:`imggen.metrics.statistics`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from imggen.imaging.tensors import to_tensor
from imggen.models.vgg16 import VGG16Features

#: Layers that describe an image, texture and content; give them to :func:`imggen.store.vgg16.load_vgg16`.
LAYERS = ("relu4_3", "relu5_3")
#: Side that every image is resized to, by antialiased bicubic interpolation.
SIDE = 128
_BATCH = 32


@torch.inference_mode()
def vgg_features(images: Sequence[Image.Image] | Tensor, trunk: VGG16Features, side: int = SIDE) -> NDArray[np.float64]:
    """Describe each image by the spatial mean of VGG-16 activations.

    The channels at every position are first scaled to a root mean square of 1. Copies of VGG-16 differ in scale, and a
    few channels would otherwise outweigh all others; so does LPIPS, for the same reason. FID and KID are usually
    measured on Inception's features: distances on these have another scale and compare only with each other.

    Args:
        images: RGB images of any size, or a uint8 tensor (N, 3, H, W); N at least 1.
        trunk: features from :func:`imggen.store.vgg16.load_vgg16`; the layers it returns are concatenated.
        side: of the square that images are resized to, by antialiased bicubic interpolation.

    Returns:
        (N, D), D being the sum of the layers' widths: 1024 for :data:`LAYERS`.
    """
    device = next(trunk.parameters()).device
    rows = []
    for start in range(0, len(images), _BATCH):
        squares = torch.cat([_square(image, side) for image in images[start : start + _BATCH]])
        found = trunk(squares.to(device, memory_format=torch.channels_last))
        rows.append(torch.cat([_unit_scale(layer).mean((2, 3)) for layer in found.values()], 1).cpu().double())
    return torch.cat(rows).numpy()


def _square(image: Image.Image | Tensor, side: int) -> Tensor:
    x = image[None].float() / 255 if isinstance(image, Tensor) else to_tensor(image)
    return F.interpolate(x, (side, side), mode="bicubic", antialias=True).clamp(0, 1)


def _unit_scale(features: Tensor) -> Tensor:
    """Scale the channels at every position of (B, C, H, W) to a root mean square of 1."""
    return features / (features.square().mean(1, keepdim=True).sqrt() + 1e-8)
