"""Read the weights out of an ONNX file: just enough of the protocol-buffers format for a graph's constants.

The fields are those of ``onnx.proto`` (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto): a model's graph is its
field 7, the graph's initialisers are its field 5, and of each tensor fields 1 (dimensions), 2 (data type), 4 (numbers),
8 (name) and 9 (raw data) matter.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FLOAT = 1


def initialisers(data: bytes) -> dict[str, Tensor]:
    """The float32 constants of an ONNX model's graph by name. Those of other types are left out: they are no weights.

    Raises:
        ValueError: when the data are damaged.
    """
    tensors = {}
    for graph in _each(memoryview(data), 7):
        for initialiser in _each(graph, 5):
            name, tensor = _tensor(initialiser)
            if tensor is not None:
                tensors[name] = tensor
    if not tensors:
        raise ValueError("no constants in this file")
    return tensors


def _tensor(message: memoryview) -> tuple[str, Tensor | None]:
    shape: list[int] = []
    name, kind, numbers = "", 0, b""
    for field, value in _fields(message):
        if field == 1:
            shape += [value] if isinstance(value, int) else list(_varints(value))
        elif field == 2 and isinstance(value, int):
            kind = value
        elif field in (4, 9) and not isinstance(value, int):
            numbers += bytes(value)
        elif field == 8 and not isinstance(value, int):
            name = bytes(value).decode()
    if kind != _FLOAT:
        return name, None
    if len(numbers) != 4 * math.prod(shape):
        raise ValueError(f"the constant {name} is incomplete")
    return name, torch.from_numpy(np.frombuffer(numbers, "<f4").astype(np.float32).reshape(shape))


def _each(message: memoryview, wanted: int) -> Iterator[memoryview]:
    return (value for field, value in _fields(message) if field == wanted and not isinstance(value, int))


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of every field: an integer, or the bytes of what is longer."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        kind = tag & 7
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            length, place = _varint(message, place)
        elif kind in (_FIXED32, _FIXED64):
            length = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError("unknown kind of field")
        if place + length > len(message):
            raise ValueError("the file ends too early")
        yield tag >> 3, message[place : place + length]
        place += length


def _varints(message: memoryview) -> Iterator[int]:
    place = 0
    while place < len(message):
        value, place = _varint(message, place)
        yield value


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """The number at a place, seven bits a byte, and the place after it."""
    value = shift = 0
    while True:
        if place >= len(message) or shift > 63:
            raise ValueError("the file ends too early")
        byte = message[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
