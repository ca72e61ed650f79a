"""The generator of FastGAN at 1024 x 1024 pixels as its authors built it, for weights that others have published.

Liu et al., 2021, "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis"
(https://arxiv.org/abs/2101.04775), figure 3 and the appendix. It differs from :mod:`imggen.models.gan.fastgan`, which
is made to be trained here: every second doubling has two convolutions, only these get noise, the excitations have no
biases and a SiLU between them, and the last resolution has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imggen.models.gan.fastgan import Noise
from imggen.models.gan.sizes import resolutions
from imggen.models.generator_network import GeneratorNetwork, normalised

#: Ratio of the high to the low resolution of an excitation.
REACH = 16


def _stage(inputs: int, outputs: int, side: int, noisy: bool) -> nn.Sequential:
    """Convolution, noise where asked for, batch normalisation, gated linear unit."""
    return nn.Sequential(
        nn.Conv2d(inputs, 2 * outputs, 3, padding=1, bias=False),
        Noise(side) if noisy else nn.Identity(),
        nn.BatchNorm2d(2 * outputs),
        nn.GLU(1),
    )


class UpBlock(nn.Sequential):
    """Double the resolution, with one convolution, or with two that each add noise."""

    def __init__(self, inputs: int, outputs: int, side: int, noisy: bool) -> None:
        stages = [_stage(inputs, outputs, side, noisy)]
        if noisy:
            stages.append(_stage(outputs, outputs, side, noisy))
        super().__init__(*stages)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, side/2, side/2) to (B, outputs, side, side)."""
        return super().forward(F.interpolate(x, scale_factor=2, mode="nearest"))


class Excitation(nn.Module):
    """Scale the channels of high-resolution features by weights computed from low-resolution ones (equation 1)."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(low, high, 4, bias=False)
        self.weigh = nn.Conv2d(high, high, 1, bias=False)

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        """Scale ``high`` (B, C, H, W) by ``low`` (B, C', h, w), h and w at least 4."""
        squeezed = F.silu(self.squeeze(F.adaptive_avg_pool2d(low, 4)))
        return high * torch.sigmoid(self.weigh(squeezed))


class FastGANOriginalGenerator(GeneratorNetwork):
    """Latent vectors to RGB images of 1024 x 1024 pixels.

    Args:
        widths: features at 4, 8 ... 1024 pixels (1024, 512, 256, 128, 128, 64, 32, 16 and 8 in the paper).
        latent_size: length of the latent vector (256 in the paper).
    """

    image_size = 1024

    def __init__(self, widths: Sequence[int], latent_size: int = 256) -> None:
        super().__init__()
        sides = resolutions(self.image_size)
        width = dict(zip(sides, widths, strict=True))
        self.latent_size = latent_size
        self.first = nn.ConvTranspose2d(latent_size, 2 * widths[0], 4, bias=False)
        self.norm = nn.BatchNorm2d(2 * widths[0])
        self.blocks = nn.ModuleDict(
            {
                str(high): UpBlock(width[low], width[high], high, noisy=level % 2 == 0)
                for level, (low, high) in enumerate(pairwise(sides))
            }
        )
        self.excitations = nn.ModuleDict(
            {str(side): Excitation(width[side // REACH], width[side]) for side in sides[4:-1]}
        )
        self.to_rgb = nn.Conv2d(widths[-1], 3, 3, padding=1, bias=False)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents (B, latent_size) to images (B, 3, 1024, 1024) in -1..1; ``labels`` are not used."""
        x = F.glu(self.norm(self.first(z[:, :, None, None])), 1)
        at = {4: x}
        for name, block in self.blocks.items():
            x = block(x)
            if name in self.excitations:
                x = self.excitations[name](at[int(name) // REACH], x)
            at[int(name)] = x
        return torch.tanh(self.to_rgb(x))

    def first_layer(self) -> Tensor:
        """See :meth:`.GeneratorNetwork.first_layer`."""
        return normalised(self.first.weight.flatten(2).permute(1, 2, 0), self.norm)
