"""The Fréchet wavelet distance: it needs no trained network, and covers all frequencies.

Veeramacheneni et al., 2023, "Fréchet Wavelet Distance: A Domain-Agnostic Metric for Image Generation"
(https://arxiv.org/abs/2312.15289), section 4: Fréchet distance between the coefficients of each packet of a Haar
wavelet packet transform, averaged over the packets. Departure: the paper's packets are 16 x 16 coefficients for each
colour (level 4 of 256 x 256 pixels), which takes far more than a thousand images to know their covariance; here they
are 8 x 8 for every size of image.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from imggen.metrics.statistics import frechet_distance

#: Side of a packet.
PACKET = 8


def frechet_wavelet_distance(a: Tensor, b: Tensor) -> float:
    """Compare two sets of images; 0 for equal ones.

    Biased upwards for small sets as :func:`imggen.metrics.statistics.frechet_distance` is.

    Args:
        a: uint8 (N, 3, S, S), N at least 2, S a power of two times 8.
        b: uint8 (M, 3, S, S), M at least 2.

    Raises:
        ValueError: when the images have another size, or sizes that differ.
    """
    if a.shape[1:] != b.shape[1:]:
        raise ValueError(f"Images of different sizes cannot be compared: {tuple(a.shape)} and {tuple(b.shape)}.")
    packets_a, packets_b = haar_packets(a), haar_packets(b)
    pairs = zip(packets_a, packets_b, strict=True)
    return float(np.mean([frechet_distance(x.double().numpy(), y.double().numpy()) for x, y in pairs]))


def haar_packets(images: Tensor) -> Tensor:
    """Transform images to full Haar wavelet packets, down to packets of 8 x 8.

    A Haar packet transform of ``n`` levels is a Walsh-Hadamard transform of every block of ``2**n`` pixels a side: the
    coefficients of one index from all blocks are one packet.

    Args:
        images: uint8 (N, 3, S, S).

    Returns:
        (packets, N, 3 * 8 * 8) float32, of an orthonormal transform of pixels in 0..1; the average of the blocks first.

    Raises:
        ValueError: when S is no power of two times 8.
    """
    count, _, height, width = images.shape
    block = height // PACKET
    if height != width or block * PACKET != height or block < 1 or block & (block - 1):
        raise ValueError(f"Needs square images with a side of {PACKET} times a power of two, got {height} x {width}.")
    hadamard = torch.ones(1, 1)
    while len(hadamard) < block:
        hadamard = torch.kron(torch.tensor([[1.0, 1.0], [1.0, -1.0]]), hadamard) / 2**0.5
    blocks = (images.float() / 255).reshape(count, 3, PACKET, block, PACKET, block)
    packets = torch.einsum("ncyixj,ui,vj->uvncyx", blocks, hadamard, hadamard)
    return packets.reshape(block * block, count, 3 * PACKET * PACKET)
