"""Projected GANs from the command line to images."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import imggen
from imggen.training.common.state import saved_states
from tests.conftest import picture
from tests.training.conftest import assert_same_state, state_files, stopped_after
from tests.training.gan.test_gan import run

RECIPES = ["projected-gan", "projected-gan-conditional"]


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders with two pictures each."""
    folder = tmp_path_factory.mktemp("data") / "classes"
    for number, name in enumerate(("iris", "rose")):
        (folder / name).mkdir(parents=True)
        for seed in range(2):
            picture(24, 20, 2 * number + seed).save(folder / name / f"{seed}.png")
    return folder


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_checkpoint_samples_and_holds_nothing_of_vgg16(
    recipe: str, classes: Path, vgg16_file: Path, tmp_path: Path
) -> None:
    output = tmp_path / "result"
    assert run(recipe, classes, output, f"discriminator.vgg16={vgg16_file}") == 0
    model = imggen.load(output)
    conditional = recipe.endswith("conditional")
    images = model.sample("rose", count=2) if conditional else model.sample(count=2)
    assert [image.size for image in images] == [(16, 16)] * 2
    config = json.loads((output / "config.json").read_text())
    assert config["training"]["settings"]["discriminator"]["vgg16"] == vgg16_file.name
    assert str(vgg16_file.parent) not in (output / "config.json").read_text() + (output / "README.md").read_text()
    saved = state_files(output)
    assert saved
    assert not [name for name in saved if "trunk" in name or "across" in name]


def test_a_resumed_run_ends_bit_equal(classes: Path, vgg16_file: Path, tmp_path: Path) -> None:
    whole, interrupted = tmp_path / "whole", tmp_path / "interrupted"
    settings = [f"discriminator.vgg16={vgg16_file}", "critic_steps=2", "regularisers.r1=1", "regularisers.r2=1"]
    assert run(RECIPES[1], classes, whole, *settings) == 0
    with stopped_after(3):
        assert run(RECIPES[1], classes, interrupted, *settings) == 0
    assert saved_states(interrupted)[0][0] == 3
    assert run(RECIPES[1], classes, interrupted, *settings, resume=True) == 0
    assert_same_state(whole, interrupted)


def test_any_generator_may_face_the_projected_discriminator(classes: Path, vgg16_file: Path, tmp_path: Path) -> None:
    opponent = f"discriminator={{kind: projected, vgg16: {vgg16_file}, channels: 4}}"
    assert run("dcgan", classes, tmp_path / "result", opponent, "steps=1") == 0


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ([], "add --set discriminator.vgg16=FILE"),
        (["discriminator.vgg16=nowhere.safetensors"], "cannot be read"),
        (["discriminator.kind=projcted"], "Did you mean 'projected'?"),
        (["discriminator.vgg16=VGG", "regularisers.gradient_penalty=1"], "gradient_penalty=0"),
        (["discriminator.vgg16=VGG", "architecture_config.image_size=8"], "at least 16"),
    ],
)
def test_mistakes_give_one_sentence(
    settings: list[str],
    sentence: str,
    classes: Path,
    vgg16_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [setting.replace("=VGG", f"={vgg16_file}") for setting in settings]
    assert run("projected-gan", classes, tmp_path / "result", *given) == 2
    printed = capsys.readouterr().err
    assert sentence in printed
    assert "Traceback" not in printed
    assert not (tmp_path / "result").exists()
