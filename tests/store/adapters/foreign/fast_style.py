"""The fast styles of pytorch/examples, which the ONNX model zoo exported."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class _Padded(nn.Module):
    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(inputs, outputs, size, stride)

    def forward(self, x: Tensor) -> Tensor:
        margin = self.conv2d.kernel_size[0] // 2
        return self.conv2d(F.pad(x, [margin] * 4, mode="reflect"))


def _norm(channels: int) -> nn.Module:
    return nn.InstanceNorm2d(channels, affine=True)


class _StyleBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.in1 = _Padded(channels, channels, 3), _norm(channels)
        self.conv2, self.in2 = _Padded(channels, channels, 3), _norm(channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.in2(self.conv2(F.relu(self.in1(self.conv1(x)))))


class ForeignFastStyle(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        one, two, four = channels, 2 * channels, 4 * channels
        self.conv1, self.in1 = _Padded(3, one, 9), _norm(one)
        self.conv2, self.in2 = _Padded(one, two, 3, 2), _norm(two)
        self.conv3, self.in3 = _Padded(two, four, 3, 2), _norm(four)
        for index in range(1, 6):
            setattr(self, f"res{index}", _StyleBlock(four))
        self.deconv1, self.in4 = _Padded(four, two, 3), _norm(two)
        self.deconv2, self.in5 = _Padded(two, one, 3), _norm(one)
        self.deconv3 = _Padded(one, 3, 9)

    def forward(self, x: Tensor) -> Tensor:
        for index in (1, 2, 3):
            x = F.relu(getattr(self, f"in{index}")(getattr(self, f"conv{index}")(x)))
        for index in range(1, 6):
            x = getattr(self, f"res{index}")(x)
        x = F.relu(self.in4(self.deconv1(F.interpolate(x, scale_factor=2))))
        x = F.relu(self.in5(self.deconv2(F.interpolate(x, scale_factor=2))))
        return self.deconv3(x)
