"""Style-transfer recipes from the command line to pictures, their samples, and their losses against known values."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from accelerate.state import AcceleratorState, GradientState
from PIL import Image
from safetensors.torch import load_file
from torch import nn

import train
from imggen.errors import CheckpointError, InputError
from imggen.models.style.arbitrary_style import ArbitraryStyle
from imggen.store import checkpoint
from imggen.store.style_codes import StyleCode, load_codes, save_codes, style_input, write_codes
from imggen.training.common.sources import Picture
from imggen.training.style import trainer
from imggen.training.style.data import StylePairs, random_crop, style_name
from imggen.training.style.step import Stylist, content_distance, moments, style_distance
from tests.conftest import picture
from tests.training.conftest import launch
from tests.training.gan.test_gan import logged

TINY = ["precision=no", "size=32", "batch=2", "steps=4", "cache_gb=0.1", "seed=3", "log_every=1", "sample_every=100"]
TINY += ["checkpoint_every=100", "architecture_config.channels=4", "architecture_config.blocks=1"]
TINY += ["content_layers={relu2_1: 1.0}", "style_layers={relu1_1: 1.0, relu2_1: 1.0}"]
ENCODER = ["architecture_config.encoder_channels=4", "architecture_config.code_size=12"]
STYLES = ["GIORGIO DI TEST - The Reader.png", "PAUL PROBE - Bathers.png", "unsigned.png"]


@pytest.fixture(scope="module")
def paintings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "paintings"
    folder.mkdir()
    for seed, name in enumerate(STYLES):
        picture(48, 40 + seed, 10 + seed).save(folder / name)
    return folder


@pytest.fixture(autouse=True)
def small_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Painting a sheet of samples takes several times as long as a training of four steps."""
    monkeypatch.setattr(trainer, "_SHEET_SIDE", 32)


def line(recipe: str, photos: Path, styles: Path, vgg: Path, output: Path, *settings: str) -> list[str]:
    encoder = ENCODER if recipe == "arbitrary-style" else []
    every = [*TINY, *encoder, f"style_data={styles}", f"vgg16={vgg}", *settings]
    return [recipe, "--data", str(photos), "--output", str(output), *(p for s in every for p in ("--set", s))]


def run(arguments: list[str]) -> int:
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()
    return train.main(arguments)


def weights(output: Path) -> dict[str, torch.Tensor]:
    return load_file(output / "model.safetensors")


@pytest.mark.parametrize("recipe", ["arbitrary-style", "fast-style"])
def test_every_recipe_trains_to_a_checkpoint_that_paints(
    recipe: str, photos: Path, paintings: Path, vgg_file: Path, tmp_path: Path
) -> None:
    output = tmp_path / "result"
    assert run(line(recipe, photos, paintings, vgg_file, output)) == 0
    config = json.loads((output / "config.json").read_text())
    assert config["task"] == "style_transfer"
    assert (config["training"]["images"], config["training"]["styles"]) == (5, 3)
    assert str(paintings.parent) not in json.dumps(config)
    for name in ("loss", "content", "style"):
        assert all(math.isfinite(value) for value in logged(output, name))
    network: Any = checkpoint.load(output).network
    if recipe == "fast-style":
        assert network.style_names == ("Giorgio Di Test - The Reader", "Paul Probe - Bathers", "unsigned")
        code = torch.eye(3)[:1]
    else:
        code = network.encode(torch.rand(1, 3, 32, 32))
    assert network(torch.rand(1, 3, 21, 30), code).shape == (1, 3, 21, 30)
    preview = Image.open(output / "preview.webp")  # 4 contents and a row of styles; 3 styles and a column of contents
    assert preview.size == (4 * 34 - 2, 5 * 34 - 2)
    assert "style-transfer" in (output / "README.md").read_text()


