"""Checkpoints as other projects write them: the true architectures, key names and file formats, with random weights.

Each ``Foreign`` network computes what its authors' does, so that ours can be compared with it, number by number.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import spectral_norm

warnings.filterwarnings("ignore", category=FutureWarning, module="torch.nn.utils")


def randomised(network: nn.Module, seed: int = 0) -> nn.Module:
    """Give every tensor values of its own: statistics that are not 0 and 1, strengths that are not 0."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in network.state_dict().items():
        if not value.is_floating_point():
            continue
        if name.endswith(("running_var", "running_vars")):
            value.uniform_(0.5, 1.5, generator=generator)
        elif not name.endswith(("_u", "_v", ".f")):
            scale = 0.5 if value.dim() < 2 else 1 / value[0].numel() ** 0.5
            value.normal_(0, scale, generator=generator)
    network.train()
    with torch.no_grad():
        for module in network.modules():
            for hook in module._forward_pre_hooks.values():
                for _ in range(3):
                    hook(module, ())  # settles the estimates of the spectral norms
    return network.eval()


def pth(state: object) -> bytes:
    """What ``torch.save`` writes."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def _varint(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + _varint(rest) if rest else bytes([low])


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def onnx(state: Mapping[str, Tensor], packed: bool = False) -> bytes:
    """An ONNX model with these constants, a shape constant of integers, and one node."""
    initialisers = b""
    for name, value in state.items():
        dims = b"".join(_varint(side) for side in value.shape)
        shape = _field(1, dims) if packed else b"".join(_field(1, side) for side in value.shape)
        data = value.contiguous().numpy().tobytes()
        initialisers += _field(5, shape + _field(2, 1) + _field(8, name.encode()) + _field(4 if packed else 9, data))
    shape_constant = _field(1, 2) + _field(2, 7) + _field(8, b"170") + _field(9, struct.pack("<2q", 1, -1))
    node = _field(1, _field(1, b"input1") + _field(2, b"output1") + _field(4, b"Conv"))
    graph = node + _field(2, b"torch-jit-export") + initialisers + _field(5, shape_constant)
    return _field(1, 4) + _field(2, b"pytorch") + _field(7, graph) + _field(8, _field(2, 9))


# FastGAN, as published under huggan/fastgan-few-shot-*


class _Wrapped(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self._conv = spectral_norm(layer)

    def forward(self, x: Tensor) -> Tensor:
        return self._conv(x)


class _Noise(nn.Module):
    noise: Tensor | None = None

    def __init__(self) -> None:
        super().__init__()
        self._weight = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self._weight * self.noise


class _Layers(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self._layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self._layers(x)


def _conv(inputs: int, outputs: int, size: int, padding: int = 0) -> _Wrapped:
    return _Wrapped(nn.Conv2d(inputs, outputs, size, 1, padding, bias=False))


class ForeignFastGAN(nn.Module):
    def __init__(self, widths: list[int], latent_size: int) -> None:
        super().__init__()
        sides = [4 * 2**level for level in range(9)]
        width = dict(zip(sides, widths, strict=True))
        first = _Wrapped(nn.ConvTranspose2d(latent_size, 2 * widths[0], 4, bias=False))
        self._init = _Layers(first, nn.BatchNorm2d(2 * widths[0]), nn.GLU(1))
        for level, side in enumerate(sides[1:]):
            layers: list[nn.Module] = [nn.Upsample(scale_factor=2)]
            inputs = width[side // 2]
            for _ in range(2 - level % 2):
                layers.append(_conv(inputs, 2 * width[side], 3, 1))
                layers += [] if level % 2 else [_Noise()]
                layers += [nn.BatchNorm2d(2 * width[side]), nn.GLU(1)]
                inputs = width[side]
            setattr(self, f"_upsample_{side}", _Layers(*layers))
        for side in (64, 128, 256, 512):
            low, high = width[side // 16], width[side]
            excitation = [nn.AdaptiveAvgPool2d(4), _conv(low, high, 4), nn.SiLU(), _conv(high, high, 1), nn.Sigmoid()]
            setattr(self, f"_sle_{side}", _Layers(*excitation))
        self._out_128 = nn.Sequential(_conv(width[128], 3, 1), nn.Tanh())
        self._out_1024 = nn.Sequential(_conv(width[1024], 3, 3, 1), nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        x = self._init(z[:, :, None, None])
        at = {4: x}
        for side in (8, 16, 32, 64, 128, 256, 512, 1024):
            x = getattr(self, f"_upsample_{side}")(x)
            if side in (64, 128, 256, 512):
                x = x * getattr(self, f"_sle_{side}")(at[side // 16])
            at[side] = x
        return self._out_1024(x)


# Lightweight GAN, as its trainers store it


class _Fuzziness(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("f", torch.tensor([1.0, 2.0, 1.0]))

    def forward(self, x: Tensor) -> Tensor:
        kernel = self.f[None, :] * self.f[:, None] / 16
        return torch.cat([F.conv2d(F.pad(c, [1] * 4, mode="reflect"), kernel[None, None]) for c in x.split(1, 1)], 1)


class _ChannelNorm(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.g = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.b = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, 1, unbiased=False, keepdim=True)
        return (x - mean) / torch.sqrt(variance + 1e-5) * self.g + self.b


class _SummingAttention(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.to_q = nn.Conv2d(channels, 512, 1, bias=False)
        self.to_kv = nn.Module()
        spread = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.to_kv.net = nn.Sequential(spread, nn.Conv2d(channels, 1024, 1, bias=False))
        self.to_out = nn.Conv2d(512, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        parts = (self.to_q(x), *self.to_kv.net(x).chunk(2, 1))
        q, k, v = (part.view(len(x), 8, 64, -1) for part in parts)
        context = torch.einsum("bhdn,bhen->bhde", k.softmax(-1), v)
        mixed = torch.einsum("bhdn,bhde->bhen", q.softmax(-2) / 8, context)
        return self.to_out(F.gelu(mixed.reshape(len(x), 512, *x.shape[2:])))


class _PreNorm(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fn, self.norm = _SummingAttention(channels), _ChannelNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.fn(self.norm(x))


class _Context(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.to_k = nn.Conv2d(inputs, 1, 1)
        middle = max(3, outputs // 2)
        wide = nn.Conv2d(inputs, middle, 1)
        self.net = nn.Sequential(wide, nn.LeakyReLU(0.1), nn.Conv2d(middle, outputs, 1), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        share = self.to_k(x).flatten(2).softmax(-1)
        return self.net((x.flatten(2) * share).sum(2)[:, :, None, None])


class ForeignLightweightGenerator(nn.Module):
    def __init__(self, widths: list[int], latent_size: int, attention: tuple[int, ...] = (32,)) -> None:
        super().__init__()
        first = nn.ConvTranspose2d(latent_size, 2 * latent_size, 4)
        self.initial_conv = nn.Sequential(first, nn.BatchNorm2d(2 * latent_size), nn.GLU(1))
        self.layers = nn.ModuleList()
        for place, (inputs, outputs) in enumerate(zip([latent_size, *widths], widths, strict=False)):
            conv = nn.Conv2d(inputs, 2 * outputs, 3, padding=1)
            up = nn.Sequential(nn.Upsample(scale_factor=2), _Fuzziness(), conv, nn.BatchNorm2d(2 * outputs), nn.GLU(1))
            excites = 1 <= place < len(widths) - 3
            excitation = _Context(outputs, widths[place + 3]) if excites else None
            attends = _PreNorm(inputs) if 4 * 2**place in attention else None
            self.layers.append(nn.ModuleList([up, excitation, attends]))  # type: ignore[list-item]
        self.out_conv = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        x = F.normalize(self.initial_conv(z[:, :, None, None]), dim=1)
        waiting: dict[int, Tensor] = {}
        for place, (up, excitation, attends) in enumerate(self.layers):
            x = x if attends is None else attends(x) + x
            x = up(x)
            if excitation is not None:
                waiting[place + 3] = excitation(x)
            x = x * waiting[place] if place in waiting else x
        return self.out_conv(x)


class ForeignLightweightGAN(nn.Module):
    def __init__(self, widths: list[int], latent_size: int) -> None:
        super().__init__()
        self.G = ForeignLightweightGenerator(widths, latent_size)
        self.D = nn.Conv2d(3, 1, 4)
        self.GE = ForeignLightweightGenerator(widths, latent_size)
        self.D_aug = nn.Module()
        self.D_aug.D = self.D


# BigGAN-deep, as pytorch-pretrained-BigGAN stores it


class _Statistics(nn.Module):
    def __init__(self, channels: int, condition: int, statistics: int) -> None:
        super().__init__()
        self.register_buffer("running_means", torch.zeros(statistics, channels))
        self.register_buffer("running_vars", torch.ones(statistics, channels))
        self.conditional = bool(condition)
        if condition:
            self.scale = spectral_norm(nn.Linear(condition, channels, bias=False))
            self.offset = spectral_norm(nn.Linear(condition, channels, bias=False))
        else:
            self.weight = nn.Parameter(torch.ones(channels))
            self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, place: int, condition: Tensor) -> Tensor:
        mean, variance = (value[place][:, None, None] for value in (self.running_means, self.running_vars))
        x = (x - mean) / torch.sqrt(variance + 1e-4)
        if self.conditional:
            return x * (1 + self.scale(condition))[:, :, None, None] + self.offset(condition)[:, :, None, None]
        return x * self.weight[:, None, None] + self.bias[:, None, None]


class _DeepBlock(nn.Module):
    def __init__(self, wide: int, narrow: int, condition: int, statistics: int, double: bool) -> None:
        super().__init__()
        middle = wide // 4
        self.narrow, self.double = narrow, double
        ends = [(wide, middle, 1), (middle, middle, 3), (middle, middle, 3), (middle, narrow, 1)]
        for index, (inputs, outputs, size) in enumerate(ends):
            setattr(self, f"bn_{index}", _Statistics(inputs, condition, statistics))
            setattr(self, f"conv_{index}", spectral_norm(nn.Conv2d(inputs, outputs, size, padding=size // 2)))

    def forward(self, x: Tensor, place: int, condition: Tensor) -> Tensor:
        inner = x
        for index in range(4):
            inner = F.relu(getattr(self, f"bn_{index}")(inner, place, condition))
            if index == 1 and self.double:
                inner = F.interpolate(inner, scale_factor=2)
            inner = getattr(self, f"conv_{index}")(inner)
        x = x[:, : self.narrow]
        return inner + (F.interpolate(x, scale_factor=2) if self.double else x)


class _Attention(nn.Module):
    def __init__(self, channels: int, names: tuple[str, ...], strength: str) -> None:
        super().__init__()
        shapes = [(channels, channels // 8), (channels, channels // 8), (channels, channels // 2)]
        shapes.append((channels // 2, channels))
        for name, (inputs, outputs) in zip(names, shapes, strict=True):
            setattr(self, name, spectral_norm(nn.Conv2d(inputs, outputs, 1, bias=False)))
        setattr(self, strength, nn.Parameter(torch.zeros(1)))
        self.names, self.strength = names, strength

    def forward(self, x: Tensor) -> Tensor:
        theta, phi, g, out = (getattr(self, name) for name in self.names)
        query = theta(x).flatten(2)
        key, value = F.max_pool2d(phi(x), 2).flatten(2), F.max_pool2d(g(x), 2).flatten(2)
        share = torch.softmax(torch.bmm(query.permute(0, 2, 1), key), -1)
        mixed = torch.bmm(value, share.permute(0, 2, 1)).view(len(x), -1, *x.shape[2:])
        return x + getattr(self, self.strength) * out(mixed)


class _DeepGenerator(nn.Module):
    def __init__(self, channels: int, latent_size: int, statistics: int) -> None:
        super().__init__()
        condition = 2 * latent_size
        self.gen_z = spectral_norm(nn.Linear(condition, 16 * 16 * channels))
        plan = [(False, 16, 16), (True, 16, 16), (False, 16, 16), (True, 16, 8), (False, 8, 8), (True, 8, 4)]
        plan += [(False, 4, 4), (True, 4, 2), (False, 2, 2), (True, 2, 1)]
        layers: list[nn.Module] = []
        for index, (double, wide, narrow) in enumerate(plan):
            if index == 8:
                names = ("snconv1x1_theta", "snconv1x1_phi", "snconv1x1_g", "snconv1x1_o_conv")
                layers.append(_Attention(2 * channels, names, "gamma"))
            layers.append(_DeepBlock(channels * wide, channels * narrow, condition, statistics, double))
        self.layers = nn.ModuleList(layers)
        self.bn = _Statistics(channels, 0, statistics)
        self.conv_to_rgb = spectral_norm(nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, condition: Tensor, place: int) -> Tensor:
        x = self.gen_z(condition).view(len(condition), 4, 4, -1).permute(0, 3, 1, 2)
        for layer in self.layers:
            x = layer(x) if isinstance(layer, _Attention) else layer(x, place, condition)
        return torch.tanh(self.conv_to_rgb(F.relu(self.bn(x, place, condition)))[:, :3])


class ForeignBigGANDeep(nn.Module):
    def __init__(self, channels: int, latent_size: int, classes: int, statistics: int = 51) -> None:
        super().__init__()
        self.embeddings = nn.Linear(classes, latent_size, bias=False)
        self.generator = _DeepGenerator(channels, latent_size, statistics)

    def forward(self, z: Tensor, labels: Tensor, place: int) -> Tensor:
        return self.generator(torch.cat([z, self.embeddings(labels)], 1), place)


# BigGAN for CIFAR-10, as PyTorch-StudioGAN stores it


class _ConditionalNorm(nn.Module):
    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(channels, eps=1e-4, affine=False)
        self.gain = spectral_norm(nn.Linear(condition, channels, bias=False))
        self.bias = spectral_norm(nn.Linear(condition, channels, bias=False))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return self.bn(x) * (1 + self.gain(condition))[:, :, None, None] + self.bias(condition)[:, :, None, None]


class _StudioBlock(nn.Module):
    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.bn1, self.bn2 = _ConditionalNorm(channels, condition), _ConditionalNorm(channels, condition)
        self.conv2d0 = spectral_norm(nn.Conv2d(channels, channels, 1))
        self.conv2d1 = spectral_norm(nn.Conv2d(channels, channels, 3, padding=1))
        self.conv2d2 = spectral_norm(nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        inner = self.conv2d1(F.interpolate(F.relu(self.bn1(x, condition)), scale_factor=2))
        inner = self.conv2d2(F.relu(self.bn2(inner, condition)))
        return inner + self.conv2d0(F.interpolate(x, scale_factor=2))


class ForeignStudioGAN(nn.Module):
    def __init__(self, channels: int, latent_part: int = 20, shared: int = 8, classes: int = 10) -> None:
        super().__init__()
        self.part = latent_part
        condition = latent_part + shared
        self.linear0 = spectral_norm(nn.Linear(latent_part, 16 * channels))
        self.shared = nn.Embedding(classes, shared)
        names = ("conv1x1_theta", "conv1x1_phi", "conv1x1_g", "conv1x1_attn")
        blocks: list[nn.Module] = [_StudioBlock(channels, condition) for _ in range(3)]
        blocks.insert(2, _Attention(channels, names, "sigma"))
        self.blocks = nn.ModuleList(nn.ModuleList([block]) for block in blocks)
        self.bn4 = nn.BatchNorm2d(channels, eps=1e-4)
        self.conv2d5 = spectral_norm(nn.Conv2d(channels, 3, 3, padding=1))

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        first, *parts = z.split(self.part, 1)
        x = self.linear0(first).view(len(z), -1, 4, 4)
        for (block,) in self.blocks:
            if isinstance(block, _Attention):
                x = block(x)
            else:
                x = block(x, torch.cat([self.shared(label), parts.pop(0)], 1))
        return torch.tanh(self.conv2d5(F.relu(self.bn4(x))))


# The fast styles of pytorch/examples, which the ONNX model zoo exported


class _Padded(nn.Module):
    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(inputs, outputs, size, stride)

    def forward(self, x: Tensor) -> Tensor:
        margin = self.conv2d.kernel_size[0] // 2
        return self.conv2d(F.pad(x, [margin] * 4, mode="reflect"))


def _norm(channels: int) -> nn.Module:
    return nn.InstanceNorm2d(channels, affine=True)


class _StyleBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.in1 = _Padded(channels, channels, 3), _norm(channels)
        self.conv2, self.in2 = _Padded(channels, channels, 3), _norm(channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.in2(self.conv2(F.relu(self.in1(self.conv1(x)))))


class ForeignFastStyle(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        one, two, four = channels, 2 * channels, 4 * channels
        self.conv1, self.in1 = _Padded(3, one, 9), _norm(one)
        self.conv2, self.in2 = _Padded(one, two, 3, 2), _norm(two)
        self.conv3, self.in3 = _Padded(two, four, 3, 2), _norm(four)
        for index in range(1, 6):
            setattr(self, f"res{index}", _StyleBlock(four))
        self.deconv1, self.in4 = _Padded(four, two, 3), _norm(two)
        self.deconv2, self.in5 = _Padded(two, one, 3), _norm(one)
        self.deconv3 = _Padded(one, 3, 9)

    def forward(self, x: Tensor) -> Tensor:
        for index in (1, 2, 3):
            x = F.relu(getattr(self, f"in{index}")(getattr(self, f"conv{index}")(x)))
        for index in range(1, 6):
            x = getattr(self, f"res{index}")(x)
        x = F.relu(self.in4(self.deconv1(F.interpolate(x, scale_factor=2))))
        x = F.relu(self.in5(self.deconv2(F.interpolate(x, scale_factor=2))))
        return self.deconv3(x)


# The translators of huggan: pix2pix's U-Net and CycleGAN's residual generator


class _Model(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class ForeignUNet(nn.Module):
    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        for level, (inputs, outputs) in enumerate(zip([3, *widths[:-1]], widths, strict=True), 1):
            norm = [nn.InstanceNorm2d(outputs)] if 1 < level < 8 else []
            dropout = [nn.Dropout(0.5)] if level > 3 else []
            down = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False)
            setattr(self, f"down{level}", _Model(down, *norm, nn.LeakyReLU(0.2), *dropout))
        inputs = widths[-1]
        for level, outputs in enumerate(reversed(widths[:-1]), 1):
            up = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False)
            setattr(self, f"up{level}", _Model(up, nn.InstanceNorm2d(outputs), nn.ReLU()))
            inputs = 2 * outputs
        last = nn.Conv2d(inputs, 3, 4, padding=1)
        self.final = nn.Sequential(nn.Upsample(scale_factor=2), nn.ZeroPad2d((1, 0, 1, 0)), last, nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for level in range(1, 9):
            x = getattr(self, f"down{level}")(x)
            skips.append(x)
        skips.pop()
        for level in range(1, 8):
            x = torch.cat([getattr(self, f"up{level}")(x), skips.pop()], 1)
        return self.final(x)


class _ResidualBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        half = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)]
        again = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)]
        self.block = nn.Sequential(*half, nn.ReLU(), *again)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x)


class ForeignResnet(_Model):
    def __init__(self, channels: int, blocks: int) -> None:
        wide = channels
        layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(3, wide, 7), nn.InstanceNorm2d(wide), nn.ReLU()]
        for _ in range(2):
            layers += [nn.Conv2d(wide, 2 * wide, 3, 2, 1), nn.InstanceNorm2d(2 * wide), nn.ReLU()]
            wide *= 2
        layers += [_ResidualBlock(wide) for _ in range(blocks)]
        for _ in range(2):
            layers.append(nn.Upsample(scale_factor=2))
            layers += [nn.Conv2d(wide, wide // 2, 3, padding=1), nn.InstanceNorm2d(wide // 2), nn.ReLU()]
            wide //= 2
        super().__init__(*layers, nn.ReflectionPad2d(3), nn.Conv2d(wide, 3, 7), nn.Tanh())
