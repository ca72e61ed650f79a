"""File formats of other projects, written, and random values for their networks."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Mapping

import torch
from torch import Tensor, nn

warnings.filterwarnings("ignore", category=FutureWarning, module="torch.nn.utils")


def randomised(network: nn.Module, seed: int = 0) -> nn.Module:
    """Give every tensor values of its own: statistics that are not 0 and 1, strengths that are not 0."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in network.state_dict().items():
        if not value.is_floating_point():
            continue
        if name.endswith(("running_var", "running_vars")):
            value.uniform_(0.5, 1.5, generator=generator)
        elif not name.endswith(("_u", "_v", ".f")):
            scale = 0.5 if value.dim() < 2 else 1 / value[0].numel() ** 0.5
            value.normal_(0, scale, generator=generator)
    network.train()
    with torch.no_grad():
        for module in network.modules():
            for hook in module._forward_pre_hooks.values():
                for _ in range(3):
                    hook(module, ())  # settles the estimates of the spectral norms
    return network.eval()


def pth(state: object) -> bytes:
    """What ``torch.save`` writes."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def _varint(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + _varint(rest) if rest else bytes([low])


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def onnx(state: Mapping[str, Tensor], packed: bool = False) -> bytes:
    """An ONNX model with these constants, a shape constant of integers, and one node."""
    initialisers = b""
    for name, value in state.items():
        dims = b"".join(_varint(side) for side in value.shape)
        shape = _field(1, dims) if packed else b"".join(_field(1, side) for side in value.shape)
        data = value.contiguous().numpy().tobytes()
        initialisers += _field(5, shape + _field(2, 1) + _field(8, name.encode()) + _field(4 if packed else 9, data))
    shape_constant = _field(1, 2) + _field(2, 7) + _field(8, b"170") + _field(9, struct.pack("<2q", 1, -1))
    node = _field(1, _field(1, b"input1") + _field(2, b"output1") + _field(4, b"Conv"))
    graph = node + _field(2, b"torch-jit-export") + initialisers + _field(5, shape_constant)
    return _field(1, 4) + _field(2, b"pytorch") + _field(7, graph) + _field(8, _field(2, 9))
