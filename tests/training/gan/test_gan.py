"""Adversarial recipes from the command line to images."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from accelerate.state import AcceleratorState, GradientState
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # type: ignore[import-untyped]

import imggen
import train
from imggen.store.catalogue import from_folder
from imggen.training.common.recipe import load_recipe
from imggen.training.common.state import saved_states
from tests.conftest import picture
from tests.training.conftest import ROOT, assert_same_state, launch, state_files, stopped_after

COMMON = ["precision=no", "batch=4", "steps=4", "cache_gb=0.1", "log_every=1", "sample_every=100"]
COMMON += ["checkpoint_every=100", "architecture_config.image_size=16"]
TINY: dict[str, list[str]] = {
    "dcgan": ["architecture_config.channels=8", "architecture_config.latent_size=8", "discriminator.channels=8"],
    "biggan": [
        "architecture_config={image_size: 16, channels: 4, latent_part: 4, embedding: 6, attention: 8, spectral: true}",
        "discriminator={channels: 4, attention: 8}",
    ],
}
TINY["cgan"] = TINY["fastgan"] = TINY["progan"] = TINY["dcgan"]
TINY["stylegan2"] = [*TINY["dcgan"], "architecture_config.mapping_layers=2"]
RECIPES = [
    "dcgan",
    "lsgan",
    "wgan-gp",
    "cgan",
    "acgan",
    "biggan",
    "fastgan",
    "stylegan2",
    "stylegan2-conditional",
    "progan",
]
QUICKLY = {"wgan-gp": ["critic_steps=2"], "biggan": ["critic_steps=2"], "progan": ["grow_steps=1"]}


def line(recipe: str, data: Path, output: Path, *settings: str, resume: bool = False) -> list[str]:
    """A command line that trains a recipe with tiny networks; ``settings`` come last."""
    every = [*COMMON, *TINY[load_recipe(recipe)["architecture"]], *settings]
    parts = [part for setting in every for part in ("--set", setting)]
    return [recipe, "--data", str(data), "--output", str(output), *(["--resume"] if resume else []), *parts]


def run(recipe: str, data: Path, output: Path, *settings: str, resume: bool = False) -> int:
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()
    return train.main(line(recipe, data, output, *settings, resume=resume))


def logged(output: Path, name: str) -> list[float]:
    log = EventAccumulator(str(output / "tensorboard"))
    log.Reload()
    return [event.value for event in log.Scalars(name)]


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three folders with two pictures each."""
    folder = tmp_path_factory.mktemp("data") / "classes"
    for number, name in enumerate(("iris", "rose", "tulip")):
        (folder / name).mkdir(parents=True)
        for seed in range(2):
            picture(24, 20, 2 * number + seed).save(folder / name / f"{seed}.png")
    return folder


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_trains_to_a_checkpoint_that_samples(recipe: str, classes: Path, tmp_path: Path) -> None:
    output = tmp_path / "result"
    assert run(recipe, classes, output, *QUICKLY.get(recipe, [])) == 0
    config = json.loads((output / "config.json").read_text())
    assert config["training"]["recipe"] == recipe
    assert config["training"]["images_seen"] == 16
    assert (config["image_size"], config["value_range"]) == (16, [-1.0, 1.0])
    conditional = config["task"] == "conditional"
    assert config["class_names"] == (["iris", "rose", "tulip"] if conditional else None)
    assert (output / "preview.webp").stat().st_size > 0
    assert (output / "samples" / "00000004.png").is_file()
    assert str(tmp_path) not in (output / "config.json").read_text() + (output / "README.md").read_text()
    assert all(math.isfinite(value) for name in ("loss", "discriminator") for value in logged(output, name))
    assert from_folder(output).task == load_recipe(recipe)["task"]
    model = imggen.load(output)
    images = model.sample("rose", count=2) if conditional else model.sample(count=2)
    assert [image.size for image in images] == [(16, 16)] * 2


def test_an_auxiliary_classifier_teaches_both_networks(classes: Path, tmp_path: Path) -> None:
    output = tmp_path / "result"
    assert run("acgan", classes, output, "regularisers.classification=2") == 0
    total, adversarial = logged(output, "loss"), logged(output, "classification_fake")
    assert len(total) == len(adversarial) == len(logged(output, "classification")) == 4
    without = tmp_path / "without"
    assert run("acgan", classes, without, "regularisers.classification=0") == 0
    one, other = (load_file(folder / "model.safetensors") for folder in (output, without))
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_hidden_classes_are_learned_and_then_drawn_at_random(classes: Path, tmp_path: Path) -> None:
    output = tmp_path / "result"
    assert run("acgan", classes, output, "task=sampling", "architecture_config.hidden_classes=true") == 0
    assert len(logged(output, "classification")) == 4
    assert from_folder(output).task == "sampling"
    assert from_folder(output).class_names == ()
    model = imggen.load(output)
    first, second = model.sample(count=2)
    assert first.tobytes() != second.tobytes()
    assert model.sample(seed=1)[0].tobytes() == second.tobytes()
    assert len(model.interpolate([0, 1], frames=3)) == 3


