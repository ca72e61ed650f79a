"""Fixtures shared by all tests: small pictures and small checkpoints."""

from __future__ import annotations

import os
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # what is promised to the bit is promised on CPUs

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from imggen.imaging.painting.underpainting import describe
from imggen.imaging.tensors import to_tensor
from imggen.models.style.arbitrary_style import ArbitraryStyle
from imggen.models.style.style_table import StyleTable
from imggen.models.super_resolution.span import SPAN
from imggen.models.translation.cyclegan import CycleGAN
from imggen.models.vgg16 import VGG16Features
from imggen.store.checkpoint import Checkpoint, save
from imggen.store.style_codes import STYLES_NAME, save_codes

TINY_GENERATORS: dict[str, dict[str, object]] = {
    "dcgan": {"image_size": 16, "channels": 8, "latent_size": 8},
    "cgan": {"image_size": 16, "channels": 8, "latent_size": 8, "classes": 4},
}
TINY_SPAN = {"channels": 8, "blocks": 2}


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    """A smooth, colourful picture with a few hard edges."""
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    phase = np.random.default_rng(seed).uniform(0, 6, 3)
    waves = [np.sin(9 * x + 5 * y + p) + np.sign(np.sin(13 * x - 7 * y + p)) for p in phase]
    return Image.fromarray((np.stack(waves, -1) * 60 + 128).astype(np.uint8))


def save_tiny_span(folder: Path, seed: int = 0, base_model: str | None = None, slider: str | None = None) -> Path:
    """Write a checkpoint of a tiny SPAN whose weights are all at work."""
    torch.manual_seed(seed)
    checkpoint = Checkpoint(
        "super_resolution", "span", TINY_SPAN, title=f"Tiny {folder.name}", base_model=base_model, slider=slider
    )
    assert isinstance(checkpoint.network, SPAN)
    torch.nn.init.normal_(checkpoint.network.to_rgb.weight, std=0.05)
    return save(checkpoint, folder, "---\nlicense: apache-2.0\n---\n# Tiny\n")


def save_tiny_generator(folder: Path, class_names: list[str] | None = None) -> Path:
    """Write a checkpoint of a tiny generator of 16 x 16 pictures, conditional when there are class names."""
    torch.manual_seed(0)
    task, architecture = ("conditional", "cgan") if class_names else ("sampling", "dcgan")
    checkpoint = Checkpoint(
        task, architecture, TINY_GENERATORS[architecture], title=f"Tiny {folder.name}", class_names=class_names
    )
    return save(checkpoint, folder, "---\nlicense: apache-2.0\n---\n# Tiny\n")


def save_tiny_stylisers(folder: Path) -> Path:
    """Write checkpoints of a tiny network for any style, with two codes, and of one with a table of two styles."""
    torch.manual_seed(0)
    config: dict[str, object] = {"channels": 4, "blocks": 1, "code_size": 12, "encoder_channels": 4}
    any_style = Checkpoint("style_transfer", "arbitrary_style", config, title="Tiny any style")
    assert isinstance(any_style.network, ArbitraryStyle)
    save(any_style, folder / "tiny-any-style", "---\nlicense: apache-2.0\n---\n# Tiny\n")
    pictures = [("Waves", "Ann", "1889", picture(300, 260, seed=1)), ("Hills", "Ben", "", picture(280, 300, seed=2))]
    save_codes(folder / "tiny-any-style" / STYLES_NAME, any_style.network.eval(), pictures)
    (folder / "tiny-any-style" / "styles").mkdir()
    for name, (*_, shown) in zip(("ann-waves", "ben-hills"), pictures, strict=True):
        shown.resize((64, 64)).save(folder / "tiny-any-style" / "styles" / f"{name}.webp")
    config = {"channels": 4, "blocks": 1, "style_names": ["dots", "lines"]}
    fixed = Checkpoint("style_transfer", "style_table", config, title="Tiny styles")
    assert isinstance(fixed.network, StyleTable)
    fixed.network.descriptions.copy_(torch.cat([describe(to_tensor(shown)) for *_, shown in pictures]))
    nn.init.normal_(fixed.network.painter.to_rgb.weight, std=0.2)
    save(fixed, folder / "tiny-styles", "---\nlicense: apache-2.0\n---\n# Tiny\n")
    return folder


def save_tiny_translator(folder: Path, domains: tuple[str, str] = ("day", "night")) -> Path:
    """Write a checkpoint of a tiny CycleGAN whose first direction darkens and whose second brightens."""
    torch.manual_seed(0)
    config: dict[str, object] = {"channels": 4, "blocks": 1, "domains": list(domains), "working_sides": [64, 64]}
    checkpoint = Checkpoint("day_night", "cyclegan", config, title=f"Tiny {folder.name}")
    assert isinstance(checkpoint.network, CycleGAN)
    for generator, exposure in ((checkpoint.network.a2b, -0.8), (checkpoint.network.b2a, 0.8)):
        torch.nn.init.normal_(generator.tail.weight, std=0.02)
        assert generator.tail.bias is not None
        torch.nn.init.constant_(generator.tail.bias[3:], exposure)
    return save(checkpoint, folder, "---\nlicense: apache-2.0\n---\n# Tiny\n")


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a faithful upscaler and its detailed fine-tune."""
    folder = tmp_path_factory.mktemp("models")
    save_tiny_span(folder / "tiny", seed=1)
    save_tiny_span(folder / "tiny-detail", seed=2, base_model="tiny")
    return folder


@pytest.fixture(scope="session")
def tiny_generators(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a generator, and one with classes."""
    folder = tmp_path_factory.mktemp("generators")
    save_tiny_generator(folder / "tiny-gan")
    save_tiny_generator(folder / "tiny-classes", ["daisy", "rose", "tulip", "violet"])
    return folder


@pytest.fixture(scope="session")
def tiny_stylisers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network for any style, and one with a table of styles."""
    return save_tiny_stylisers(tmp_path_factory.mktemp("stylisers"))


@pytest.fixture(scope="session")
def vgg16_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VGG-16 features with convolutions that keep the size of the signal, in float16."""
    torch.manual_seed(0)
    network = VGG16Features(["relu5_3"])
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
            nn.init.uniform_(module.bias, -0.1, 0.1)
    path = tmp_path_factory.mktemp("vgg16") / "vgg16.safetensors"
    save_file({key: value.half() for key, value in network.state_dict().items()}, path, {"source": "random weights"})
    return path


@pytest.fixture(scope="session")
def tiny_translators(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a translator between day and night, and one between two fruits."""
    folder = tmp_path_factory.mktemp("translators")
    save_tiny_translator(folder / "tiny-day-night")
    save_tiny_translator(folder / "tiny-fruit", ("apple", "orange"))
    return folder
