"""The fast styles of the ONNX model zoo, which are those of PyTorch's example ``fast_neural_style``."""

from __future__ import annotations

import re

import torch
from torch import Tensor, nn

from imggen.errors import CheckpointError
from imggen.models.style.transformer_net import TransformerNet
from imggen.store.adapters.weights import Weights, filled

#: Residual blocks.
_BLOCKS = 5
#: Side of the kernels of the first and the last convolution.
_EDGE = 9
#: Layers with a normalisation: their convolution, their normalisation, and ours.
_LAYERS = [
    ("conv1.conv2d", "in1", "head"),
    ("conv2.conv2d", "in2", "down1"),
    ("conv3.conv2d", "in3", "down2"),
    *(
        (f"res{block + 1}.conv{part}.conv2d", f"res{block + 1}.in{part}", f"blocks.{block}.{name}")
        for block in range(_BLOCKS)
        for part, name in ((1, "first"), (2, "second"))
    ),
    ("deconv1.conv2d", "in4", "up1"),
    ("deconv2.conv2d", "in5", "up2"),
]
#: The names of all tensors in the order in which the network uses them.
_NAMES = [
    *(f"{layer}.{part}" for conv, norm, _ in _LAYERS for layer in (conv, norm) for part in ("weight", "bias")),
    "deconv3.conv2d.weight",
    "deconv3.conv2d.bias",
]


def fast_style(weights: Weights) -> nn.Module:
    """Build the network of the one style.

    Theirs takes and gives colours of 0 to 255, ours takes 0 to 1, which it stretches to -2 to 2, and gives 0 to 1: the
    first and the last layer's weights make up for it. A bias before a normalisation has no effect, and ours has none.
    """
    weights = _named(weights)
    channels = weights.shape("conv1.conv2d.weight")[0]
    network = TransformerNet(channels, _BLOCKS, edge=_EDGE, ending="clamp")
    state: dict[str, Tensor] = {
        "to_rgb.weight": weights.take("deconv3.conv2d.weight") / 255,
        "to_rgb.bias": weights.take("deconv3.conv2d.bias") / 255,
    }
    for conv, norm, ours in _LAYERS:
        state[f"{ours}.conv.weight"] = weights.take(f"{conv}.weight")
        weights.take(f"{conv}.bias")
        scale, shift = weights.take(f"{norm}.weight"), weights.take(f"{norm}.bias")
        state[f"{ours}.norm.affine.weight"] = torch.cat([scale - 1, shift])[:, None]  # ours adds 1 to the scale
        state[f"{ours}.norm.affine.bias"] = torch.zeros(2 * len(scale))
    state["head.conv.weight"] = state["head.conv.weight"] * (255 / 4)
    return filled(network, state)


def _named(weights: Weights) -> Weights:
    """The weights under the names of PyTorch's example.

    Some exporters number the tensors in the order in which the network uses them, and with them the factors of its two
    enlargements, which are constants of four numbers: for batch, channels, height and width.
    """
    if "conv1.conv2d.weight" in weights:
        weights.drop(r"\d+")  # constants of the graph
        return weights
    numbered = {}
    for name, tensor in weights.take_all().items():
        place = re.search(r"\d+$", name)
        if place is None:
            raise CheckpointError(f"the tensor 'conv1.conv2d.weight' is missing, and {name!r} has no number instead.")
        numbered[int(place.group())] = tensor
    in_order = [numbered[place] for place in sorted(numbered) if not _is_enlargement(numbered[place])]
    if len(in_order) != len(_NAMES):
        raise CheckpointError(f"it has {len(in_order)} tensors instead of {len(_NAMES)}.")
    return Weights(dict(zip(_NAMES, in_order, strict=True)))


def _is_enlargement(tensor: Tensor) -> bool:
    return tensor.shape == (4,) and tensor.tolist() == [1, 1, 2, 2]
