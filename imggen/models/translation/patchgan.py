"""PatchGAN, a discriminator that scores patches of an image.

Isola et al., 2017, "Image-to-Image Translation with Conditional Adversarial Networks"
(https://arxiv.org/abs/1611.07004), section 3.2.2; with three halvings each score sees 70 x 70 pixels, as in CycleGAN
(Zhu et al., 2017, https://arxiv.org/abs/1703.10593, appendix 7.2).
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


def _spectral(conv: nn.Conv2d) -> list[nn.Module]:
    return [spectral_norm(conv)]


def _instance(conv: nn.Conv2d) -> list[nn.Module]:
    return [conv, nn.GroupNorm(conv.out_channels, conv.out_channels)]


#: Normalisation of the inner convolutions.
_NORMS: dict[str, Callable[[nn.Conv2d], list[nn.Module]]] = {"spectral": _spectral, "instance": _instance}


class PatchGAN(nn.Module):
    """Score overlapping patches of an image batch as real or generated.

    Args:
        channels: features after the first convolution (64 in the papers), doubled by each further one up to 8 times.
        layers: halvings; 3 give patches of 70 x 70.
        norm: "instance" as in the papers, or "spectral" (Miyato et al., 2018, https://arxiv.org/abs/1802.05957), which
            lets the discriminator see how bright a picture is.

    Raises:
        ValueError: for another norm.
    """

    def __init__(self, channels: int = 64, layers: int = 3, norm: str = "spectral") -> None:
        super().__init__()
        if norm not in _NORMS:
            raise ValueError(f"norm must be {' or '.join(_NORMS)}, not {norm!r}")
        widths = [channels * min(2**layer, 8) for layer in range(layers + 1)]
        modules: list[nn.Module] = [nn.Conv2d(3, channels, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        for layer in range(1, layers + 1):
            stride = 2 if layer < layers else 1
            modules += _NORMS[norm](nn.Conv2d(widths[layer - 1], widths[layer], 4, stride=stride, padding=1))
            modules.append(nn.LeakyReLU(0.2))
        modules.append(nn.Conv2d(widths[-1], 1, 4, padding=1))
        self.layers = nn.Sequential(*modules)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, 3, H, W) in -1..1, both sides at least 32 with three layers, to scores (B, 1, H', W')."""
        return self.layers(x)
