"""The interface of generators, whatever their architecture.

Every network says in ``tasks`` which tasks it can serve, and in further attributes what else it can do. Nothing outside
of :mod:`imggen.models` tests a network's class.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from imggen.errors import InputError
from imggen.models.latents import truncate


class GeneratorNetwork(nn.Module):
    """Latent vectors to images: ``forward(z, labels) -> images in -1..1``.

    Attributes:
        config: the constructor's arguments.
        image_size: side of the square images.
        latent_size: length of the latent vector.
        classes: number of classes; 0 for none. Labels are None without classes, else weights (B, classes).
        truncates_inside: whether truncation happens inside the network; ``forward`` then takes it as third argument.
        has_styles: whether there is a latent space W as in StyleGAN: ``mapping(z, labels)`` gives styles in it, and
            ``synthesise(styles)`` makes images from ``style_count`` styles each.
        encodes: whether ``encode(images, labels)`` gives the mean and the log variance of the latents of images.
    """

    tasks: ClassVar[tuple[str, ...]] = ("sampling", "conditional")
    truncates_inside: ClassVar[bool] = False
    has_styles: ClassVar[bool] = False
    encodes: ClassVar[bool] = False

    config: dict[str, Any]
    image_size: int
    latent_size: int
    classes: int = 0

    @property
    def core(self) -> GeneratorNetwork:
        """The generator without a super-resolution network behind it."""
        return self

    def truncated(self, z: Tensor, truncation: float) -> Tensor:
        """Truncate latents (B, latent_size) in float32, unless the network does so itself in :meth:`draw`.

        Args:
            z: from a standard normal distribution.
            truncation: 1 changes nothing, 0 gives the same picture for all.
        """
        return z if self.truncates_inside else truncate(z, truncation)

    def draw(self, z: Tensor, labels: Tensor | None, truncation: float) -> Tensor:
        """Make images (B, 3, S, S) in about -1..1 from the output of :meth:`truncated`."""
        return self(z, labels, truncation) if self.truncates_inside else self(z, labels)

    def first_layer(self) -> Tensor:
        """Weights (outputs, latent_size) of the first linear layer, scaled by a batch normalisation that follows it.

        Raises:
            InputError: when none is known for this architecture.
        """
        raise InputError(f"No directions are known for a {type(self).__name__}.")

    @torch.inference_mode()
    def directions(self, count: int) -> Tensor:
        """Find the latent directions that the first layer amplifies most, in descending order.

        SeFa: Shen and Zhou, 2021, https://arxiv.org/abs/2007.06600, equation 5. Networks with styles use others.

        Args:
            count: how many, at most ``latent_size``.

        Returns:
            (count, latent_size) in float32 on the CPU, in Z or, with styles, in W. They are orthogonal, and each is one
            standard deviation long. The entry of largest magnitude is positive, which fixes the sign.

        Raises:
            InputError: when none are known for this architecture.
        """
        return principal_axes(self.first_layer(), count)[0].float()


def principal_axes(rows: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Unit eigenvectors (count, D) of ``rows.T @ rows`` with the largest eigenvalues (count,), for rows (N, D).

    Both are in float64 on the CPU. The entry of largest magnitude of each vector is positive.
    """
    rows = rows.double().cpu()
    strengths, vectors = torch.linalg.eigh(rows.T @ rows)
    strengths, vectors = strengths.flip(0)[:count], vectors.flip(1).T[:count]
    greatest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    return vectors * greatest.sign(), strengths


def normalised(weight: Tensor, norm: Any) -> Tensor:
    """Scale weights (channels, positions, latent_size) by the batch normalisation after them; flatten the first two."""
    gain = norm.weight.float() * (norm.running_var.float() + norm.eps).rsqrt()
    return (weight.float() * gain[:, None, None]).flatten(0, 1)
