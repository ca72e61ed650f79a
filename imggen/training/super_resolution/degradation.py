"""Degradations: how a high-resolution picture becomes the low-resolution input of training."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from imggen.imaging.jpeg import as_jpeg
from imggen.imaging.tensors import to_image, to_tensor

#: Maps (3, H, W) in 0..1, with H and W multiples of ``scale``, and a random generator to (3, H/scale, W/scale).
Degrade = Callable[[Tensor, np.random.Generator, int], Tensor]


class Degradation(NamedTuple):
    """A degradation and the low-resolution pixels it needs around a patch so that the patch's border is exact."""

    degrade: Degrade
    margin: int


def bicubic(image: Tensor, rng: np.random.Generator, scale: int) -> Tensor:
    """Antialiased bicubic downscaling, rounded to 8 bits: the degradation of the standard benchmarks.

    Same result as MATLAB's ``imresize`` and Pillow's ``BICUBIC`` up to rounding. Draws nothing from ``rng``.
    """
    return _round(_downscale(image, scale))


def compressed(image: Tensor, rng: np.random.Generator, scale: int) -> Tensor:
    """The bicubic degradation, and half of the time JPEG of quality 60 to 95 after it, as in stored photos."""
    image = bicubic(image, rng, scale)
    if rng.random() < 0.5:
        return jpeg(image, int(rng.integers(60, 96)))
    return image


def realistic(image: Tensor, rng: np.random.Generator, scale: int) -> Tensor:
    """Blur, noise and JPEG around the downscale, each with a random strength or absent.

    One order of the degradation of Real-ESRGAN (Wang et al., 2021, https://arxiv.org/abs/2107.10833, section 3.1):
    blur, downscale, noise, JPEG; now and then a JPEG before the downscale, like a picture that was saved, then shrunk.
    """
    if rng.random() < 0.8:
        image = _blur(image, rng, scale)
    if rng.random() < 0.2:
        image = jpeg(image, int(rng.integers(60, 96)))
    image = _downscale(image, scale)
    if rng.random() < 0.6:
        image = _add_noise(image, rng)
    if rng.random() < 0.7:
        image = jpeg(image.clamp(0, 1), int(rng.integers(40, 96)))
    return _round(image)


def photo(image: Tensor, rng: np.random.Generator, scale: int) -> Tensor:
    """Photos from the internet, from undamaged ones to those that were edited and stored twice.

    12 % are only downscaled, 38 % are then stored as one JPEG, and half go through the
    second-order degradation of Real-ESRGAN (Wang et al., 2021, section 3.2): twice blur, resizing, noise and JPEG.
    """
    kind = rng.random()
    if kind < 0.5:
        image = bicubic(image, rng, scale)
        return image if kind < 0.12 else jpeg(image, int(rng.integers(30, 96)))
    height, width = image.shape[-2] // scale, image.shape[-1] // scale
    between = rng.uniform(1, scale)  # size after the first round, in units of the final one
    if rng.random() < 0.7:
        image = _blur(image, rng, 0.75 * scale)
    image = _resize(image, (round(height * between), round(width * between)), rng)
    if rng.random() < 0.5:
        image = _add_noise(image, rng, 12).clamp(0, 1)
    if rng.random() < 0.7:
        image = jpeg(image, int(rng.integers(30, 96)))
    if rng.random() < 0.3:
        image = _blur(image, rng, 0.6 * between)
    image = _resize(image, (height, width), rng)
    if rng.random() < 0.3:
        image = _add_noise(image, rng, 8).clamp(0, 1)
    if rng.random() < 0.9:
        image = jpeg(image, int(rng.integers(30, 96)))
    return _round(image)


#: Degradations by the name a recipe gives. Bicubic reaches 2 low-resolution pixels; the widest blur 2 more, and
#: JPEG works in blocks.
DEGRADATIONS = {
    "bicubic": Degradation(bicubic, 4),
    "compressed": Degradation(compressed, 8),
    "realistic": Degradation(realistic, 8),
    "photo": Degradation(photo, 8),
}


def _downscale(image: Tensor, scale: int) -> Tensor:
    height, width = image.shape[-2] // scale, image.shape[-1] // scale
    return F.interpolate(image[None], (height, width), mode="bicubic", antialias=True, align_corners=False)[0]


def _resize(image: Tensor, size: tuple[int, int], rng: np.random.Generator) -> Tensor:
    """Resize (3, H, W) with a random filter: area, bilinear or bicubic."""
    mode = ("area", "bilinear", "bicubic")[int(rng.integers(3))]
    antialias = mode != "area"
    return F.interpolate(image[None], size, mode=mode, antialias=antialias)[0].clamp(0, 1)


def _round(image: Tensor) -> Tensor:
    return image.clamp(0, 1).mul(255).round().div(255)


def _blur(image: Tensor, rng: np.random.Generator, scale: float) -> Tensor:
    """Gaussian blur, half of the time anisotropic; sigma is 0.05 to 0.6 times ``scale``, in pixels."""
    sigma_x = scale * rng.uniform(0.05, 0.6)
    sigma_y = scale * rng.uniform(0.05, 0.6) if rng.random() < 0.5 else sigma_x
    angle = rng.uniform(0, math.pi)
    radius = math.ceil(3 * max(sigma_x, sigma_y))
    y, x = torch.meshgrid(*[torch.arange(-radius, radius + 1, dtype=torch.float32)] * 2, indexing="ij")
    along = x * math.cos(angle) + y * math.sin(angle)
    across = y * math.cos(angle) - x * math.sin(angle)
    kernel = torch.exp(-0.5 * ((along / sigma_x) ** 2 + (across / sigma_y) ** 2))
    padded = F.pad(image[:, None], (radius,) * 4, mode="replicate")
    return F.conv2d(padded, (kernel / kernel.sum())[None, None])[:, 0]


def _add_noise(image: Tensor, rng: np.random.Generator, strongest: float = 15) -> Tensor:
    """Gaussian noise with deviation 1 to ``strongest`` of 255; with probability 0.4 equal in all channels."""
    channels = 1 if rng.random() < 0.4 else image.shape[0]
    noise = rng.standard_normal((channels, *image.shape[1:]), dtype=np.float32)
    return image + torch.from_numpy(noise) * (rng.uniform(1, strongest) / 255)


def jpeg(image: Tensor, quality: int) -> Tensor:
    """Compress (3, H, W) in 0..1 as JPEG with a quality of 1 to 100, and decode it."""
    return to_tensor(as_jpeg(to_image(image), quality))[0]
