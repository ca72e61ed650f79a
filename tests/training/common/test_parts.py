"""The small shared parts: average, schedule, recipes, state folders, discriminator, card."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from torch import nn

from imggen.errors import InputError
from imggen.models import AUTOENCODERS
from imggen.models.super_resolution.discriminator import SRDiscriminator
from imggen.training.autoencoder import trainer as autoencoder
from imggen.training.autoencoder.recipe import AutoencoderRecipe
from imggen.training.common.ema import EMA
from imggen.training.common.interrupt import interruptible
from imggen.training.common.recipe import load_recipe, override, recipe_names
from imggen.training.common.schedule import growth, warmup_cosine
from imggen.training.common.update import Learner, descend
from imggen.training.common.validation import read
from imggen.training.gan import trainer as gan
from imggen.training.gan.recipe import GANRecipe
from imggen.training.super_resolution.recipe import SRRecipe
from imggen.training.super_resolution.step import off_the_grid


def test_judged_patches_lie_anywhere_over_the_blocks_both_alike() -> None:
    torch.manual_seed(0)
    patches = torch.rand(2, 3, 16, 16)
    places = set()
    for _ in range(200):
        output, target = off_the_grid(patches, -patches)
        assert torch.equal(output, -target)
        places.add(tuple((output[0, 0] == patches[0, 0, 0, 0]).nonzero()[0].tolist()))
    assert places == {(row, column) for row in range(4) for column in range(4)}


def test_ema_averages_weights_and_buffers() -> None:
    network = nn.BatchNorm1d(2)
    ema = EMA(network, decay=0.5)
    with torch.no_grad():
        network.weight.fill_(3.0)
        network.running_mean.fill_(8.0)  # type: ignore[union-attr]
        network.num_batches_tracked.fill_(5)  # type: ignore[union-attr]
    ema.update(network)  # the first decay is 1 / 10
    average = ema.network.state_dict()
    assert average["weight"].tolist() == pytest.approx([2.8, 2.8])
    assert average["running_mean"].tolist() == pytest.approx([7.2, 7.2])
    assert average["num_batches_tracked"] == 5
    restored = EMA(nn.BatchNorm1d(2), decay=0.5)
    restored.load_state_dict(ema.state_dict())
    assert restored.updates == 1
    assert torch.equal(restored.network.state_dict()["weight"], average["weight"])


def test_ema_decay_grows_to_its_limit() -> None:
    network = nn.Linear(1, 1, bias=False)
    ema = EMA(network, decay=0.9)
    nn.init.zeros_(network.weight)
    for _ in range(200):
        ema.update(network)
    before = ema.network.state_dict()["weight"].clone()
    nn.init.ones_(network.weight)
    ema.update(network)
    assert (ema.network.state_dict()["weight"] - before).item() == pytest.approx(0.1, abs=1e-6)


def test_schedule_warms_up_and_ends_at_the_floor() -> None:
    factors = [warmup_cosine(step, steps=100, warmup=10, floor=0.01) for step in range(101)]
    assert factors[0] == pytest.approx(0.1, rel=0.01)
    assert max(factors) == factors[9]
    assert factors[55] < factors[50] < factors[10]
    assert factors[100] == pytest.approx(0.01)
    assert warmup_cosine(0, steps=10, warmup=0, floor=0.0) == 1


def of_task(*tasks: str) -> list[str]:
    return [name for name in recipe_names() if load_recipe(name)["task"] in tasks]


def test_growth_holds_and_fades_in_turns() -> None:
    stages = [growth(step, phase=10) for step in (0, 9, 10, 15, 20, 29, 35, 40)]
    assert stages == pytest.approx([0, 0, 0, 0.5, 1, 1, 1.5, 2])


@pytest.mark.parametrize("name", of_task("super_resolution"))
def test_shipped_recipes_are_complete_and_commented(name: str) -> None:
    settings = load_recipe(name)
    recipe = read(SRRecipe, override(settings, ["losses.perceptual=0", "losses.l1=1"]))
    assert recipe.init is None
    assert recipe.perceptual_weights is None
    assert recipe.task == "super_resolution"


@pytest.mark.parametrize("name", of_task("sampling", "conditional"))
def test_shipped_generator_recipes_are_complete_and_buildable(name: str, vgg_file: Path) -> None:
    settings = load_recipe(name)
    if "vgg16" in settings["discriminator"]:
        settings["discriminator"]["vgg16"] = str(vgg_file)
    classes = 3 if settings["task"] == "conditional" else 0
    if settings["architecture"] in AUTOENCODERS:
        autoencoding, _ = autoencoder.create_networks(read(AutoencoderRecipe, settings), classes)
        assert autoencoding.vae.classes == classes
    else:
        generator, *_ = gan.create_networks(read(GANRecipe, settings), classes)
        assert generator.classes == classes


def test_overrides_are_typed_by_what_they_replace() -> None:
    settings = {
        "steps": 5, "lr": 0.1, "name": "a", "on": True, "init": None, "betas": [0.9, 0.99], "losses": {"l1": 1.0}
    }  # fmt: skip
    changes = ["steps=7", "lr=1e-4", "name=7", "on=false", "init=folder/x", "betas=[0.5, 0.9]", "losses.l1=2"]
    changed = override(settings, changes)
    assert list(changed.values()) == [7, 1e-4, "7", False, "folder/x", [0.5, 0.9], {"l1": 2.0}]
    assert settings["losses"] == {"l1": 1.0}
    for wrong in ("steps=1.5", "on=perhaps", "betas=3", "losses=[1]", "losses.l1=a"):
        with pytest.raises(InputError, match="must be"):
            override(settings, [wrong])


def test_another_architecture_brings_its_own_arguments() -> None:
    settings = load_recipe("esrgan")
    changed = override(settings, ["architecture_config.channels=32", "architecture=span"])
    assert changed["architecture_config"] == {"channels": 32, "blocks": 6, "scale": 4, "reparameterised": False}


def test_a_recipe_file_is_checked(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("a: [1,")
    (tmp_path / "list.yaml").write_text("- a")
    with pytest.raises(InputError, match="not readable as YAML"):
        load_recipe(str(tmp_path / "broken.yaml"))
    with pytest.raises(InputError, match="not a list"):
        load_recipe(str(tmp_path / "list.yaml"))
    settings = load_recipe("sr-psnr")
    with pytest.raises(InputError, match="lacks the setting 'patch'"):
        read(SRRecipe, {key: value for key, value in settings.items() if key != "patch"})
    with pytest.raises(InputError, match="unknown setting 'pach'"):
        read(SRRecipe, {**settings, "pach": 3})
    with pytest.raises(InputError, match="must be a whole number, not 'wide'"):
        read(SRRecipe, {**settings, "patch": "wide"})
    for wrong, sentence in {
        "lr=0": "'lr' must be above 0",
        "lr=nan": "'lr' must be a finite number",
        "steps=0": "'steps' must be at least 1",
        "lr_floor=2": "'lr_floor' must lie between 0 and 1",
        "betas=[0.9, 1]": "'betas.1' must be below 1",
        "losses.l1=-1": "The weights in 'losses' must be numbers of at least 0",
        "degradation=bicubik": "does not know 'bicubik'. Did you mean 'bicubic'?",
        "perceptual_layers={relu9: 1}": "'perceptual_layers' does not know 'relu9'",
    }.items():
        with pytest.raises(InputError, match=re.escape(sentence)):
            read(SRRecipe, override(settings, [wrong]))
    assert read(SRRecipe, {**settings, "lr": "1e-4"}).lr == 1e-4  # how YAML 1.1 reads 1e-4


def test_a_gradient_that_is_not_finite_is_left_out() -> None:
    accelerator = Accelerator(cpu=True)
    network = nn.Linear(2, 1)
    learner = Learner(*accelerator.prepare(network, torch.optim.SGD(network.parameters(), 0.1)), 0.1)
    before = network.weight.detach().clone()
    descend(accelerator, learner.network(torch.ones(1, 2)).sum() * float("nan"), learner, 1.0)
    assert torch.equal(network.weight, before)
    descend(accelerator, learner.network(torch.full((1, 2), 100.0)).sum(), learner, 1.0)
    assert 0 < (network.weight - before).norm() <= 0.1001  # clipped to a gradient of norm 1
    assert network.weight.grad is None


def test_signals_become_requests_and_the_handlers_come_back() -> None:
    former = signal.getsignal(signal.SIGTERM)
    with interruptible() as asked:
        assert not asked()
        os.kill(os.getpid(), signal.SIGTERM)
        assert asked()
        assert signal.getsignal(signal.SIGTERM) == former  # a second one acts at once
    assert signal.getsignal(signal.SIGTERM) == former


def test_discriminator_scores_every_pixel_of_any_patch() -> None:
    discriminator = SRDiscriminator(channels=4)
    for height, width in ((16, 16), (32, 24)):
        assert discriminator(torch.rand(2, 3, height, width)).shape == (2, 1, height, width)
    for _ in range(30):  # power iterations
        discriminator(torch.rand(1, 3, 8, 8))
    weight = discriminator.refine.weight
    assert isinstance(weight, torch.Tensor)
    assert torch.linalg.matrix_norm(weight.detach().flatten(1), ord=2).item() == pytest.approx(1, abs=0.02)
