"""A discriminator that also classifies.

Odena et al., 2017, "Conditional Image Synthesis with Auxiliary Classifier GANs" (https://arxiv.org/abs/1610.09585),
section 3: an auxiliary classifier on the discriminator's features, whose loss the generator lowers as well. Departures:
the score itself is of the image as a member of its class (Miyato and Koyama, 2018, "cGANs with Projection
Discriminator", https://arxiv.org/abs/1802.05637, equation 3), which keeps the variety within a class, and the
classifier learns from real images only, so that it does not learn the generator's mistakes.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from imggen.models.gan.dcgan import DCGANDiscriminator


class ACGANDiscriminator(nn.Module):
    """Score square RGB images as members of a class, and classify them. DCGAN's discriminator with more outputs.

    Args:
        image_size: side of the images, a power of two from 8 on.
        channels: features after the first halving, doubled at every further one.
        max_channels: limit on that doubling.
        norm: see :class:`imggen.models.gan.dcgan.DCGANDiscriminator`.
        classes: number of classes.
    """

    auxiliary_loss = "classification"
    auxiliary_loss_trains_generator = True

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
        self.network = DCGANDiscriminator(image_size, channels, max_channels, norm, outputs=1 + 2 * classes)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """Map images (B, 3, S, S) in -1..1 and class weights (B, classes) to scores (B,)."""
        return self._heads(x, labels)[0]

    def with_auxiliary_loss(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Map as :meth:`forward` to scores (B,), and to the mean cross-entropy of the classes found with ``labels``."""
        scores, classes = self._heads(x, labels)
        return scores, F.cross_entropy(classes.float(), labels.float())

    def _heads(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        found = self.network.outputs(x)
        realism, of_class, classes = found.split([1, self.classes, self.classes], 1)
        return realism.squeeze(1) + (of_class * labels.to(found.dtype)).sum(1), classes
