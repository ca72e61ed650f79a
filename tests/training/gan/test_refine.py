"""A super-resolution network behind a trained generator."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

import imggen
from imggen.cli import main
from imggen.models.gan.refined import RefinedGenerator
from imggen.store import checkpoint
from tests.conftest import TINY_GENERATORS, TINY_SPAN, picture, save_tiny_generator, save_tiny_span
from tests.training.common.test_initial import STILL
from tests.training.gan.test_gan import run


@pytest.fixture(scope="module")
def upscaler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_span(tmp_path_factory.mktemp("upscaler") / "sharp")


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "classes"
    for name in ("iris", "rose"):
        (folder / name).mkdir(parents=True)
        for seed in range(2):
            picture(24, 20, seed).save(folder / name / f"{seed}.png")
    return folder


def test_a_refined_generator_draws_the_same_pictures_with_other_detail(
    classes: Path, upscaler: Path, tmp_path: Path
) -> None:
    plain, refined = tmp_path / "plain", tmp_path / "refined"
    assert run("cgan", classes, plain, "steps=1") == 0
    config = json.loads((plain / "config.json").read_text())
    (plain / "config.json").write_text(json.dumps({**config, "directions": ["Light to dark", ""]}))
    assert main(["refine", str(plain), str(upscaler), str(refined)]) == 0
    models = [imggen.load(str(folder), dtype=torch.float32) for folder in (plain, refined)]
    before, after = (np.asarray(model.sample("rose", count=1, seed=3)[0], np.float32) for model in models)
    assert before.shape == after.shape
    assert np.abs(before - after).max() > 2
    assert np.abs(before - after).mean() < 20
    text = (refined / "README.md").read_text()
    assert "redrawn by `sharp`" in text
    assert str(tmp_path) not in text
    assert (refined / "preview.webp").exists()
    torch.testing.assert_close(models[1].network.directions(8), models[0].network.directions(8))
    assert models[1].info.directions == ("Light to dark", "")


def test_the_pictures_of_a_generator_can_come_out_larger(classes: Path, upscaler: Path, tmp_path: Path) -> None:
    plain, large = tmp_path / "plain", tmp_path / "large"
    assert run("cgan", classes, plain, "steps=1") == 0
    assert main(["refine", "--enlarge", str(plain), str(upscaler), str(large)]) == 0
    before, after = (
        imggen.load(str(folder), dtype=torch.float32).sample("rose", count=1, seed=3)[0] for folder in (plain, large)
    )
    assert after.size == (4 * before.width, 4 * before.height)
    reduced = np.asarray(after.resize(before.size, Image.Resampling.BOX), np.float32)
    assert np.abs(reduced - np.asarray(before, np.float32)).mean() < 5
    assert json.loads((large / "config.json").read_text())["image_size"] == after.width


def test_training_goes_on_from_the_generator_of_a_refined_one(
    classes: Path, upscaler: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, refined, tuned = tmp_path / "plain", tmp_path / "refined", tmp_path / "tuned"
    assert run("dcgan", classes, plain, "steps=1", "seed=1") == 0
    assert main(["refine", str(plain), str(upscaler), str(refined)]) == 0
    assert run("dcgan", classes, tuned, *STILL, f"init={refined}", "seed=2") == 0
    before, after = checkpoint.load(plain), checkpoint.load(tuned)
    for name, parameter in before.named_parameters():
        assert torch.allclose(after.state_dict()[name], parameter, atol=2e-3), name
    assert run("fastgan", classes, tmp_path / "other", f"init={refined}") == 2
    assert "refines a dcgan: add --set architecture=dcgan" in capsys.readouterr().err


def test_what_half_the_size_cannot_show_is_taken_away() -> None:
    parts = [
        {"architecture": "dcgan", "config": TINY_GENERATORS["dcgan"]},
        {"architecture": "span", "config": TINY_SPAN},
    ]
    network = RefinedGenerator(*parts).eval()  # whose super-resolution network, untrained, repeats pixels
    z = torch.randn(2, 8)
    made = network(z, None)
    expected = F.interpolate(F.avg_pool2d(network.generator(z, None), 2), scale_factor=2, mode="nearest")
    torch.testing.assert_close(made, expected)


def test_what_does_not_go_together_is_one_sentence(
    classes: Path, upscaler: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    untold = save_tiny_generator(tmp_path / "untold")
    style = tmp_path / "style"
    assert run("stylegan2", classes, style, "steps=1") == 0
    used = tmp_path / "used"
    used.mkdir()
    (used / "notes.txt").write_text("mine")
    cases = [
        (untold, untold, tmp_path / "new", "A dcgan is no super-resolution network"),
        (upscaler, upscaler, tmp_path / "new", "A span is no generator"),
        (style, upscaler, tmp_path / "new", "has a latent space of its own"),
        (untold, upscaler, tmp_path / "new", "does not record its training"),
        (untold, upscaler, used, "is not empty"),
    ]
    for generator, network, output, sentence in cases:
        capsys.readouterr()
        assert main(["refine", str(generator), str(network), str(output)]) == 2
        printed = capsys.readouterr().err
        assert sentence in printed
        assert "Traceback" not in printed
    assert not (tmp_path / "new").exists()
    assert [path.name for path in used.iterdir()] == ["notes.txt"]
