"""Network architectures: plain ``nn.Module``s that read no files. One file per architecture.

Each says in ``tasks`` which tasks it can serve; :mod:`imggen.models.generator_network` is the interface of generators.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from imggen.errors import CheckpointError
from imggen.models.autoencoder.vae import VAE
from imggen.models.gan.biggan import BigGANDiscriminator, BigGANGenerator
from imggen.models.gan.cgan import CGANDiscriminator, CGANGenerator
from imggen.models.gan.dcgan import DCGANDiscriminator, DCGANGenerator
from imggen.models.gan.fastgan import FastGANDiscriminator, FastGANGenerator
from imggen.models.gan.progan import ProGANDiscriminator, ProGANGenerator
from imggen.models.gan.refined import RefinedGenerator
from imggen.models.gan.stylegan2 import StyleGAN2Discriminator, StyleGAN2Generator
from imggen.models.generator_network import GeneratorNetwork
from imggen.models.style.arbitrary_style import ArbitraryStyle
from imggen.models.style.palette_painter import PalettePainter
from imggen.models.style.style_table import StyleTable
from imggen.models.super_resolution.rrdbnet import RRDBNet
from imggen.models.super_resolution.span import SPAN
from imggen.models.super_resolution.srresnet import SRResNet
from imggen.models.translation.cyclegan import CycleGAN

#: Super-resolution networks: ``forward(images in 0..1)``, with ``config``, ``scale`` and ``receptive_radius``.
UPSCALERS: dict[str, type[nn.Module]] = {"span": SPAN, "srresnet": SRResNet, "rrdbnet": RRDBNet}

#: Adversarially trained generators.
GENERATORS: dict[str, type[GeneratorNetwork]] = {
    "dcgan": DCGANGenerator,
    "cgan": CGANGenerator,
    "biggan": BigGANGenerator,
    "progan": ProGANGenerator,
    "fastgan": FastGANGenerator,
    "stylegan2": StyleGAN2Generator,
}

#: The discriminator of each generator: ``forward(images in -1..1, labels) -> scores (B,)``, or (B, patches). One with
#: an auxiliary loss, such as the classification loss of AC-GAN, has three more attributes:
#: ``with_auxiliary_loss(images, labels) -> (scores, loss)``; ``auxiliary_loss``, the loss's name, under which a recipe
#: sets its weight among the ``regularisers``; and ``auxiliary_loss_trains_generator``, whether the generator minimises
#: that loss too.
DISCRIMINATORS: dict[str, type[nn.Module]] = {
    "dcgan": DCGANDiscriminator,
    "cgan": CGANDiscriminator,
    "biggan": BigGANDiscriminator,
    "progan": ProGANDiscriminator,
    "fastgan": FastGANDiscriminator,
    "stylegan2": StyleGAN2Discriminator,
}

#: Generators followed by a super-resolution network, used like the others; ``python -m imggen refine`` makes them.
REFINED: dict[str, type[GeneratorNetwork]] = {"refined": RefinedGenerator}

#: Autoencoders: used like generators, but trained in another way.
AUTOENCODERS: dict[str, type[GeneratorNetwork]] = {"vae": VAE}

#: Style transfer: ``forward(images in 0..1, codes (B, code_size))`` is ``underpaint`` and then ``paint``, which also
#: takes tiles, given the statistics of ``collect_statistics``. They have ``config``, ``code_size``,
#: ``receptive_radius`` and ``size_multiple``. Those with ``takes_pictures`` have ``encode(style pictures)``, which
#: gives codes; the others have one-hot codes and ``style_names``.
STYLISERS: dict[str, type[PalettePainter]] = {"arbitrary_style": ArbitraryStyle, "style_table": StyleTable}

#: Translation in both directions between two domains: ``forward(images in -1..1, "a2b" or "b2a") -> images in -1..1``,
#: with ``config`` and ``domains``.
TRANSLATORS: dict[str, type[nn.Module]] = {"cyclegan": CycleGAN}

#: Every architecture a checkpoint's config.json may name.
ARCHITECTURES: dict[str, type[nn.Module]] = {
    **UPSCALERS,
    **GENERATORS,
    **REFINED,
    **AUTOENCODERS,
    **TRANSLATORS,
    **STYLISERS,
}


def build(architecture: str, config: dict[str, Any]) -> nn.Module:
    """Construct a network from its name and constructor arguments.

    Raises:
        CheckpointError: when the name is unknown or the arguments do not fit the constructor.
    """
    if architecture not in ARCHITECTURES:
        known = ", ".join(sorted(ARCHITECTURES))
        raise CheckpointError(f"This version knows the architectures {known}, not {architecture!r}. Update imggen.")
    try:
        return ARCHITECTURES[architecture](**config)
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"The configuration of this {architecture} checkpoint does not fit: {error}.") from error