def test_hidden_classes_cannot_be_asked_for(classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("acgan", classes, tmp_path / "result", "architecture_config.hidden_classes=true") != 0
    assert "set task=sampling" in capsys.readouterr().err
    assert run("cgan", classes, tmp_path / "result", "task=sampling") != 0
    assert "hidden_classes" in capsys.readouterr().err


def test_an_auxiliary_classifier_needs_classes(
    classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("dcgan", classes, tmp_path / "result", "discriminator={kind: auxiliary}") != 0
    assert "set task=conditional" in capsys.readouterr().err


HARD = ["critic_steps=2", "accumulate=2", "regularisers.r1=1", "regularise_every=2", "augment_strength=0.5"]
HARD += ["augment=[colour, translation, cutout]", "augment_target=0.6", "augment_images=100"]


@pytest.mark.parametrize("recipe", ["wgan-gp", "stylegan2"])
def test_a_resumed_run_ends_bit_equal(recipe: str, classes: Path, tmp_path: Path) -> None:
    whole, interrupted = tmp_path / "whole", tmp_path / "interrupted"
    assert run(recipe, classes, whole, *HARD, "checkpoint_every=2") == 0
    with stopped_after(3):
        assert run(recipe, classes, interrupted, *HARD) == 0
    assert saved_states(interrupted)[0][0] == 3
    assert run(recipe, classes, interrupted, *HARD, "workers=2", resume=True) == 0
    assert any(name.startswith("augment") for name in state_files(whole))
    assert_same_state(whole, interrupted)
    assert (whole / "model.safetensors").read_bytes() == (interrupted / "model.safetensors").read_bytes()


#: Runs trainings one after the other, each in two processes that must keep equal weights. They are forked after the
#: imports, which take several times as long as a training.
SAME_WEIGHTS = """
import json, os, socket, sys
import torch
import torch.distributed as dist
import torch.multiprocessing
from imggen.training.common import session
import imggen.training.gan.trainer
import train

save_state = session.save_state

def compare(accelerator, output, record):
    assert accelerator.num_processes == 2 and len(accelerator._models) == 2
    for network in accelerator._models:
        for value in network.parameters():  # batch norm's statistics are each process's own
            mine = value.detach().clone()
            dist.broadcast(mine, 0)
            assert torch.equal(mine, value)
    accelerator.print(output.name, "has the same weights in both")
    save_state(accelerator, output, record)

def work(rank, port, line):
    session.save_state = compare
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    os.environ.update(address, RANK=str(rank), LOCAL_RANK=str(rank))
    assert train.main(line) == 0

for line in json.load(sys.stdin):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    torch.multiprocessing.start_processes(work, (port, line), nprocs=2, start_method="fork")
"""


@pytest.mark.slow
def test_two_processes_keep_equal_weights(classes: Path, tmp_path: Path) -> None:
    settings = {recipe: QUICKLY.get(recipe, []) for recipe in ("wgan-gp", "stylegan2", "fastgan", "progan")}
    lines = [line(recipe, classes, tmp_path / recipe, *HARD, *quickly) for recipe, quickly in settings.items()]
    lines.append(line("progan", classes, tmp_path / "grown", *HARD, "grow_steps=0"))
    done = subprocess.run(
        [sys.executable, "-c", SAME_WEIGHTS], cwd=ROOT, input=json.dumps(lines), capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    for name in (*settings, "grown"):
        assert f"{name} has the same weights in both" in done.stdout


@pytest.mark.slow
def test_two_processes_equal_one_with_twice_the_batch(classes: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    # The generator hardly moves, and only scores of real images are compared: its batch norm sees a part of the batch.
    settings = ["discriminator.norm=none", "regularisers.r1=1", "steps=3", "critic_steps=9", "lr=1e-9"]
    assert run("lsgan", classes, one, "batch=8", *settings) == 0
    done = launch(line("lsgan", classes, two, "batch=4", *settings))
    assert done.returncode == 0, done.stderr[-3000:]
    assert logged(one, "score_real") == pytest.approx(logged(two, "score_real"), abs=2e-3)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["gan_loss=hing"], "Did you mean 'hinge'?"),
        (["regularisers.r3=1"], "Did you mean"),
        (["regularisers.r1=-1"], "numbers of at least 0"),
        (["augment=[color]"], "Did you mean 'colour'?"),
        (["augment_strength=2"], "between 0 and 1"),
        (["critic_steps=0"], "at least 1"),
        (["architecture_config.image_size=24"], "power of two"),
        (["discriminator.norm=group"], "norm must be"),
        (["task=conditional"], "classes"),
    ],
)
def test_mistakes_give_one_sentence(
    settings: list[str], sentence: str, classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("dcgan", classes, tmp_path / "result", *settings) == 2
    printed = capsys.readouterr().err
    assert sentence in printed
    assert "Traceback" not in printed
    assert not (tmp_path / "result").exists()
