"""The image translators of one direction that were published as ``huggan/pix2pix-*`` and ``huggan/*_cyclegan``."""

from __future__ import annotations

from itertools import count, takewhile

from torch import nn

from imggen.models.foreign.one_way import PaintingResnet, UNet
from imggen.store.adapters.weights import Weights, filled

_HALVINGS = 8


def night_to_day(weights: Weights) -> nn.Module:
    """Build pix2pix's U-Net from photos taken at night to the same places by day."""
    widths = [weights.shape(f"down{level}.model.0.weight")[0] for level in range(1, _HALVINGS + 1)]
    network = UNet(widths, ("night", "day"))
    state = {
        f"down.{level - 1}.weight": weights.take(f"down{level}.model.0.weight") for level in range(1, _HALVINGS + 1)
    }
    state |= {f"up.{level - 1}.weight": weights.take(f"up{level}.model.0.weight") for level in range(1, _HALVINGS)}
    state |= {f"to_rgb.{part}": weights.take(f"final.2.{part}") for part in ("weight", "bias")}
    return filled(network, state)


def simulation_to_reality(weights: Weights) -> nn.Module:
    """Build a residual generator from pictures of a simulated street to photos of a real one."""
    return _resnet(weights, ("simulation", "reality"))


def reality_to_simulation(weights: Weights) -> nn.Module:
    """Build a residual generator from photos of a street to pictures as of a simulated one."""
    return _resnet(weights, ("reality", "simulation"))


def _resnet(weights: Weights, domains: tuple[str, str]) -> nn.Module:
    channels = weights.shape("model.1.weight")[0]
    blocks = len(list(takewhile(lambda block: f"model.{10 + block}.block.1.weight" in weights, count())))
    network = PaintingResnet(channels, blocks, domains)
    after = 10 + blocks
    names = {"model.1": "head", "model.4": "down.0", "model.7": "down.1"}
    for block in range(blocks):
        names |= {f"model.{10 + block}.block.{1 + 4 * part}": f"body.{2 * block + part}" for part in (0, 1)}
    names |= {f"model.{after + 1}": "up.0", f"model.{after + 5}": "up.1", f"model.{after + 9}": "to_rgb"}
    return filled(
        network,
        {
            f"{ours}.{part}": weights.take(f"{theirs}.{part}")
            for theirs, ours in names.items()
            for part in ("weight", "bias")
        },
    )