def test_training_brings_painting_and_style_together(
    photos: Path, paintings: Path, vgg_file: Path, tmp_path: Path
) -> None:
    style = {}
    for lr in ("0.005", "1e-12"):  # the same pictures to a network that learns and to one that does not
        output = tmp_path / lr
        settings = ["steps=60", "warmup=0", "losses.style=10", f"lr={lr}", "recolour=0"]
        assert run(line("arbitrary-style", photos, paintings, vgg_file, output, *settings)) == 0
        style[lr] = np.mean(logged(output, "style")[-20:])
    assert style["0.005"] < 0.9 * style["1e-12"]


def test_a_resumed_run_ends_bit_equal(photos: Path, paintings: Path, vgg_file: Path, tmp_path: Path) -> None:
    halted, whole = tmp_path / "halted", tmp_path / "whole"
    steady = ["warmup=0", "lr_floor=1"]  # else the shorter training would have another schedule
    assert run(line("arbitrary-style", photos, paintings, vgg_file, halted, *steady, "steps=2")) == 0
    assert run([*line("arbitrary-style", photos, paintings, vgg_file, halted, *steady), "--resume"]) == 0
    assert run(line("arbitrary-style", photos, paintings, vgg_file, whole, *steady)) == 0
    for name, value in weights(whole).items():
        assert torch.equal(weights(halted)[name], value), name


