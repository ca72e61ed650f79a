"""The generator of "lightweight GAN", a variant of FastGAN, for weights that others have published.

Liu et al., 2021, "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis"
(https://arxiv.org/abs/2101.04775), with other parts: excitations by global context (Cao et al., 2020,
https://arxiv.org/abs/2012.13375, equation 4), linear attention (Shen et al., 2018, https://arxiv.org/abs/1812.01243,
equation 3) at chosen resolutions, and blurred doublings.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imggen.models.generator_network import GeneratorNetwork

#: Ratio of the high to the low resolution of an excitation.
REACH = 8
#: Least side in pixels of features that are excited.
_FIRST_EXCITED = 128
#: Attention heads.
_HEADS = 8
#: Channels of an attention head.
_HEAD_CHANNELS = 64


class Blur(nn.Module):
    """Blur with a small separable kernel; borders are reflected.

    Args:
        size: length of the kernel.
    """

    kernel: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("kernel", torch.ones(size))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        kernel = torch.outer(self.kernel, self.kernel)
        kernel = (kernel / kernel.sum()).to(x.dtype).expand(x.shape[1], 1, -1, -1)
        margin = len(self.kernel) // 2
        return F.conv2d(F.pad(x, [margin] * 4, mode="reflect"), kernel, groups=x.shape[1])


class GlobalContext(nn.Module):
    """Weights for the channels of high-resolution features, by attention pooling of low-resolution ones."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__()
        middle = max(3, high // 2)
        self.look = nn.Conv2d(low, 1, 1)
        self.squeeze = nn.Conv2d(low, middle, 1)
        self.weigh = nn.Conv2d(middle, high, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, low, H, W) to (B, high, 1, 1) in 0..1."""
        share = self.look(x).flatten(2).softmax(-1)
        found = torch.bmm(x.flatten(2), share.transpose(1, 2))[..., None]
        return torch.sigmoid(self.weigh(F.leaky_relu(self.squeeze(found), 0.1)))


class LinearAttention(nn.Module):
    """Linear attention: keys times values is computed before the queries; with layer normalisation and a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = _HEADS * _HEAD_CHANNELS
        self.gain = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.query = nn.Conv2d(channels, inner, 1, bias=False)
        self.gather = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.key_value = nn.Conv2d(channels, 2 * inner, 1, bias=False)
        self.out = nn.Conv2d(inner, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to the same shape."""
        normal = F.layer_norm(x.movedim(1, -1), x.shape[1:2]).movedim(-1, 1) * self.gain + self.bias
        key, value = self.key_value(self.gather(normal)).chunk(2, 1)
        parts = (self.query(normal), key, value)
        query, key, value = (part.reshape(len(x) * _HEADS, _HEAD_CHANNELS, -1) for part in parts)
        summary = torch.bmm(key.softmax(2), value.transpose(1, 2))
        found = torch.bmm(summary.transpose(1, 2), query.softmax(1) * _HEAD_CHANNELS**-0.5)
        return x + self.out(F.gelu(found.reshape(len(x), -1, *x.shape[2:])))


class LightweightGANGenerator(GeneratorNetwork):
    """Latent vectors to square RGB images.

    Args:
        widths: features after each doubling (512, 512, 256, 128, 64, 32 and 3 at 512 pixels).
        latent_size: length of the latent vector, and features at 4 pixels.
        attention: resolutions with attention.
        blur: length of the blur's kernel; 0 for none.
    """

    def __init__(
        self, widths: Sequence[int], latent_size: int = 256, attention: Collection[int] = (32,), blur: int = 3
    ) -> None:
        super().__init__()
        self.latent_size = latent_size
        self.image_size = 4 * 2 ** len(widths)
        self.first = nn.ConvTranspose2d(latent_size, 2 * latent_size, 4)
        self.norm = nn.BatchNorm2d(2 * latent_size)
        self.blocks = nn.ModuleDict()
        self.attentions = nn.ModuleDict()
        self.excitations = nn.ModuleDict()
        width = {4: latent_size} | {8 * 2**level: features for level, features in enumerate(widths)}
        for side, outputs in list(width.items())[1:]:
            inputs = width[side // 2]
            if side // 2 in attention:
                self.attentions[str(side)] = LinearAttention(inputs)
            if side >= _FIRST_EXCITED:
                self.excitations[str(side)] = GlobalContext(width[side // REACH], outputs)
            self.blocks[str(side)] = nn.Sequential(
                nn.Upsample(scale_factor=2),
                Blur(blur) if blur else nn.Identity(),
                nn.Conv2d(inputs, 2 * outputs, 3, padding=1),
                nn.BatchNorm2d(2 * outputs),
                nn.GLU(1),
            )
        self.to_rgb = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents (B, latent_size) to images (B, 3, image_size, image_size) in -1..1; ``labels`` are not used."""
        x = F.normalize(F.glu(self.norm(self.first(z[:, :, None, None])), 1), dim=1)
        at: dict[int, Tensor] = {}
        for name, block in self.blocks.items():
            if name in self.attentions:
                x = self.attentions[name](x)
            x = block(x)
            if name in self.excitations:
                x = x * self.excitations[name](at[int(name) // REACH])
            at[int(name)] = x
        return (2 * self.to_rgb(x) - 1).clamp(-1, 1)
