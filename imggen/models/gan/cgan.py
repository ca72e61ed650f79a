"""The conditional GAN with convolutions: DCGAN's networks with the label beside the input of both.

Mirza and Osindero, 2014, "Conditional Generative Adversarial Nets" (https://arxiv.org/abs/1411.1784), section 3.2: the
condition enters generator and discriminator as additional input. Here the one-hot label is appended to the latent
vector, and to the discriminator's image as one constant plane for each class.

With hidden classes the generator is used without labels. It is trained with them, and the latent vector selects the
class, as in the mixture of Gurumurthy et al., 2017, "DeLiGAN"
(https://arxiv.org/abs/1706.02071).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imggen.models.gan.dcgan import DCGANDiscriminator, DCGANGenerator
from imggen.models.generator_network import GeneratorNetwork


class CGANGenerator(GeneratorNetwork):
    """Latent vectors and labels to square RGB images.

    Args:
        image_size: side of the images, a power of two from 8 on.
        channels: features before the last doubling, doubled at every halving of the resolution.
        max_channels: limit on that doubling.
        latent_size: length of the latent vector.
        classes: number of classes.
        hidden_classes: append an entry for each class to the latent vector; the largest selects the class. Seen from
            outside the network has no classes then; labels are given in training only.
        sharpness: factor on these entries, as a vector of length 1, before the softmax. Large values select one class
            clearly, and make the change from class to class sudden; more classes want a larger one.

    Attributes:
        plain_size: length of the latent vector without the part that chooses a class.
    """

    def __init__(
        self,
        image_size: int = 64,
        channels: int = 64,
        max_channels: int = 512,
        latent_size: int = 100,
        classes: int = 10,
        hidden_classes: bool = False,
        sharpness: float = 30.0,
    ) -> None:
        super().__init__()
        self.config = {
            "image_size": image_size,
            "channels": channels,
            "max_channels": max_channels,
            "latent_size": latent_size,
            "classes": classes,
            "hidden_classes": hidden_classes,
            "sharpness": sharpness,
        }
        self.image_size = image_size
        self.latent_size = latent_size + classes if hidden_classes else latent_size
        self.classes = 0 if hidden_classes else classes
        self.network = DCGANGenerator(image_size, channels, max_channels, latent_size + classes)

        self.plain_size = latent_size
        self.sharpness = sharpness

    def forward(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """Map latents (B, latent_size) and class weights (B, classes) to images (B, 3, S, S) in -1..1.

        Hidden classes need no labels.
        """
        z, choice = z[:, : self.plain_size], z[:, self.plain_size :]
        if labels is None:
            # Normalised, so that truncated and interpolated latents select a class as clearly.
            labels = (self.sharpness * F.normalize(choice.float(), dim=1)).softmax(1)
        return self.network(torch.cat([z, labels.to(z.dtype)], 1))

    def first_layer(self) -> Tensor:
        """See :meth:`.GeneratorNetwork.first_layer`; zeros for the entries that select a class: not linear."""
        weight = self.network.first_layer()[:, : self.plain_size]
        return F.pad(weight, (0, self.latent_size - self.plain_size))


class CGANDiscriminator(nn.Module):
    """Score square RGB images as members of a class.

    Args:
        image_size: side of the images, a power of two from 8 on.
        channels: features after the first halving, doubled at every further one.
        max_channels: limit on that doubling.
        norm: see :class:`imggen.models.gan.dcgan.DCGANDiscriminator`.
        classes: number of classes.
    """

    def __init__(
        self,
        image_size: int = 64,
        channels: int = 64,
        max_channels: int = 512,
        norm: str = "batch",
        classes: int = 10,
    ) -> None:
        super().__init__()
        self.classes = classes
        self.network = DCGANDiscriminator(image_size, channels, max_channels, norm, inputs=3 + classes)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """Map images (B, 3, S, S) in -1..1 and class weights (B, classes) to scores (B,)."""
        planes = labels.to(x.dtype)[:, :, None, None].expand(-1, -1, *x.shape[2:])
        return self.network(torch.cat([x, planes], 1))