@pytest.mark.slow
def test_two_processes_equal_one_with_twice_the_batch(
    photos: Path, paintings: Path, vgg_file: Path, tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert run(line("arbitrary-style", photos, paintings, vgg_file, one, "batch=4")) == 0
    done = launch(line("arbitrary-style", photos, paintings, vgg_file, two, "batch=2"))
    assert done.returncode == 0, done.stderr
    assert logged(two, "loss") == pytest.approx(logged(one, "loss"), rel=1e-3)
    for name, value in weights(one).items():
        torch.testing.assert_close(weights(two)[name].float(), value.float(), atol=5e-3, rtol=0)


def test_fast_style_starts_from_a_table_of_the_same_styles(
    photos: Path, paintings: Path, vgg_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert run(line("fast-style", photos, paintings, vgg_file, first)) == 0
    settings = [f"init={first}", "steps=1", "lr=1e-9"]
    assert run(line("fast-style", photos, paintings, vgg_file, second, *settings)) == 0
    assert json.loads((second / "config.json").read_text())["base_model"] == "first"
    for name, value in weights(first).items():
        torch.testing.assert_close(weights(second)[name], value)
    other = tmp_path / "other"
    other.mkdir()
    for name in ("GIORGIO DI TEST - The Reader.png", "A - B.png", "C - D.png"):  # as many, but not the same
        picture(48, 40).save(other / name)
    assert run(line("fast-style", photos, other, vgg_file, tmp_path / "third", *settings)) == 2
    assert "has the styles Giorgio Di Test - The Reader, Paul Probe - Bathers" in capsys.readouterr().err


def test_fast_style_starts_as_what_an_arbitrary_style_network_paints(
    photos: Path, paintings: Path, vgg_file: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert run(line("arbitrary-style", photos, paintings, vgg_file, first, "lr=0.02")) == 0
    assert run(line("fast-style", photos, paintings, vgg_file, second, f"init={first}", "steps=1", "lr=1e-9")) == 0
    assert json.loads((second / "config.json").read_text())["base_model"] == "first"
    known: Any = checkpoint.load(first).network
    table: Any = checkpoint.load(second).network
    content = torch.rand(1, 3, 32, 40)
    for row, name in enumerate(STYLES):
        code = known.encode(style_input(Image.open(paintings / name)))
        painted = table(content, torch.eye(3)[row][None])
        torch.testing.assert_close(painted, known(content, code), atol=0.02, rtol=0)  # weights are stored in float16


@pytest.mark.parametrize(
    ("recipe", "settings", "sentence"),
    [
        ("arbitrary-style", ["style_data="], "add --set style_data=DIR"),
        ("arbitrary-style", ["vgg16="], "need VGG-16"),
        ("arbitrary-style", ["vgg16=nowhere"], "cannot be read"),
        ("arbitrary-style", ["losses.style=0"], "Nothing asks for the style"),
        ("arbitrary-style", ["losses.content=-1"], "numbers of at least 0"),
        ("arbitrary-style", ["style_layers={relu9_1: 1.0}"], "does not know 'relu9_1'"),
        ("arbitrary-style", ["content_layers={relu1_1: 0}"], "at least one of the content_layers"),
        ("arbitrary-style", ["size=8"], "at least 32"),
        ("arbitrary-style", ["size=4000"], "No image is at least 4000"),
        ("arbitrary-style", ["style_zoom=0.5"], "'style_zoom' must be at least 1"),
        ("fast-style", ["recolour=0.5"], "cannot learn other colours"),
    ],
)
def test_mistakes_give_one_sentence(
    recipe: str,
    settings: list[str],
    sentence: str,
    photos: Path,
    paintings: Path,
    vgg_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(line(recipe, photos, paintings, vgg_file, tmp_path / "result", *settings)) == 2
    assert sentence in capsys.readouterr().err


def pairs(**changes: Any) -> StylePairs:
    contents = [np.asarray(picture(40, 50, seed)) for seed in range(3)]
    styles = [np.full((36, 36, 3), (200, 100, 50), np.uint8), np.full((36, 36, 3), (10, 20, 30), np.uint8)]
    settings = {"size": 32, "content_zoom": 2.0, "style_zoom": 2.0, "recolour": 0.0, "identity_share": 0.0}
    return StylePairs(contents, styles, **{**settings, **changes}, seed=5)


def test_samples_are_functions_of_their_number() -> None:
    forwards = [pairs()[number] for number in range(8)]
    again = pairs(recolour=0.0)
    for number in reversed(range(8)):
        for one, other in zip(forwards[number], again[number], strict=True):
            assert torch.equal(one, other)
    assert {int(sample.number) for sample in forwards} == {0, 1}
    assert not torch.equal(forwards[0].content, forwards[3].content), "another epoch shows the same crop"


def test_styles_keep_their_colours_unless_recoloured() -> None:
    for number in range(6):
        sample = pairs()[number]
        expected = (200, 100, 50) if sample.number == 0 else (10, 20, 30)
        assert sample.style[:, 0, 0].tolist() == list(expected)
    orders = {tuple(pairs(recolour=1.0)[number].style[:, 0, 0].tolist()) for number in range(40)}
    assert len(orders) == 12


def test_some_contents_are_their_own_style() -> None:
    samples = [pairs(identity_share=0.5)[number] for number in range(40)]
    own = [sample for sample in samples if sample.own]
    assert 10 < len(own) < 30
    assert all(torch.equal(sample.content, sample.style) for sample in own)
    assert not any(torch.equal(sample.content, sample.style) for sample in samples if not sample.own)


def test_crops_lie_inside_and_show_up_to_the_whole_short_side() -> None:
    ramp = np.repeat(np.arange(200, dtype=np.uint8)[None, :, None], 100, 0).repeat(3, 2)
    rng = np.random.default_rng(0)
    widths = []
    for _ in range(50):
        crop = random_crop(ramp, 50, 2.0, rng)
        assert crop.shape == (3, 50, 50)
        widths.append(float(crop[0].max()) - float(crop[0].min()))
    assert 45 < min(widths) < 60
    assert 85 < max(widths) < 101


def test_names_of_styles() -> None:
    def named(source: Path | bytes) -> str:
        return style_name(Picture("", source), 4)

    assert named(Path("a/EDVARD MUNCH - The Scream.jpg")) == "Edvard Munch - The Scream"
    assert named(Path("Hokusai - The Great Wave - detail.jpg")) == "Hokusai - The Great Wave - detail"
    assert named(b"...") == "Style 5"


def test_moments_are_mean_and_covariance() -> None:
    features = torch.randn(2, 4, 5, 6)
    mean, covariance = moments(features)
    torch.testing.assert_close(mean, features.mean((2, 3)))
    torch.testing.assert_close(covariance[1], torch.cov(features[1].flatten(1), correction=0))


def test_content_distance_sees_structure_and_no_colour() -> None:
    wanted = torch.randn(2, 4, 8, 8)
    layers = {"relu1_1": 2.0}

    def distance(found: torch.Tensor) -> float:
        return content_distance({"relu1_1": found}, {"relu1_1": wanted}, layers).item()

    assert distance(3 * wanted + 1) == pytest.approx(0, abs=1e-4)
    assert distance(torch.randn(2, 4, 8, 8)) == pytest.approx(2, rel=0.3)


def test_style_distance_sees_colour_and_texture_and_no_structure() -> None:
    wanted = torch.rand(2, 4, 8, 8)
    layers = {"relu1_1": 2.0}

    def distance(found: torch.Tensor) -> float:
        return style_distance({"relu1_1": found}, {"relu1_1": wanted}, layers).item()

    places = torch.randperm(64)
    assert distance(wanted.flatten(2)[:, :, places].view_as(wanted)) == pytest.approx(0, abs=1e-6)
    assert distance(wanted + 0.3) > 0.1
    assert distance(F.avg_pool2d(wanted, 3, 1, 1, count_include_pad=False)) > 0.05
    flat = torch.full_like(wanted, 0.5)
    assert math.isfinite(style_distance({"relu1_1": wanted}, {"relu1_1": flat}, layers).item())


def test_gradients_reach_encoder_and_painter() -> None:
    styliser = ArbitraryStyle(4, 1, 12, 4)
    nn.init.normal_(styliser.painter.to_rgb.weight)  # zeros, at the start, let no gradient through
    network = Stylist(styliser)
    network(
        torch.rand(2, 3, 32, 32), torch.rand(2, 3, 32, 32), torch.zeros(2, dtype=torch.long)
    ).square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None
        assert parameter.grad.abs().sum() > 0, name


def test_style_codes_come_back(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = ArbitraryStyle(4, 1, 12, 4).eval()
    pictures = [("Wave", "Hōkusai", "1831", picture(90, 60, 1)), ("La Nuit", "J. Probe", "", picture(30, 80, 2))]
    save_codes(tmp_path / "styles.safetensors", network, pictures)
    first, second = load_codes(tmp_path / "styles.safetensors")
    assert (first.id, first.title, first.artist, first.year) == ("hokusai-wave", "Wave", "Hōkusai", "1831")
    assert (second.id, second.year) == ("j-probe-la-nuit", "")
    assert first.code.shape == (network.code_size,)
    assert first.code.dtype == torch.float32
    assert not torch.allclose(first.code, second.code, atol=1e-3)
    content = torch.rand(1, 3, 32, 32)
    painted = [network(content, style.code[None]) for style in (first, second)]
    assert (painted[0] - painted[1]).abs().max() > 0.01
    with pytest.raises(InputError, match="no two of the same"):
        save_codes(tmp_path / "twice.safetensors", network, [pictures[0], pictures[0]])


def test_one_hot_codes_of_a_table_come_back_with_their_titles(tmp_path: Path) -> None:
    one, two = torch.eye(2)
    shown = [StyleCode("b-two", "Two", "B", "1889", two), StyleCode("a-one", "One", "A", "", one)]
    write_codes(tmp_path / "styles.safetensors", shown)
    for found, wanted in zip(load_codes(tmp_path / "styles.safetensors"), shown, strict=True):
        assert replace(found, code=wanted.code) == wanted
        assert torch.equal(found.code, wanted.code)


@pytest.mark.parametrize("content", [None, b"", b"nonsense" * 40])
def test_damaged_style_codes_give_one_sentence(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "styles.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CheckpointError, match="missing or damaged"):
        load_codes(path)
