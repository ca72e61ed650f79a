"""Autoencoder recipes from the command line to images, and their losses against known values."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from PIL import Image

import imggen
from imggen.models.autoencoder.vae import VAE
from imggen.training.autoencoder.step import Autoencoder, divergence, gaussian
from tests.conftest import picture
from tests.training.gan.test_gan import TINY, logged, run

TINY["vae"] = ["architecture_config.channels=8", "architecture_config.hidden=8", "architecture_config.latent_size=8"]
TINY["vae"] += ["discriminator.channels=8"]


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders with two pictures each."""
    folder = tmp_path_factory.mktemp("data") / "classes"
    for number, name in enumerate(("rose", "tulip")):
        (folder / name).mkdir(parents=True)
        for seed in range(2):
            picture(24, 20, 2 * number + seed).save(folder / name / f"{seed}.png")
    return folder


def test_divergence_from_the_prior() -> None:
    assert divergence(torch.zeros(3, 5), torch.zeros(3, 5)).item() == 0
    mean, log_variance = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, math.log(4)]])
    assert divergence(mean, log_variance).item() == pytest.approx(0.5 + (4 - 1 - math.log(4)) / 2)


def test_gaussian_likelihood_sums_over_an_image() -> None:
    output, target = torch.zeros(2, 3, 2, 2), torch.full((2, 3, 2, 2), 0.5)
    assert gaussian(output, target, deviation=0.5).item() == pytest.approx(12 / 2)


def test_the_adversarial_side_has_no_path_to_the_encoder() -> None:
    network = Autoencoder(VAE(image_size=8, channels=4, hidden=4, latent_size=4))
    x, noise = torch.randn(3, 3, 8, 8), torch.randn(3, 4)
    coded = network(x, None, noise, torch.randn(3, 4))
    torch.stack([fake.sum() for fake in coded.fakes]).sum().backward()
    assert all(parameter.grad is None for parameter in network.vae.encoder.parameters())
    assert all(parameter.grad is not None for parameter in network.vae.decoder.parameters())
    assert network(x, None, noise, None).fakes == []


@pytest.mark.parametrize("recipe", ["vae", "vae-gan", "cvae"])
def test_every_recipe_trains_to_a_checkpoint_that_samples(recipe: str, classes: Path, tmp_path: Path) -> None:
    output = tmp_path / "result"
    assert run(recipe, classes, output) == 0
    config = json.loads((output / "config.json").read_text())
    assert config["latent_size"] == 8
    assert config["class_names"] == (["rose", "tulip"] if recipe == "cvae" else None)
    names = ["loss", "kl", *(["similarity", "adversarial", "discriminator"] if recipe == "vae-gan" else ["pixels"])]
    assert all(math.isfinite(value) for name in names for value in logged(output, name))
    model = imggen.load(output)
    images: list[Image.Image] = model.sample("rose", count=2) if recipe == "cvae" else model.sample(count=2)
    assert [image.size for image in images] == [(16, 16)] * 2


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["losses.pixels=0"], "Nothing compares input and output"),
        (["losses.pixel=1"], "Did you mean 'losses.pixels'?"),
        (["losses.kl=-1"], "numbers of at least 0"),
        (["batch=1"], "normalise over the batch"),
        (["betas=[1, 0]"], "'betas.0' must be below 1"),
        (["architecture_config.image_size=24"], "power of two"),
    ],
)
def test_mistakes_give_one_sentence(
    settings: list[str], sentence: str, classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("vae", classes, tmp_path / "result", *settings) == 2
    assert sentence in capsys.readouterr().err
