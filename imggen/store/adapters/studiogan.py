"""The BigGAN generators of PyTorch-StudioGAN (its ``big_resnet``) for images of 32 x 32 pixels."""

from __future__ import annotations

from torch import Tensor, nn

from imggen.models.gan.biggan import BigGANGenerator
from imggen.store.adapters.weights import Weights, filled

#: Side of its pictures, in pixels.
_SIZE = 32
_BLOCKS = 3
#: The block whose output, of 16 x 16 pixels, goes through self-attention.
_ATTENTION_AFTER = 1
#: Their normalisations add 1e-4 to the variance, ours 1e-5: the difference goes into the variance itself.
_EPS_DIFFERENCE = 1e-4 - 1e-5


def studiogan(weights: Weights) -> nn.Module:
    """Build the generator."""
    classes, embedding = weights.shape("shared.weight")
    latent_part = weights.shape("linear0.weight_orig")[1]
    channels = weights.shape("bn4.weight")[0]
    network = BigGANGenerator(_SIZE, channels, latent_part, embedding, _SIZE // 2, classes, widest=1)
    state = {
        "shared.weight": weights.take("shared.weight"),
        **weights.take_normalised_layer("linear0", "first"),
        **weights.take_batch_norm("bn4", "norm"),
        **weights.take_normalised_layer("conv2d5", "to_rgb"),
    }
    place = 0
    for number in range(_BLOCKS):
        theirs, ours = f"blocks.{place}.0", f"blocks.{number}"
        for norm, conv in ((1, 1), (2, 2)):
            state |= weights.take_batch_norm(f"{theirs}.bn{norm}.bn", f"{ours}.norm{norm}.norm")
            for part in ("gain", "bias"):
                state[f"{ours}.norm{norm}.{part}.weight"] = weights.take_normalised(f"{theirs}.bn{norm}.{part}")
            state |= weights.take_normalised_layer(f"{theirs}.conv2d{conv}", f"{ours}.conv{conv}")
        state |= weights.take_normalised_layer(f"{theirs}.conv2d0", f"{ours}.skip")
        place += 1
        if number == _ATTENTION_AFTER:
            state |= _attention(weights, f"blocks.{place}.0", f"attentions.{_SIZE // 2}")
            place += 1
    corrected = {name: value + _EPS_DIFFERENCE for name, value in state.items() if name.endswith("running_var")}
    return filled(network, {**state, **corrected})


def _attention(weights: Weights, theirs: str, ours: str) -> dict[str, Tensor]:
    names = {"theta": "query", "phi": "key", "g": "value", "attn": "out"}
    state = {
        f"{ours}.{name}.weight": weights.take_normalised(f"{theirs}.conv1x1_{foreign}")
        for foreign, name in names.items()
    }
    return {**state, f"{ours}.strength": weights.take(f"{theirs}.sigma").reshape(())}
