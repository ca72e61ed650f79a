"""SPAN: Swift Parameter-free Attention Network for efficient super-resolution.

Wan et al., 2024, "Swift Parameter-free Attention Network for Efficient Super-Resolution"
(https://arxiv.org/abs/2311.12770), sections 3.2 (SPAB block) and 3.4 (re-parameterised convolution).

Three departures from the paper, for short training and bfloat16 inference:

* a block adds its attended features to its input. The paper's block has no such skip: with inputs in 0..1 the gate
  ``sigmoid(x) - 0.5`` starts near zero, every block shrinks its input, and the deep ones never learn;

* the network predicts the residual over nearest-neighbour upsampling (anchor-based residual learning, Du et al., 2021,
  https://arxiv.org/abs/2105.09750), so it starts as a working upscaler and its own output stays small;
* the three-convolution training branches are folded into one 3x3 kernel *on the weights* at every forward pass,
  which gives the paper's parameterisation at the price of a plain 3x3 network.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class RepConv3x3(nn.Module):
    """A 3x3 convolution trained as 1x1 -> 3x3 -> 1x1 plus a 1x1 skip (SPAN section 3.4, after ECBSR).

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        expansion: width of the training-time branch as a multiple of ``out_channels``.
    """

    def __init__(self, in_channels: int, out_channels: int, expansion: int = 2) -> None:
        super().__init__()
        width = out_channels * expansion
        self.expand = nn.Conv2d(in_channels, width, 1, bias=False)
        self.spatial = nn.Conv2d(width, width, 3, bias=False)
        self.project = nn.Conv2d(width, out_channels, 1, bias=False)
        self.skip = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(out_channels))

    def kernel(self) -> Tensor:
        """Return the equivalent 3x3 kernel, shape (out_channels, in_channels, 3, 3)."""
        expand, project = self.expand.weight[:, :, 0, 0], self.project.weight[:, :, 0, 0]
        with torch.autocast(expand.device.type, enabled=False):
            kernel = torch.einsum("om,mnhw,ni->oihw", project, self.spatial.weight, expand)
            return kernel + F.pad(self.skip.weight, (1, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.kernel(), self.bias, padding=1)


class SPAB(nn.Module):
    """Swift parameter-free attention block (SPAN section 3.2): three convolutions that gate themselves, and a skip."""

    def __init__(self, channels: int, conv: type[nn.Module]) -> None:
        super().__init__()
        self.conv1 = conv(channels, channels)
        self.conv2 = conv(channels, channels)
        self.conv3 = conv(channels, channels)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the block's output and its first activation, both (B, C, H, W)."""
        in_place = not torch.is_grad_enabled()  # new memory for each result would take a fifth of the time on CPUs
        first = F.silu(self.conv1(x), in_place)
        out = self.conv3(F.silu(self.conv2(first), in_place))
        if in_place:
            attention = torch.sigmoid(out).sub_(0.5)
            return torch.addcmul(x, out.add_(x), attention, out=out), first
        return torch.addcmul(x, out + x, torch.sigmoid(out) - 0.5), first


class _PlainConv3x3(nn.Conv2d):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, 3, padding=1)


class SPAN(nn.Module):
    """4x (or ``scale``x) super-resolution of RGB images.

    Args:
        channels: feature channels (48 in the paper's main model).
        blocks: number of SPAB blocks (6 in the paper).
        scale: integer upscaling factor.
        reparameterised: train with :class:`RepConv3x3`; ``fused()`` gives the plain network that is shipped.
    """

    tasks = ("super_resolution",)
    receptive_radius: int

    def __init__(self, channels: int = 48, blocks: int = 6, scale: int = 4, reparameterised: bool = False) -> None:
        super().__init__()
        self.config = {"channels": channels, "blocks": blocks, "scale": scale, "reparameterised": reparameterised}
        self.scale = scale
        self.receptive_radius = 3 * blocks + 3
        conv = RepConv3x3 if reparameterised else _PlainConv3x3
        self.head = conv(3, channels)
        self.blocks = nn.ModuleList(SPAB(channels, conv) for _ in range(blocks))
        self.tail = conv(channels, channels)
        self.merge = nn.Conv2d(4 * channels, channels, 1)
        self.to_rgb = nn.Conv2d(channels, 3 * scale * scale, 3, padding=1)
        for parameter in self.to_rgb.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        """Upscale (B, 3, H, W) in 0..1 to (B, 3, scale*H, scale*W), approximately in 0..1 (not clamped)."""
        head = self.head(4 * x - 2)  # about unit variance
        features, first, after_first_block = head, head, head
        for index, block in enumerate(self.blocks):
            features, first = block(features)
            if index == 0:
                after_first_block = features
        merged = self.merge(torch.cat([head, self.tail(features), after_first_block, first], dim=1))
        residual = self.to_rgb(merged).to(x.dtype)
        residual.unflatten(1, (x.shape[1], -1)).add_(x[:, :, None])  # the nearest-neighbour upsampling, once shuffled
        return F.pixel_shuffle(residual, self.scale)

    @torch.no_grad()
    def fused(self) -> SPAN:
        """Return an equivalent network of plain 3x3 convolutions, for inference and shipping."""
        plain = SPAN(self.merge.out_channels, len(self.blocks), self.scale).to(self.to_rgb.weight)
        state = {k: v for k, v in self.state_dict().items() if k in plain.state_dict()}
        for name, module in self.named_modules():
            if isinstance(module, RepConv3x3):
                state[f"{name}.weight"], state[f"{name}.bias"] = module.kernel(), module.bias
        plain.load_state_dict(state)
        return plain
