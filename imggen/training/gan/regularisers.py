"""Penalties on gradients and weights. Each returns a scalar in float32 that a recipe multiplies by its weight."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def squared_gradient(scores: Tensor, images: Tensor) -> Tensor:
    """Squared norm of each score's gradient, (B,), itself differentiable.

    Args:
        scores: (B,), computed from ``images``.
        images: (B, C, H, W) that require a gradient.
    """
    (gradient,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
    return gradient.float().square().sum((1, 2, 3))


def zero_centred(scores: Tensor, images: Tensor) -> Tensor:
    """Half the mean squared gradient norm: R1 on real images, R2 on generated ones.

    Mescheder et al., 2018, "Which Training Methods for GANs do actually Converge?" (https://arxiv.org/abs/1801.04406),
    equations 9 and 10, without the factor gamma. Arguments as :func:`squared_gradient`.
    """
    return squared_gradient(scores, images).mean() / 2


def one_centred(scores: Tensor, images: Tensor) -> Tensor:
    """Mean squared distance of the gradient norms from 1, on images between real and generated ones.

    Gulrajani et al., 2017, "Improved Training of Wasserstein GANs" (https://arxiv.org/abs/1704.00028), equation 3,
    without the factor lambda. Arguments as :func:`squared_gradient`.
    """
    return ((squared_gradient(scores, images) + 1e-12).sqrt() - 1).square().mean()


def orthogonal(network: nn.Module) -> Tensor:
    """Squared products of different filters, over all weights of at least two dimensions.

    Brock et al., 2019, "Large Scale GAN Training" (https://arxiv.org/abs/1809.11096), equation 3: the diagonal is left
    free, so filters keep their length. Weights with a parametrisation, such as spectral normalisation, are taken after
    it; embeddings are left out, because they are no filters. Returns a scalar in float32.
    """
    total = torch.zeros(())
    for module in network.modules():
        weight = getattr(module, "weight", None)
        if isinstance(module, nn.Embedding) or not isinstance(weight, Tensor) or weight.ndim < 2:
            continue
        filters = weight.float().flatten(1)
        gram = filters @ filters.T
        total = total.to(gram.device) + (gram - torch.diag(gram.diagonal())).square().sum()
    return total
