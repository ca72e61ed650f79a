"""Directions of a latent space that mean something, found without training.

Where there is a space of styles, its principal components (GANSpace: Härkönen et al., 2020,
https://arxiv.org/abs/2004.02546, section 2.1). Elsewhere what the first layer amplifies most (SeFa: Shen and Zhou,
2021, https://arxiv.org/abs/2007.06600, equation 5); a batch normalisation after it belongs to the layer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from imggen.errors import InputError
from imggen.imaging.recipe import RECIPE_KEY
from imggen.imaging.tensors import to_image
from imggen.models.autoencoder.vae import VAE
from imggen.models.foreign.biggan_deep import BigGANDeepGenerator
from imggen.models.foreign.fastgan_original import FastGANOriginalGenerator
from imggen.models.gan.biggan import BigGANGenerator
from imggen.models.gan.cgan import CGANGenerator
from imggen.models.gan.dcgan import DCGANGenerator
from imggen.models.gan.fastgan import FastGANGenerator
from imggen.models.gan.progan import ProGANGenerator
from imggen.models.gan.refined import RefinedGenerator
from imggen.models.gan.stylegan2 import StyleGAN2Generator
from imggen.pipelines import recipe
from imggen.pipelines.arguments import number
from imggen.pipelines.generators.latent_space import Keyframe, LatentSpace, Point, found

#: Directions a picture can be moved along, and how far, in standard deviations of the latents.
COUNT, FURTHEST = 8, 3.0
_SAMPLES = 2048


@torch.inference_mode()
def directions(network: nn.Module, count: int = COUNT) -> Tensor:
    """Find the directions that change a generator's pictures most, in descending order.

    Args:
        network: a generator of :data:`imggen.models.GENERATORS` or an autoencoder.
        count: how many, at most the size of the latent space.

    Returns:
        (count, latent_size) in float32 on the CPU, of Z or, for networks that have it, W. They are orthogonal; one of
        them added moves a latent by one standard deviation. The greatest entry of each is positive, which fixes its
        sign.

    Raises:
        InputError: when the network is of no known kind.
    """
    rows = (_styles(network) if isinstance(network, StyleGAN2Generator) else first_layer(network)).double().cpu()
    strengths, vectors = torch.linalg.eigh(rows.T @ rows)
    strengths, vectors = strengths.flip(0)[:count], vectors.flip(1).T[:count]
    greatest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    vectors = vectors * greatest.sign()
    if isinstance(network, StyleGAN2Generator):  # elsewhere latents have a deviation of 1 along any direction
        vectors = vectors * (strengths / len(rows)).sqrt()[:, None]
    return vectors.float()


def _styles(network: StyleGAN2Generator) -> Tensor:
    """Styles (samples, latent_size) around the average of their class."""
    z = torch.from_numpy(np.random.RandomState(0).standard_normal((_SAMPLES, network.latent_size)))
    z = z.to(network.constant)
    if not network.classes:
        w = network.mapping(z, None).float()
        return w - w.mean(0)
    styles = []
    for part, label in zip(z.chunk(network.classes), torch.eye(network.classes), strict=False):
        w = network.mapping(part, label.to(z).expand(len(part), -1)).float()
        styles.append(w - w.mean(0))
    return torch.cat(styles)


def first_layer(network: nn.Module) -> Tensor:
    """The linear map (outputs, latent_size) that a network applies to its latents before anything that is not linear.

    BigGAN hands each part of a latent to layers of its own: there the matrix has a block for each. BigGAN-deep hands
    all of it to every normalisation: there their matrices are stacked.

    Raises:
        InputError: when the network is of no known kind.
    """
    if type(network) not in _FIRST_LAYERS:
        raise InputError(f"No directions are known for a {type(network).__name__}.")
    return _FIRST_LAYERS[type(network)](network)


def _dcgan(network: Any) -> Tensor:
    first, norm, *_ = network.layers
    return _normalised(first.weight.flatten(2).permute(1, 2, 0), norm)


def _cgan(network: Any) -> Tensor:
    weight = _dcgan(network.network)[:, : network.plain_size]
    return F.pad(weight, (0, network.latent_size - network.plain_size))  # which class is drawn is no linear matter


def _vae(network: Any) -> Tensor:
    first, _, norm, *_ = network.decoder
    weight = first.weight[:, : network.latent_size]
    return _normalised(weight.unflatten(0, (norm.num_features, -1)), norm)


def _biggan(network: Any) -> Tensor:
    blocks = [network.first.weight]
    for block in network.blocks:
        layers = [layer for norm in (block.norm1, block.norm2) for layer in (norm.gain, norm.bias)]
        blocks.append(torch.cat([layer.weight[:, -network.latent_part :] for layer in layers]))
    return torch.block_diag(*blocks)


def _biggan_deep(network: Any) -> Tensor:
    norms = [norm for block in network.blocks for norm in block.norms]
    layers = [network.first, *(layer for norm in norms for layer in (norm.gain, norm.bias))]
    return torch.cat([layer.weight[:, : network.latent_size] for layer in layers])


def _normalised(weight: Tensor, norm: Any) -> Tensor:
    """Scale weights (channels, places, latent_size) by the batch normalisation behind them; (outputs, latent_size)."""
    gain = norm.weight.float() * (norm.running_var.float() + norm.eps).rsqrt()
    return (weight.float() * gain[:, None, None]).flatten(0, 1)


def _fastgan(network: Any) -> Tensor:
    weight = network.first.weight[: network.latent_size]  # without the part for the class
    return _normalised(weight.flatten(2).permute(1, 2, 0), network.norm)


_FIRST_LAYERS: dict[type[nn.Module], Callable[[Any], Tensor]] = {
    DCGANGenerator: _dcgan,
    CGANGenerator: _cgan,
    FastGANGenerator: _fastgan,
    FastGANOriginalGenerator: _fastgan,
    VAE: _vae,
    ProGANGenerator: lambda network: network.first.weight * network.first.scale,
    BigGANGenerator: _biggan,
    BigGANDeepGenerator: _biggan_deep,
    RefinedGenerator: lambda network: first_layer(network.generator),
}


def moved(
    space: LatentSpace, keyframe: Keyframe, amounts: Sequence[float], truncation: float = 1.0
) -> tuple[Point, Image.Image]:
    """Move a picture along the directions of its model.

    Args:
        space: of the model.
        keyframe: where to start from.
        amounts: how far along the first, second ... direction, -3..3 standard deviations each.
        truncation: of a seed, as for sampling.

    Returns:
        The place reached, and its picture with the recipe in ``info["imggen"]``.

    Raises:
        InputError: when an argument does not fit.
    """
    if not isinstance(amounts, Sequence) or len(amounts) > COUNT:
        raise InputError(f"Give at most {COUNT} amounts.")
    wrong = f"Each direction's amount must be a number from {-FURTHEST:g} to {FURTHEST:g}."
    steps = torch.tensor([number(amount, -FURTHEST, FURTHEST, wrong) for amount in amounts])
    start = space.point(keyframe, truncation)
    values = start.w if space.layers else start.z
    assert values is not None
    axes = directions(space.network, len(steps))
    place = found(values + steps[: len(axes)] @ axes, start.mix)
    image = to_image(space.render(*space.latents([place]), truncation))
    parameters = {"seeds": [space.recorded(keyframe)], "amounts": steps.tolist(), "truncation": float(truncation)}
    image.info[RECIPE_KEY] = recipe("directions", space.pipeline.info, parameters, [])
    return place, image
