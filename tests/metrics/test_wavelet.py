"""Haar wavelet packets against a transform one level after the other, and the distance on them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from imggen.metrics.wavelet import frechet_wavelet_distance, haar_packets


def noise(count: int, side: int, seed: int = 0) -> Tensor:
    return torch.randint(0, 256, (count, 3, side, side), generator=torch.Generator().manual_seed(seed)).byte()


def split(x: Tensor) -> list[Tensor]:
    """One level of the Haar transform: sums and differences of neighbours on both axes."""
    a, b, c, d = x[..., ::2, ::2], x[..., ::2, 1::2], x[..., 1::2, ::2], x[..., 1::2, 1::2]
    return [(a + b + c + d) / 2, (a - b + c - d) / 2, (a + b - c - d) / 2, (a - b - c + d) / 2]


def test_packets_are_those_of_repeated_splits() -> None:
    images = noise(2, 32)
    packets = [images.float() / 255]
    for _ in range(2):
        packets = [part for packet in packets for part in split(packet)]
    expected = torch.stack([packet.flatten(1) for packet in packets])
    found = haar_packets(images)
    assert found.shape == expected.shape == (16, 2, 192)
    # The order of packets has no meaning: each expected one is found exactly once.
    matches = torch.cdist(expected.flatten(1), found.flatten(1)) < 1e-3
    assert torch.equal(matches.sum(0), torch.ones(16, dtype=torch.long))
    assert torch.equal(matches.sum(1), torch.ones(16, dtype=torch.long))


def test_the_transform_keeps_energy_and_puts_the_average_first() -> None:
    images = noise(3, 64)
    packets = haar_packets(images)
    assert packets.square().sum().item() == pytest.approx((images.float() / 255).square().sum().item(), rel=1e-5)
    flat = haar_packets(torch.full((1, 3, 16, 16), 51, dtype=torch.uint8))
    assert torch.allclose(flat[0], torch.full((1, 192), 0.4))  # 0.2 x the side of a block
    assert flat[1:].abs().max() < 1e-6


def test_equal_sets_have_no_distance_and_order_does_not_matter() -> None:
    a, b = noise(12, 16), noise(12, 16, 1)
    assert frechet_wavelet_distance(a, a.flip(0)) == pytest.approx(0, abs=1e-4)
    assert frechet_wavelet_distance(a, b) == pytest.approx(frechet_wavelet_distance(b, a), rel=1e-4)


def test_lost_detail_and_shifted_brightness_are_seen() -> None:
    a, b = noise(600, 16), noise(600, 16, 1)
    blurred = torch.nn.functional.avg_pool2d(b.float(), 2).repeat_interleave(2, 2).repeat_interleave(2, 3).byte()
    floor = frechet_wavelet_distance(a, b)
    assert frechet_wavelet_distance(a, blurred) > 1.5 * floor
    assert frechet_wavelet_distance(a, b // 2) > 1.5 * floor


@pytest.mark.parametrize("shape", [(2, 3, 24, 24), (2, 3, 16, 32), (2, 3, 4, 4)])
def test_other_sizes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="power of two"):
        frechet_wavelet_distance(torch.zeros(shape, dtype=torch.uint8), torch.zeros(shape, dtype=torch.uint8))
    with pytest.raises(ValueError, match="different sizes"):
        frechet_wavelet_distance(noise(2, 16), noise(2, 8))
