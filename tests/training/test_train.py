"""train.py from the command line to a checkpoint that upscales."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import torch
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # type: ignore[import-untyped]

from imggen.metrics.card import END, START
from imggen.store import checkpoint
from imggen.store.catalogue import Catalog
from imggen.store.runs import Runs
from imggen.training.common.state import saved_states
from tests.conftest import picture, save_tiny_span
from tests.training.conftest import ROOT, Train, arguments, assert_same_state, launch, stopped_after


def losses(output: Path) -> list[float]:
    """The logged loss of every step, in order."""
    log = EventAccumulator(str(output / "tensorboard"))
    log.Reload()
    return [event.value for event in log.Scalars("loss")]


@pytest.mark.parametrize("recipe", ["sr-psnr", "srgan", "esrgan"])
def test_every_recipe_trains_to_a_checkpoint_that_upscales(recipe: str, tmp_path: Path, run_train: Train) -> None:
    output = tmp_path / "result"
    assert run_train(recipe, output) == 0
    loaded = checkpoint.load(output)
    with torch.inference_mode():
        assert loaded.network(torch.rand(1, 3, 9, 7)).shape == (1, 3, 36, 28)
    config = json.loads((output / "config.json").read_text())
    assert config["task"] == "super_resolution"
    assert not config["architecture_config"].get("reparameterised", False)
    assert config["training"]["recipe"] == recipe
    assert config["training"]["data"] == "photos"
    assert config["training"]["steps"] == 4
    assert config["training"]["images_seen"] == 8
    assert str(tmp_path) not in (output / "config.json").read_text() + (output / "README.md").read_text()
    assert (output / "preview.webp").stat().st_size > 0
    assert (output / "samples" / "00000004.png").is_file()
    assert [info.id for info in Catalog(extra=[output]).models("super_resolution") if info.id == "result"]
    assert all(torch.isfinite(torch.tensor(losses(output))))


def test_the_model_card_has_front_matter_and_room_for_metrics(tmp_path: Path, run_train: Train) -> None:
    assert run_train("sr-psnr", tmp_path / "result", "steps=1") == 0
    card = (tmp_path / "result" / "README.md").read_text()
    front = yaml.safe_load(card.split("---")[1])
    assert front["license"] == "apache-2.0"
    assert front["library_name"] == "imggen"
    assert front["pipeline_tag"] == "image-to-image"
    assert "base_model" not in front
    assert "python -m imggen evaluate" in card[card.index(START) : card.index(END)]


@pytest.mark.parametrize(
    ("recipe", "changes"),
    [("sr-psnr", ["precision=bf16", "degradation=realistic"]), ("srgan", ["accumulate=2"])],
)
def test_a_resumed_run_ends_bit_equal(recipe: str, changes: list[str], tmp_path: Path, run_train: Train) -> None:
    whole, interrupted = tmp_path / "whole", tmp_path / "interrupted"
    assert run_train(recipe, whole, *changes, "checkpoint_every=2") == 0
    _stop_after(interrupted, 3, run_train, recipe, changes)
    assert saved_states(interrupted)[0][0] == 3
    assert run_train(recipe, interrupted, *changes, "workers=2", resume=True) == 0
    assert_same_state(whole, interrupted)
    assert (whole / "model.safetensors").read_bytes() == (interrupted / "model.safetensors").read_bytes()


def _stop_after(output: Path, step: int, run_train: Train, recipe: str, changes: list[str]) -> None:
    """Train, with a SIGTERM to this process during the given step."""
    with stopped_after(step):
        assert run_train(recipe, output, *changes) == 0


def test_sigterm_saves_and_exits_cleanly(tmp_path: Path, photos: Path, vgg_file: Path) -> None:
    output = tmp_path / "result"
    line = arguments("sr-psnr", photos, output, vgg_file, ["steps=100000", "sample_every=5"])
    with subprocess.Popen([sys.executable, str(ROOT / "train.py"), *line], cwd=ROOT, stdout=subprocess.PIPE) as process:
        deadline = time.monotonic() + 120
        while not list(output.glob("samples/*.png")) and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        printed = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 0
    assert "Go on with --resume" in printed
    assert saved_states(output)[0][0] >= 5
    assert checkpoint.load(output).task == "super_resolution"


def test_a_training_tells_its_progress_step_by_step_and_how_it_ended(tmp_path: Path, run_train: Train) -> None:
    output = tmp_path / "runs" / "mine"
    with stopped_after(2):
        assert run_train("sr-psnr", output) == 0
    (run,) = Runs(tmp_path).all()
    assert (run.name, run.recipe, run.state, run.step, run.steps) == ("runs/mine", "sr-psnr", "stopped", 2, 4)
    assert run_train("sr-psnr", output, resume=True) == 0
    (run,) = Runs(tmp_path / "runs").all()
    assert (run.name, run.state, run.can_be_used) == ("mine", "finished", True)
    assert [line.step for line in run.losses] == [1, 2, 3, 4]
    assert [line.values["loss"] for line in run.losses] == pytest.approx(losses(output))
    assert run.sheet == output / "samples" / "00000004.png"


@pytest.mark.slow
def test_a_training_can_be_watched_in_the_browser_as_long_as_it_runs(
    tmp_path: Path, photos: Path, vgg_file: Path
) -> None:
    line = arguments("sr-psnr", photos, tmp_path / "result", vgg_file, ["steps=1000000"])
    command = [sys.executable, str(ROOT / "train.py"), *line, "--watch"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        told = (re.search(r"Watch the training: (\S+)", text) for text in process.stdout)
        address = next(found[1] for found in told if found)
        assert "imggen: training" in urllib.request.urlopen(address).read().decode()
        process.send_signal(signal.SIGTERM)
        process.stdout.read()  # to the end: the process with the page is gone too
    assert process.returncode == 0
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(address)


@pytest.mark.slow
def test_two_processes_equal_one_with_twice_the_batch(
    tmp_path: Path, photos: Path, vgg_file: Path, run_train: Train
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert run_train("sr-psnr", one, "batch=4") == 0
    done = launch(arguments("sr-psnr", photos, two, vgg_file, ["batch=2"]))
    assert done.returncode == 0, done.stderr[-3000:]
    assert losses(one) == pytest.approx(losses(two), abs=1e-6)
    assert json.loads((two / "config.json").read_text())["training"]["images_seen"] == 16


@pytest.mark.slow
def test_processes_keep_equal_weights_in_adversarial_training(tmp_path: Path, photos: Path, vgg_file: Path) -> None:
    line = arguments("esrgan", photos, tmp_path / "result", vgg_file, ["accumulate=2"])
    script = tmp_path / "same_weights.py"
    script.write_text(
        "import sys, torch, torch.distributed as dist\n"
        "from imggen.training.common import session\n"
        "import train\n"
        "save_state = session.save_state\n"
        "def compare(accelerator, output, record):\n"
        "    assert accelerator.num_processes == 2 and len(accelerator._models) == 2\n"
        "    for network in accelerator._models:\n"
        "        for value in network.state_dict().values():\n"
        "            mine = value.detach().clone()\n"
        "            dist.broadcast(mine, 0)\n"
        "            assert torch.equal(mine, value)\n"
        "    accelerator.print('the same on both')\n"
        "    save_state(accelerator, output, record)\n"
        "session.save_state = compare\n"
        "sys.exit(train.main())\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", str(script)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, *line], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "the same on both" in done.stdout


def test_gan_fine_tune_continues_from_a_checkpoint(tmp_path: Path, run_train: Train) -> None:
    base = save_tiny_span(tmp_path / "tiny-base")
    output = tmp_path / "detail"
    settings = ("architecture=span", f"init={base}", "steps=1", "lr=1e-12", "ema_decay=0")
    assert run_train("esrgan", output, *settings) == 0
    before, after = checkpoint.load(base), checkpoint.load(output)
    for name, value in before.state_dict().items():
        assert torch.allclose(after.state_dict()[name], value, atol=1e-6), name
    config = json.loads((output / "config.json").read_text())
    assert config["base_model"] == "tiny-base"
    assert config["training"]["settings"]["init"] == "tiny-base"
    assert "base_model: tiny-base" in (output / "README.md").read_text()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["stepz=3"], "no setting 'stepz'. Did you mean 'steps'?"),
        (["losses.gann=3"], "Did you mean 'losses.gan'?"),
        (["steps=many"], "must be a whole number"),
        (["steps"], "takes key=value"),
        (["precision=fp64"], "must be no, bf16 or fp16"),
        (["degradation=bicubik"], "Did you mean 'bicubic'?"),
        (["patch=30"], "must be a multiple of 4"),
        (["losses={l1: 0.0}"], "give at least one of them a weight"),
        (["init=nowhere"], "neither a checkpoint folder nor the id"),
        (["losses.perceptual=1", "perceptual_weights="], "needs VGG-16"),
        (["losses.perceptual=1", "perceptual_weights=nowhere"], "cannot be read"),
        (["architecture_config.scale=2"], "must enlarge 4 times"),
        (["architecture=spam"], "Did you mean 'span'?"),
        (["patch=80"], "No image is at least 80 x 80 pixels: 5 smaller, 0 not decodable."),
    ],
)
def test_mistakes_give_one_sentence(
    settings: list[str], sentence: str, tmp_path: Path, run_train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_train("sr-psnr", tmp_path / "result", *settings) == 2
    printed = capsys.readouterr().err
    assert sentence in printed
    assert "Traceback" not in printed
    assert not (tmp_path / "result").exists()


def test_unknown_recipe_and_data(
    tmp_path: Path, run_train: Train, photos: Path, vgg_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import train

    assert train.main(["sr-pnsr", "--data", str(photos), "--output", str(tmp_path / "x")]) == 2
    assert "Did you mean 'sr-psnr'?" in capsys.readouterr().err
    assert run_train("sr-psnr", tmp_path / "x", data=tmp_path / "nowhere") == 2
    assert "neither a folder of images nor a Hub dataset" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert run_train("sr-psnr", tmp_path / "x", data=tmp_path / "empty") == 2
    assert "There is no image in" in capsys.readouterr().err


def test_an_output_in_use_is_not_overwritten(
    tmp_path: Path, run_train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "result").mkdir()
    (tmp_path / "result" / "precious.txt").write_text("keep me")
    assert run_train("sr-psnr", tmp_path / "result") == 2
    assert "is not empty. Add --resume" in capsys.readouterr().err
    assert run_train("sr-psnr", tmp_path / "result", resume=True) == 2
    assert "no training state" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "result").iterdir()] == ["precious.txt"]


def test_resuming_with_another_network_is_refused(
    tmp_path: Path, run_train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_train("sr-psnr", tmp_path / "result", "steps=1") == 0
    assert run_train("sr-psnr", tmp_path / "result", "architecture_config.channels=12", resume=True) == 2
    assert "does not fit this recipe" in capsys.readouterr().err


def test_a_recipe_of_ones_own(tmp_path: Path, photos: Path, vgg_file: Path, run_train: Train) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text((ROOT / "imggen" / "training" / "recipes" / "sr-psnr.yaml").read_text())
    import train

    line = arguments("sr-psnr", photos, tmp_path / "result", vgg_file, ["steps=1"])
    assert train.main([str(path), *line[1:]]) == 0
    assert json.loads((tmp_path / "result" / "config.json").read_text())["training"]["recipe"] == "mine"


def test_skipped_images_are_counted_once_and_damaged_ones_named(
    tmp_path: Path, run_train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    picture(64, 64).save(folder / "good.png")
    picture(64, 20).save(folder / "small.png")
    picture(640, 640).save(folder / "cut.jpg")
    (folder / "cut.jpg").write_bytes((folder / "cut.jpg").read_bytes()[:3000])
    (folder / "text.png").write_text("not a picture")
    assert run_train("sr-psnr", tmp_path / "result", "steps=1", data=folder) == 0
    assert capsys.readouterr().out.count("left out: 1 smaller, 2 not decodable (text.png, cut.jpg).") == 1
