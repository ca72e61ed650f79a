"""The generators that ``lightweight-gan``'s trainers save, among them ``ceyda/butterfly_cropped_uniq1K_512``."""

from __future__ import annotations

from itertools import count, takewhile

from torch import Tensor, nn

from imggen.models.foreign.lightweight_gan import REACH, LightweightGANGenerator
from imggen.store.adapters.weights import Weights, filled


def lightweight_gan(weights: Weights) -> nn.Module:
    """Build the generator that the authors' own demonstrations use.

    The file holds three more networks, which are left out: the discriminator, also as "D_aug", and the generator's
    moving average "GE".
    """
    weights.drop(r"(GE|D|D_aug)\..+")
    latent_size = weights.shape("G.initial_conv.0.weight")[0]
    doublings = list(takewhile(lambda place: f"G.layers.{place}.0.2.weight" in weights, count()))
    widths = [weights.shape(f"G.layers.{place}.0.2.weight")[0] // 2 for place in doublings]
    attention = [4 * 2**place for place in doublings if f"G.layers.{place}.2.norm.g" in weights]
    blur = weights.shape("G.layers.0.0.1.f")[0] if "G.layers.0.0.1.f" in weights else 0
    network = LightweightGANGenerator(widths, latent_size, attention, blur)
    state = {
        **_layer(weights, "G.initial_conv.0", "first"),
        **weights.take_batch_norm("G.initial_conv.1", "norm"),
        **_layer(weights, "G.out_conv", "to_rgb"),
    }
    for place in doublings:
        theirs, side = f"G.layers.{place}", 8 * 2**place
        if blur:
            state[f"blocks.{side}.1.kernel"] = weights.take(f"{theirs}.0.1.f")
        state |= _layer(weights, f"{theirs}.0.2", f"blocks.{side}.2")
        state |= weights.take_batch_norm(f"{theirs}.0.3", f"blocks.{side}.3")
        if str(side) in network.attentions:
            state |= _attention(weights, f"{theirs}.2", f"attentions.{side}")
    for side in network.excitations:
        theirs, ours = f"G.layers.{_place(int(side))}.1", f"excitations.{side}"
        state |= _layer(weights, f"{theirs}.to_k", f"{ours}.look")
        state |= _layer(weights, f"{theirs}.net.0", f"{ours}.squeeze")
        state |= _layer(weights, f"{theirs}.net.2", f"{ours}.weigh")
    return filled(network, state)


def _layer(weights: Weights, theirs: str, ours: str) -> dict[str, Tensor]:
    return {f"{ours}.{part}": weights.take(f"{theirs}.{part}") for part in ("weight", "bias")}


def _attention(weights: Weights, theirs: str, ours: str) -> dict[str, Tensor]:
    names = {
        "norm.g": "gain",
        "norm.b": "bias",
        "fn.to_q.weight": "query.weight",
        "fn.to_kv.net.0.weight": "gather.weight",
        "fn.to_kv.net.1.weight": "key_value.weight",
        "fn.to_out.weight": "out.weight",
        "fn.to_out.bias": "out.bias",
    }
    return {f"{ours}.{name}": weights.take(f"{theirs}.{foreign}") for foreign, name in names.items()}


def _place(side: int) -> int:
    """Where they keep the excitation of a resolution: with the doubling whose result it looks at."""
    return (side // REACH // 8).bit_length() - 1
