"""Give an image the colours of another: the linear map between Gaussians that moves every colour the least.

Pitié and Kokaram, 2007, "The linear Monge-Kantorovitch linear colour mapping for example-based colour transfer"
(https://doi.org/10.1049/cp:20070055), equation 8. An image's colours are described by nine numbers: mean red, green and
blue, and the six entries of the symmetric square root of their covariance. Mixing such numbers mixes palettes.
"""

from __future__ import annotations

import torch
from torch import Tensor

#: Length of a description of colours.
COLOUR_SIZE = 9
#: Variance added to every direction of colour, so that grey pictures have an inverse.
_FLOOR = 1e-4
#: Largest amplification of contrast in any direction: more would turn noise and JPEG marks into patterns.
_MAX_GAIN = 4.0
_ROWS, _COLUMNS = torch.triu_indices(3, 3).unbind()


@torch.no_grad()
def colour_moments(images: Tensor) -> Tensor:
    """Describe the colours of (B, 3, H, W) by (B, 9), float32."""
    with torch.autocast(images.device.type, enabled=False):
        flat = images.detach().float().flatten(2)
        mean = flat.mean(2)
        centred = flat - mean[:, :, None]
        root = _power(centred @ centred.mT / flat.shape[2], 0.5)
        return torch.cat([mean, root[:, _ROWS, _COLUMNS]], 1)


@torch.no_grad()
def match_colours(images: Tensor, own: Tensor, wanted: Tensor) -> Tensor:
    """Map the colours of images.

    Args:
        images: (B, 3, H, W) in 0..1.
        own: (B, 9) of :func:`colour_moments`, theirs, or of the whole that they are tiles of.
        wanted: (B, 9), those they shall have.

    Returns:
        (B, 3, H, W), float32, not clamped; the images themselves where ``own`` equals ``wanted``.
    """
    with torch.autocast(images.device.type, enabled=False):
        mean, root = _unpack(own)
        wanted_mean, wanted_root = _unpack(wanted)
        floor = _FLOOR * torch.eye(3, device=images.device)
        inner = wanted_root @ (root @ root + floor) @ wanted_root
        gain = wanted_root @ _power(inner, -0.5) @ wanted_root
        values, vectors = torch.linalg.eigh((gain + gain.mT) / 2)
        gain = vectors @ (values.clamp(0, _MAX_GAIN)[:, :, None] * vectors.mT)
        offset = wanted_mean - (gain @ mean[:, :, None])[:, :, 0]
        return torch.einsum("boi,bihw->bohw", gain, images.float()) + offset[:, :, None, None]


def _unpack(moments: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (B, 3) and root of the covariance (B, 3, 3) of (B, 9)."""
    moments = moments.float()
    root = moments.new_zeros(len(moments), 3, 3)
    root[:, _ROWS, _COLUMNS] = moments[:, 3:]
    root[:, _COLUMNS, _ROWS] = moments[:, 3:]
    return moments[:, :3], root


def _power(matrices: Tensor, exponent: float) -> Tensor:
    """Power of symmetric positive semi-definite matrices (B, 3, 3)."""
    values, vectors = torch.linalg.eigh((matrices + matrices.mT) / 2)
    return vectors @ (values.clamp_min(_FLOOR**2)[:, :, None] ** exponent * vectors.mT)
