"""Fixtures shared by all tests: small pictures and small checkpoints."""

from __future__ import annotations

import os
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # what is promised to the bit is promised on CPUs

import numpy as np
import pytest
import torch
from PIL import Image

from imggen.checkpoint import Checkpoint, save
from imggen.models.span import SPAN

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


def save_tiny_span(folder: Path, seed: int = 0, base_model: str | None = None) -> Path:
    """Write a checkpoint of a tiny SPAN whose weights are all at work."""
    torch.manual_seed(seed)
    checkpoint = Checkpoint("super_resolution", "span", TINY_SPAN, title=f"Tiny {folder.name}", base_model=base_model)
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
