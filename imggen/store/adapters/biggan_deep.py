"""The BigGAN-deep generators in the format of ``pytorch-pretrained-BigGAN``."""

from __future__ import annotations

from torch import Tensor, nn

from imggen.models.foreign.biggan_deep import BigGANDeepGenerator
from imggen.store.adapters.weights import Weights, filled

#: Side of its pictures, in pixels.
_SIZE = 128
#: Side in pixels of what goes through self-attention.
_ATTENTION = 64


def biggan_deep(weights: Weights) -> nn.Module:
    """Build the generator for images of 128 x 128 pixels."""
    latent_size, classes = weights.shape("embeddings.weight")
    statistics, channels = weights.shape("generator.bn.running_means")
    network = BigGANDeepGenerator(_SIZE, channels, latent_size, _ATTENTION, classes, statistics)
    state = {
        "embedding.weight": weights.take("embeddings.weight"),
        **weights.take_normalised_layer("generator.gen_z", "first"),
        "norm.means": weights.take("generator.bn.running_means"),
        "norm.variances": weights.take("generator.bn.running_vars"),
        "norm.gain": weights.take("generator.bn.weight"),
        "norm.bias": weights.take("generator.bn.bias"),
        # The published layer has as many outputs as inputs, and only the first three are colours.
        **{name: value[:3] for name, value in weights.take_normalised_layer("generator.conv_to_rgb", "to_rgb").items()},
    }
    place = 0
    for number in range(len(network.blocks)):
        if str(number) in network.attentions:
            state |= _attention(weights, f"generator.layers.{place}", f"attentions.{number}")
            place += 1
        state |= _block(weights, f"generator.layers.{place}", f"blocks.{number}")
        place += 1
    return filled(network, state)


def _block(weights: Weights, theirs: str, ours: str) -> dict[str, Tensor]:
    state: dict[str, Tensor] = {}
    for index in range(4):
        norm = f"{ours}.norms.{index}"
        state[f"{norm}.means"] = weights.take(f"{theirs}.bn_{index}.running_means")
        state[f"{norm}.variances"] = weights.take(f"{theirs}.bn_{index}.running_vars")
        state[f"{norm}.gain.weight"] = weights.take_normalised(f"{theirs}.bn_{index}.scale")
        state[f"{norm}.bias.weight"] = weights.take_normalised(f"{theirs}.bn_{index}.offset")
        state |= weights.take_normalised_layer(f"{theirs}.conv_{index}", f"{ours}.convs.{index}")
    return state


def _attention(weights: Weights, theirs: str, ours: str) -> dict[str, Tensor]:
    names = {"theta": "query", "phi": "key", "g": "value", "o_conv": "out"}
    state = {
        f"{ours}.{name}.weight": weights.take_normalised(f"{theirs}.snconv1x1_{foreign}")
        for foreign, name in names.items()
    }
    return {**state, f"{ours}.strength": weights.take(f"{theirs}.gamma").reshape(())}
