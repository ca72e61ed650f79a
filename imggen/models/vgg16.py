"""The convolutional part of VGG-16, as a feature extractor for perceptual losses and metrics.

Simonyan and Zisserman, 2015, "Very Deep Convolutional Networks for Large-Scale Image Recognition"
(https://arxiv.org/abs/1409.1556), configuration D. Parameter names and layer indices follow torchvision's
``vgg16().features``.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

#: Index of each activation in torchvision's ``vgg16().features``; the convolution stands one before it.
RELU_INDEX = {
    "relu1_1": 1,
    "relu1_2": 3,
    "relu2_1": 6,
    "relu2_2": 8,
    "relu3_1": 11,
    "relu3_2": 13,
    "relu3_3": 15,
    "relu4_1": 18,
    "relu4_2": 20,
    "relu4_3": 22,
    "relu5_1": 25,
    "relu5_2": 27,
    "relu5_3": 29,
}
_WIDTHS = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512)


class VGG16Features(nn.Module):
    """Named activations of VGG-16. Input (B, 3, H, W) in 0..1; ImageNet normalisation happens inside.

    Args:
        layers: names from :data:`RELU_INDEX`; the network stops after the deepest.
        before_relu: return the convolution's output instead of the activation (ESRGAN section 3.2).
    """

    mean: Tensor
    std: Tensor

    def __init__(self, layers: Sequence[str], before_relu: bool = False) -> None:
        super().__init__()
        self.layers = tuple(layers)
        self._names_by_index = {RELU_INDEX[name] - before_relu: name for name in layers}
        modules: list[nn.Module] = []
        channels = 3
        for width in _WIDTHS:
            if width:
                modules += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=False)]
                channels = width
            else:
                modules.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*modules[: max(self._names_by_index) + 1])
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Return {layer name: features (B, C, H', W')} for the asked layers."""
        x = (x - self.mean) / self.std
        found = {}
        for index, module in enumerate(self.features):
            x = module(x)
            if index in self._names_by_index:
                found[self._names_by_index[index]] = x
        return found
