"""One micro-step of autoencoder training, with or without a discriminator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from imggen.imaging.tensors import as_signed
from imggen.models.autoencoder.vae import VAE
from imggen.training.autoencoder.recipe import AutoencoderRecipe
from imggen.training.common.discriminate import frozen
from imggen.training.common.labelled_images import Sample
from imggen.training.common.losses import GAN_LOSSES
from imggen.training.common.update import Learner, descend


class Coded(NamedTuple):
    """What :class:`Autoencoder` returns.

    Attributes:
        mean: of the latents, (B, latent_size).
        log_variance: of the same shape.
        output: the reconstruction, (B, 3, S, S).
        fakes: the same reconstruction without a path to the encoder, then images of latents from the prior, each
            (B, 3, S, S); empty unless asked for.
    """

    mean: Tensor
    log_variance: Tensor
    output: Tensor
    fakes: list[Tensor]


class Autoencoder(nn.Module):
    """All that a training step computes with a VAE, in one forward, as distributed training needs."""

    def __init__(self, vae: VAE) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, x: Tensor, labels: Tensor | None, noise: Tensor, prior: Tensor | None) -> Coded:
        """Encode, draw, decode.

        Args:
            x: images (B, 3, S, S) in -1..1.
            labels: (B, classes) or None.
            noise: (B, latent_size) standard normal, for the reparameterisation.
            prior: (B, latent_size) standard normal, to decode as well; None without a discriminator.
        """
        mean, log_variance = self.vae.encode(x, labels)
        z = mean + (log_variance / 2).exp() * noise
        fakes = [] if prior is None else [self.vae(z.detach(), labels), self.vae(prior, labels)]
        return Coded(mean, log_variance, self.vae(z, labels), fakes)


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL divergence of the latents (B, latent_size) from the standard normal distribution, mean over the batch.

    Kingma and Welling, 2014 (https://arxiv.org/abs/1312.6114), appendix B.
    """
    mean, log_variance = mean.float(), log_variance.float()
    return (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean() / 2


def gaussian(output: Tensor, target: Tensor, deviation: float) -> Tensor:
    """Negative log-likelihood under a Gaussian of that standard deviation, up to a constant; mean over the batch.

    Args:
        output: means, (B, ...).
        target: of the same shape.
        deviation: above 0.
    """
    return (output.float() - target.float()).square().flatten(1).sum(1).mean() / (2 * deviation**2)


@dataclass
class AutoencoderStep:
    """A :class:`imggen.training.common.session.Step` with or without a discriminator.

    The sample's ``z`` holds two latent vectors: noise of the reparameterisation, and one from the prior.

    With a discriminator this is algorithm 1 of Larsen et al., 2016 (https://arxiv.org/abs/1512.09300): the encoder
    learns from divergence and similarity, the decoder from similarity and the discriminator, whose loss does not
    reach the encoder. The paper weighs the decoder's similarity by gamma against the adversarial loss; here the
    adversarial loss has the weight, 1 / gamma.

    Attributes:
        accelerator: that prepared the networks.
        recipe: the losses.
        autoencoder: an :class:`Autoencoder` that learns.
        discriminator: a :class:`BatchwiseDiscriminator` of a DCGAN discriminator, where a loss needs it.
    """

    accelerator: Accelerator
    recipe: AutoencoderRecipe
    autoencoder: Learner
    discriminator: Learner | None

    def __call__(self, number: int, batch: Sample) -> dict[str, Tensor]:
        real = as_signed(batch.image)
        labels = batch.label if batch.label.shape[1] else None
        noise, prior = batch.z.chunk(2, 1)
        coded = self.autoencoder.network(real, labels, noise, prior if self.discriminator else None)
        scalars = {"kl": divergence(coded.mean, coded.log_variance)}
        if self.recipe.weight("pixels"):
            scalars["pixels"] = gaussian(coded.output, real, self.recipe.deviation)
        if self.discriminator:
            scalars |= self._compared(self.discriminator, real, coded)
        loss = torch.stack([self.recipe.weight(name) * value for name, value in scalars.items()]).sum()
        descend(self.accelerator, loss, self.autoencoder, self.recipe.gradient_clip)
        scalars = {"loss": loss, **scalars}
        if self.discriminator:
            scalars |= self._train_discriminator(self.discriminator, real, coded)
        return scalars

    def _compared(self, discriminator: Learner, real: Tensor, coded: Coded) -> dict[str, Tensor]:
        """The losses through the frozen discriminator."""
        with frozen(self.accelerator, discriminator.network) as bare:
            network = bare.discriminator
            with torch.no_grad():
                wanted = network.features(real)
            similarity = gaussian(network.features(coded.output), wanted, 1.0)
            fakes = torch.cat([network(fake) for fake in coded.fakes]).float()
        return {"similarity": similarity, "adversarial": GAN_LOSSES["nonsaturating"].generator(fakes, fakes)}

    def _train_discriminator(self, discriminator: Learner, real: Tensor, coded: Coded) -> dict[str, Tensor]:
        batches = [real, *(fake.detach() for fake in coded.fakes)]
        scores = [part.float() for part in discriminator.network(batches, None)]
        loss = GAN_LOSSES["nonsaturating"].discriminator(scores[0], torch.cat(scores[1:]))
        descend(self.accelerator, loss, discriminator, self.recipe.gradient_clip)
        return {"discriminator": loss, "score_real": scores[0].mean(), "score_fake": scores[1].mean()}
