"""Losses as functions of tensors: every one returns a scalar in float32."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imggen.ranges import SCALE

#: Side of the window over which the error is averaged, in blocks.
_WINDOW = 8
#: Distances between two tensors of one shape.
DISTANCES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"l1": F.l1_loss, "mse": F.mse_loss}


def fft_l1(output: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of the orthonormal spectra of (B, C, H, W), over real and imaginary parts.

    The frequency reconstruction loss of Cho et al., 2021 (https://arxiv.org/abs/2108.05054), section 3.4, at one scale.
    """
    spectrum = torch.fft.rfft2(output.float() - target.float(), norm="ortho")
    return torch.view_as_real(spectrum).abs().mean()


def checkerboard(output: Tensor, target: Tensor) -> Tensor:
    """Mean absolute strength of the periodic grid that a pixel shuffle leaves in (B, C, H, W).

    The error at each position within a block of :data:`imggen.ranges.SCALE` pixels a side is averaged over
    neighbouring blocks. Real detail is not aligned with the blocks and averages out, a grid of dots does not. For the
    cause of such grids see Odena et al., 2016, "Deconvolution and Checkerboard Artifacts"
    (https://doi.org/10.23915/distill.00003). The mean error of a block is subtracted: other losses cover it.
    """
    by_position = F.pixel_unshuffle(output.float() - target.float(), SCALE).unflatten(1, (-1, SCALE**2))
    pattern = by_position - by_position.mean(2, keepdim=True)
    window = min(_WINDOW, *pattern.shape[3:])
    return F.avg_pool2d(pattern.flatten(1, 2), window, max(1, window // 2)).abs().mean()


#: Losses between output and target that need no network, by the name a recipe gives.
CONTENT_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    **DISTANCES,
    "fft": fft_l1,
    "checkerboard": checkerboard,
}


def perceptual(
    features: nn.Module, layers: Mapping[str, float], distance: str, output: Tensor, target: Tensor
) -> Tensor:
    """Weighted distance of two image batches in the feature space of a fixed network.

    Johnson et al., 2016 (https://arxiv.org/abs/1603.08155), section 3.2; on features before the activation as in
    ESRGAN (Wang et al., 2018, https://arxiv.org/abs/1809.00219, section 3.2) when ``features`` returns those.

    Args:
        features: maps (B, 3, H, W) in 0..1 to {layer: (B, C, H', W')}, such as
            :class:`imggen.models.vgg16.VGG16Features`.
        layers: weight of each layer.
        distance: key of :data:`DISTANCES`.
        output: images (B, 3, H, W), about 0..1; gradients flow into these.
        target: images of the same shape.
    """
    with torch.no_grad():
        wanted = features(target)
    found = features(output)
    distances = [
        weight * DISTANCES[distance](found[name].float(), wanted[name].float()) for name, weight in layers.items()
    ]
    return torch.stack(distances).sum()


class GanLoss(NamedTuple):
    """A pairing of losses on the discriminator's raw scores, of any shape, higher meaning more real.

    Attributes:
        discriminator: (scores of real, scores of fake) -> loss.
        generator: (scores of real, scores of fake) -> loss; the real scores carry no gradient.
        uses_real: whether the generator's loss looks at the real scores at all.
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]
    uses_real: bool


def nonsaturating_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(real) - log(1 - D(fake)). Goodfellow et al., 2014 (https://arxiv.org/abs/1406.2661), equation 1."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def nonsaturating_generator(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(fake). Goodfellow et al., 2014, section 3; ``real`` is not used."""
    return F.softplus(-fake).mean()


def relativistic_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Real scores should exceed the average fake score, fake ones fall below the average real one; halved.

    Relativistic average GAN of Jolicoeur-Martineau, 2018 (https://arxiv.org/abs/1807.00734), section 4.2, as in
    ESRGAN equation 1. The averages are over the micro-batch of one process.
    """
    return (F.softplus(fake.mean() - real).mean() + F.softplus(fake - real.mean()).mean()) / 2


def relativistic_generator(real: Tensor, fake: Tensor) -> Tensor:
    """The reverse of :func:`relativistic_discriminator` (ESRGAN equation 2), halved."""
    return (F.softplus(real - fake.mean()).mean() + F.softplus(real.mean() - fake).mean()) / 2


def paired_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Each real score should exceed the fake score beside it.

    Relativistic pairing GAN of Jolicoeur-Martineau, 2018, section 4.1, whose loss landscape has no mode-dropping minima
    and which, with zero-centred penalties on both sides, is R3GAN's objective (Huang et al., 2024,
    https://arxiv.org/abs/2501.05441, section 2).
    """
    return F.softplus(fake - real).mean()


def paired_generator(real: Tensor, fake: Tensor) -> Tensor:
    """The reverse of :func:`paired_discriminator`."""
    return F.softplus(real - fake).mean()


def least_squares_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Real scores towards 1, fake ones towards 0. Mao et al., 2017 (https://arxiv.org/abs/1611.04076), equation 9."""
    return ((real - 1).square().mean() + fake.square().mean()) / 2


def least_squares_generator(real: Tensor, fake: Tensor) -> Tensor:
    """Fake scores towards 1. Mao et al., 2017, equation 9; ``real`` is not used."""
    return (fake - 1).square().mean() / 2


def hinge_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Scores count only inside the margin -1..1. Lim and Ye, 2017 (https://arxiv.org/abs/1705.02894), section 3;
    Miyato et al., 2018 (https://arxiv.org/abs/1802.05957), equation 16."""
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def wasserstein_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Difference of the mean scores. Arjovsky et al., 2017 (https://arxiv.org/abs/1701.07875), equation 3; the critic
    must be kept 1-Lipschitz, here by the gradient penalty of Gulrajani et al., 2017."""
    return fake.mean() - real.mean()


def raise_fake(real: Tensor, fake: Tensor) -> Tensor:
    """The generator's side of hinge and Wasserstein losses: higher fake scores. ``real`` is not used."""
    return -fake.mean()


#: Adversarial losses by the name a recipe gives.
GAN_LOSSES = {
    "nonsaturating": GanLoss(nonsaturating_discriminator, nonsaturating_generator, uses_real=False),
    "relativistic": GanLoss(relativistic_discriminator, relativistic_generator, uses_real=True),
    "relativistic_pairing": GanLoss(paired_discriminator, paired_generator, uses_real=True),
    "least_squares": GanLoss(least_squares_discriminator, least_squares_generator, uses_real=False),
    "hinge": GanLoss(hinge_discriminator, raise_fake, uses_real=False),
    "wasserstein": GanLoss(wasserstein_discriminator, raise_fake, uses_real=False),
}
