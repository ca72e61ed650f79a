"""Night to day from simulated nights: what they look like, and the recipe from the command line to a checkpoint."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate.state import AcceleratorState, GradientState

import train
from imggen.imaging.colour import decode
from imggen.models.translation.cyclegan import CycleGAN
from imggen.store import checkpoint
from imggen.store.checkpoint import Checkpoint
from imggen.training.common.state import saved_states
from imggen.training.translation.data import Domain, DomainCrops
from imggen.training.translation.night_to_day_step import NightCrops
from imggen.training.translation.simulated_night import photograph, simulate_night
from tests.training.conftest import assert_same_state, launch, stopped_after
from tests.training.translation.test_translation import logged, scenes

__all__ = ["scenes"]

TINY = ["precision=no", "batch=2", "crop=32", "steps=4", "cache_gb=0.1", "init=", "simulated.perceptual=0"]
TINY += ["aligned.perceptual=0", "architecture_config.channels=4", "architecture_config.blocks=1"]
TINY += ["architecture_config.halvings=2", "log_every=1", "sample_every=100", "checkpoint_every=100"]


def line(data: Path, output: Path, *settings: str, resume: bool = False) -> list[str]:
    """A command line that trains tiny networks; ``settings`` come last."""
    parts = [part for setting in [*TINY, *settings] for part in ("--set", setting)]
    return ["night-to-day", "--data", str(data), "--output", str(output), *["--resume"] * resume, *parts]


def run(data: Path, output: Path, *settings: str, resume: bool = False) -> int:
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()
    return train.main(line(data, output, *settings, resume=resume))


def street() -> torch.Tensor:
    """Blue sky above a grey street."""
    day = torch.full((3, 64, 64), 0.45)
    day[:, :28] = torch.tensor([0.55, 0.7, 0.9])[:, None, None]
    return day


def test_nights_are_dark_darkest_in_the_sky_and_differ() -> None:
    nights = [simulate_night(street(), np.random.default_rng(number)) for number in range(40)]
    assert all(night.min() >= 0 and night.max() <= 1 for night in nights)
    assert all(((255 * night) - (255 * night).round()).abs().max() < 1e-3 for night in nights)
    light = [float(decode(night).median() / decode(street()).median()) for night in nights]
    assert np.median(light) < 0.3
    ratio = [float((decode(n[:, :20]).mean() + 1e-5) / (decode(n[:, 44:]).mean() + 1e-5)) for n in nights]
    by_day = float(decode(street()[:, :20]).mean() / decode(street()[:, 44:]).mean())
    assert np.median(ratio) < 0.5 * by_day
    assert len({round(value, 4) for value in light}) > 20


def test_a_night_is_drawn_from_nothing_but_the_generator() -> None:
    one, same, other = (simulate_night(street(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_a_photograph_of_too_little_light_is_darker_and_keeps_its_picture() -> None:
    taken = [photograph(street(), np.random.default_rng(number)) for number in range(20)]
    light = [float(decode(image).mean() / decode(street()).mean()) for image in taken]
    assert np.median(light) < 0.6
    assert all(image[:, :20].mean() > image[:, 44:].mean() for image in taken)


def test_a_sample_shows_one_place_three_times_where_scenes_are_aligned() -> None:
    halves = np.full((60, 44, 3), 40, np.uint8)
    halves[:, 22:] = 200
    domain = Domain([halves], ["street"])
    data, again = (NightCrops(DomainCrops(domain, domain, 32, (1.0, 1.2), True, 1.0, [], 0), 0) for _ in range(2))
    alike = []
    for number in range(12):
        sample = data[number]
        assert bool(sample.aligned)
        assert {part.dtype for part in sample[:3]} == {torch.uint8}
        day, *nights = (part.float().mean(0).flatten() for part in sample[:3])
        alike.append([float(torch.corrcoef(torch.stack([day, night]))[0, 1]) for night in nights])
    assert (np.median(alike, axis=0) > 0.15).all()
    assert all(torch.equal(x, y) for x, y in zip(data[3], again[3], strict=True))


def test_it_learns_to_brighten_and_leaves_the_other_direction_alone(
    scenes: Path, vgg_file: Path, tmp_path: Path
) -> None:
    start = Checkpoint("day_night", "cyclegan", {"channels": 4, "blocks": 1, "heads": ["night", "day"]}, title="Start")
    config = start.network.config
    checkpoint.save(start, tmp_path / "start", "---\nlicense: apache-2.0\n---\n# Start\n")
    network = checkpoint.load(tmp_path / "start").network
    settings = [f"init={tmp_path / 'start'}", f"architecture_config={json.dumps(config)}", "steps=30", "lr=0.003"]
    settings += [f"perceptual_weights={vgg_file}", "simulated.perceptual=0.1", "aligned_share=1", "ema_decay=0"]
    settings += [f"perceptual_layers={json.dumps({'relu1_2': 1.0})}", "log_every=10"]
    assert run(scenes, tmp_path / "result", *settings) == 0
    trained = checkpoint.load(tmp_path / "result").network
    assert isinstance(network, CycleGAN)
    assert isinstance(trained, CycleGAN)
    kept = [torch.equal(a, b) for a, b in zip(network.a2b.parameters(), trained.a2b.parameters(), strict=True)]
    moved = [not torch.equal(a, b) for a, b in zip(network.b2a.parameters(), trained.b2a.parameters(), strict=True)]
    assert all(kept)
    assert all(moved)
    assert trained.working_sides == (network.working_sides[0], 48)
    written = json.loads((tmp_path / "result" / "config.json").read_text())
    assert (written["base_model"], written["training"]["recipe"]) == ("start", "night-to-day")
    assert str(tmp_path) not in (tmp_path / "result" / "README.md").read_text()
    names = ("loss", "l1_simulated", "perceptual_simulated", "sky_simulated", "l1_aligned", "coarse_aligned")
    assert all(math.isfinite(value) for name in names for value in logged(tmp_path / "result", name))
    assert logged(tmp_path / "result", "coarse_aligned")[-1] < logged(tmp_path / "result", "coarse_aligned")[0]


def test_the_way_there_learns_to_find_the_sky_of_a_day(scenes: Path, tmp_path: Path) -> None:
    assert run(scenes, tmp_path / "result", "by_day.sky=1", "steps=40", "lr=0.003", "log_every=10") == 0
    losses = logged(tmp_path / "result", "sky_by_day")
    assert losses[-1] < 0.9 * losses[0]


def test_the_head_for_days_sees_what_the_dark_hides() -> None:
    torch.manual_seed(0)
    networks = CycleGAN(4, 1, 2, heads=("night", "day"))
    assert networks.finds_day_parts == ["b2a"]
    night = torch.full((1, 3, 32, 32), -1 + 2 * 2 / 255)
    night[..., 16:] = -1 + 2 * 5 / 255  # two dark greys that nobody tells apart
    day = networks(night, "b2a")
    assert (day[..., 20:] - day[..., :12]).mean() > 0.1


def test_a_resumed_run_ends_bit_equal(scenes: Path, tmp_path: Path) -> None:
    whole, interrupted = tmp_path / "whole", tmp_path / "interrupted"
    hard = ["accumulate=2", "hold=0.25", "aligned_share=0.5"]
    assert run(scenes, whole, *hard, "checkpoint_every=2") == 0
    with stopped_after(3):
        assert run(scenes, interrupted, *hard) == 0
    assert saved_states(interrupted)[0][0] == 3
    assert run(scenes, interrupted, *hard, "workers=2", resume=True) == 0
    assert_same_state(whole, interrupted)
    assert (whole / "model.safetensors").read_bytes() == (interrupted / "model.safetensors").read_bytes()


@pytest.mark.slow
def test_two_processes_equal_one_with_twice_the_batch(scenes: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert run(scenes, one, "batch=4", "aligned_share=1", "ema_decay=0") == 0
    done = launch(line(scenes, two, "batch=2", "aligned_share=1", "ema_decay=0"))
    assert done.returncode == 0, done.stderr
    assert logged(two, "loss") == pytest.approx(logged(one, "loss"), rel=1e-3)
    trained, same = (checkpoint.load(output).network for output in (one, two))
    for value, other in zip(trained.parameters(), same.parameters(), strict=True):
        torch.testing.assert_close(other, value, atol=5e-3, rtol=0)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["simulated.l1=0", "simulated.sky=0"], "losses of simulated nights have the weight 0"),
        (["simulated.l1=-1"], "numbers of at least 0"),
        (["aligned={gan: 1}"], "'aligned'"),
        (["aligned.perceptual=1"], "perceptual_weights=FILE"),
        (["crop=30"], "multiple of 4"),
        (["architecture_config.heads=[night, contrast]"], "architecture_config.heads=[night, day]"),
        (["architecture_config.heads=[contrast, day]", "by_day.sky=1"], "by_day.sky needs the head for nights"),
        (["holdout=[scene]"], "leave no image"),
    ],
)
def test_mistakes_give_one_sentence(
    settings: list[str], sentence: str, scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(scenes, tmp_path / "result", *settings) == 2
    printed = capsys.readouterr().err
    assert sentence in printed
    assert "Traceback" not in printed
