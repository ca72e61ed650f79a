"""A generator followed by a super-resolution network, which redraws the finest detail.

Transposed convolutions leave a pattern with a period of two pixels (Odena et al., 2016, "Deconvolution and
Checkerboard Artifacts", https://doi.org/10.23915/distill.00003) and fail at the highest frequencies (Durall et al.,
2020, "Watch your Up-Convolution", https://arxiv.org/abs/2003.01826), which super-resolution networks predict well. So
each picture is halved, which removes these frequencies, and enlarged by a network that was trained on photos.

Where the generator draws well enough, nothing is halved, and the pictures come out larger by the scale of that network.
"""

from __future__ import annotations

from typing import Any, cast

import torch.nn.functional as F
from torch import Tensor

from imggen.models.generator_network import GeneratorNetwork


class RefinedGenerator(GeneratorNetwork):
    """Latent vectors, and labels if the generator knows classes, to square RGB images.

    Args:
        generator: ``{"architecture": ..., "config": ...}`` of one without a latent space of its own, such as a dcgan or
            a cgan.
        upscaler: the same of a super-resolution network.
        enlarge: keep all that the upscaler adds; the images are of the generator's size otherwise.

    Raises:
        ValueError: when one of them is of another kind.
    """

    def __init__(self, generator: dict[str, Any], upscaler: dict[str, Any], enlarge: bool = False) -> None:
        super().__init__()
        from imggen.models import AUTOENCODERS, GENERATORS, UPSCALERS, build  # which know this class

        generators = GENERATORS | AUTOENCODERS
        kinds = ((generator, generators, "generator"), (upscaler, UPSCALERS, "super-resolution network"))
        for part, known, what in kinds:
            if part["architecture"] not in known:
                raise ValueError(f"A {part['architecture']} is no {what}: choose one of {', '.join(known)}")
        self.generator = cast(GeneratorNetwork, build(generator["architecture"], generator["config"]))
        upscaler_network: Any = build(upscaler["architecture"], upscaler["config"])
        self.upscaler = upscaler_network
        if self.generator.has_styles:
            raise ValueError(f"a {generator['architecture']} has a latent space of its own, which would get lost")
        self.enlarge = enlarge
        self.config = {"generator": generator, "upscaler": upscaler, "enlarge": enlarge}
        self.image_size = self.generator.image_size * (int(upscaler_network.scale) if enlarge else 1)
        self.latent_size = self.generator.latent_size
        self.classes = self.generator.classes

    @property
    def core(self) -> GeneratorNetwork:
        """The generator without the super-resolution network."""
        return self.generator

    def first_layer(self) -> Tensor:
        """See :meth:`.GeneratorNetwork.first_layer`."""
        return self.generator.first_layer()

    def forward(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """Map latents (B, latent_size) and class weights (B, classes) or None to images (B, 3, S, S) in -1..1."""
        drawn = self.generator(z, labels) / 2 + 0.5
        if self.enlarge:
            return self.upscaler(drawn).float().clamp(0, 1) * 2 - 1
        halved = F.avg_pool2d(drawn, 2)
        enlarged = self.upscaler(halved).float().clamp(0, 1)
        return F.avg_pool2d(enlarged, self.upscaler.scale // 2) * 2 - 1
