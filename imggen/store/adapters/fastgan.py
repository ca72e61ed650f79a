"""The FastGAN generators that were published as ``huggan/fastgan-few-shot-*``."""

from __future__ import annotations

import torch
from torch import nn

from imggen.models.foreign.fastgan_original import FastGANOriginalGenerator, UpBlock
from imggen.models.gan.fastgan import Noise
from imggen.store.adapters.weights import Weights, filled

_SIDES = (8, 16, 32, 64, 128, 256, 512, 1024)


def fastgan(weights: Weights) -> nn.Module:
    """Build the generator; its noise, which the authors draw anew for every image, is drawn once and for all.

    Of the two outputs the one of 128 pixels is left out: only the discriminator looked at it.
    """
    first = "_init._layers.0._conv"
    latent_size, doubled = weights.shape(f"{first}.weight_orig")[:2]
    widths = [
        doubled // 2,
        *(weights.shape(f"_upsample_{side}._layers.1._conv.weight_orig")[0] // 2 for side in _SIDES),
    ]
    state = {
        "first.weight": weights.take_normalised(first, dim=1),
        **weights.take_batch_norm("_init._layers.1", "norm"),
        "to_rgb.weight": weights.take_normalised("_out_1024.0._conv"),
    }
    network = FastGANOriginalGenerator(widths, latent_size)
    for side, block in network.blocks.items():
        theirs, place = f"_upsample_{side}._layers", 1  # in a row: resize, convolution, noise if any, norm, gate ...
        assert isinstance(block, UpBlock)
        for number, stage in enumerate(block):
            assert isinstance(stage, nn.Sequential)
            ours = f"blocks.{side}.{number}"
            state[f"{ours}.0.weight"] = weights.take_normalised(f"{theirs}.{place}._conv")
            if isinstance(stage[1], Noise):
                place += 1
                state[f"{ours}.1.strength"] = weights.take(f"{theirs}.{place}._weight").reshape(())
            state |= weights.take_batch_norm(f"{theirs}.{place + 1}", f"{ours}.2")
            place += 3
    for side in network.excitations:
        for ours, place in (("squeeze", 1), ("weigh", 3)):
            state[f"excitations.{side}.{ours}.weight"] = weights.take_normalised(f"_sle_{side}._layers.{place}._conv")
    weights.drop(r"_out_128\.0\._conv\.weight_(orig|u|v)")
    generator = torch.Generator().manual_seed(0)
    for name, buffer in network.named_buffers():
        if name.endswith(".noise"):
            state[name] = torch.randn(buffer.shape, generator=generator)
    return filled(network, state)
