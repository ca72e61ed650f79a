"""Generators that start from a finished checkpoint."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from imggen.models.gan.equalised import downsample, upsample
from imggen.models.gan.stylegan2 import StyleGAN2Discriminator
from imggen.store import checkpoint
from tests.conftest import picture
from tests.training.gan.test_gan import QUICKLY, TINY, run

# Learning next to nothing, and an average that is the last step: the result shows what training began with.
STILL = ["steps=1", "lr=1e-12", "ema_decay=0", "critic_steps=1"]
TINY.setdefault("vae", ["architecture_config.channels=8", "architecture_config.hidden=8"])


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three folders with two pictures each."""
    folder = tmp_path_factory.mktemp("data") / "classes"
    for name in ("iris", "rose", "tulip"):
        (folder / name).mkdir(parents=True)
        for seed in range(2):
            picture(24, 20, seed).save(folder / name / f"{seed}.png")
    return folder


@pytest.mark.parametrize("recipe", ["dcgan", "biggan", "stylegan2", "vae"])
def test_training_starts_from_the_weights_of_a_checkpoint(recipe: str, classes: Path, tmp_path: Path) -> None:
    base, tuned = tmp_path / "base", tmp_path / "tuned"
    still = [setting for setting in STILL if recipe != "vae" or "critic" not in setting]
    assert run(recipe, classes, base, *QUICKLY.get(recipe, []), "seed=1") == 0
    assert run(recipe, classes, tuned, *still, f"init={base}", "seed=2") == 0
    before, after = checkpoint.load(base), checkpoint.load(tuned)
    for name, parameter in before.named_parameters():
        assert torch.allclose(after.state_dict()[name], parameter, atol=2e-3), name
    config = json.loads((tuned / "config.json").read_text())
    assert config["base_model"] == config["training"]["settings"]["init"] == "base"
    text = (tuned / "README.md").read_text()
    assert "base_model: base" in text
    assert "starting from `base`" in text
    assert str(tmp_path) not in text


def test_a_stylegan2_starts_from_one_for_smaller_images(
    classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    still = [*STILL, "discriminator_lr=1e-12"]
    of_sides = [
        ["architecture_config.image_size=8", "architecture_config.channels=16"],
        ["architecture_config.channels=8"],
    ]
    of_both = [[*sides, sides[-1].replace("architecture_config", "discriminator")] for sides in of_sides]
    assert run("stylegan2", classes, small, *of_both[0], "steps=2", "seed=1") == 0
    assert run("stylegan2", classes, large, *still, *of_both[1], f"init={small}", "seed=2") == 0
    assert "without its discriminator" not in capsys.readouterr().out
    before, after = (checkpoint.load(folder).network for folder in (small, large))
    z = torch.randn(3, before.latent_size)
    assert torch.allclose(after(z), upsample(before(z)), atol=0.02)
    images = torch.rand(4, 3, 16, 16) * 2 - 1
    scores = []
    for folder, shown in ((small, downsample(images)), (large, images)):
        side = shown.shape[2]
        opponent = StyleGAN2Discriminator(side, 128 // side, max_channels=32)
        opponent.load_state_dict(load_file(folder / "discriminator.safetensors"))
        scores.append(opponent(shown))
    assert torch.allclose(scores[0], scores[1], atol=0.02)
    for wrong in ("architecture_config.channels=16", "architecture_config.mapping_layers=5"):
        assert run("stylegan2", classes, tmp_path / "wrong", *of_both[1], f"init={small}", wrong) == 2
        assert "do not fit the recipe's architecture_config" in capsys.readouterr().err


@pytest.mark.parametrize("recipe", ["dcgan", "biggan"])
def test_a_gan_goes_on_against_the_discriminator_it_was_trained_with(
    recipe: str, classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base, tuned, alone = tmp_path / "base", tmp_path / "tuned", tmp_path / "alone"
    still = [*STILL, "discriminator_lr=1e-12"]
    assert run(recipe, classes, base, *QUICKLY.get(recipe, []), "seed=1") == 0
    assert run(recipe, classes, tuned, *still, f"init={base}", "seed=2") == 0
    assert "without its discriminator" not in capsys.readouterr().out
    before, after = (load_file(folder / "discriminator.safetensors") for folder in (base, tuned))
    weights = [name for name in before if not name.endswith(("_u", "_v"))]  # those two are estimated anew at each step
    assert weights
    for name in weights:
        assert torch.allclose(after[name].float(), before[name].float(), atol=2e-3), name

    (base / "discriminator.safetensors").unlink()
    assert run(recipe, classes, alone, *still, f"init={base}", "seed=2") == 0
    assert "without its discriminator: the generator forgets much" in capsys.readouterr().out
    anew = load_file(alone / "discriminator.safetensors")
    assert not all(torch.allclose(anew[name].float(), before[name].float(), atol=2e-3) for name in weights)


def test_a_discriminator_that_does_not_fit_is_one_sentence(
    classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = tmp_path / "base"
    assert run("dcgan", classes, base, "steps=1") == 0
    assert run("dcgan", classes, tmp_path / "other", f"init={base}", "discriminator.channels=16") == 2
    assert "does not fit the recipe's discriminator" in capsys.readouterr().err
    (base / "discriminator.safetensors").write_bytes(b"not weights")
    assert run("dcgan", classes, tmp_path / "other", f"init={base}") == 2
    assert "is damaged: it cannot be read" in capsys.readouterr().err


def test_a_checkpoint_that_does_not_fit_is_one_sentence(
    classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, conditional = tmp_path / "plain", tmp_path / "conditional"
    assert run("dcgan", classes, plain, "steps=1") == 0
    assert run("cgan", classes, conditional, "steps=1") == 0
    other = Path(shutil.copytree(classes, tmp_path / "other"))
    (other / "rose").rename(other / "orchid")
    cases = [
        ("dcgan", classes, [f"init={conditional}"], "is made for conditional, not for sampling"),
        ("fastgan", classes, [f"init={plain}"], "is of the architecture dcgan, the recipe asks for fastgan"),
        ("dcgan", classes, [f"init={plain}", "architecture_config.channels=16"], "those of the checkpoint are"),
        ("cgan", other, [f"init={conditional}"], "knows the classes iris, rose, tulip; the data has iris, orchid"),
        ("vae", classes, ["init=nowhere"], "neither a checkpoint folder nor the id"),
    ]
    for recipe, data, settings, sentence in cases:
        capsys.readouterr()
        assert run(recipe, data, tmp_path / "result", *settings) == 2, settings
        printed = capsys.readouterr().err
        assert sentence in printed
        assert "Traceback" not in printed
