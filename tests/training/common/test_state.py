"""Trainings that go wrong: what stops them, what stays on the disk, and what is said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # type: ignore[import-untyped]
from torch import Tensor, nn

import imggen
from imggen.errors import CheckpointError
from imggen.store import checkpoint
from imggen.store.runs import Runs
from imggen.training.common import session
from imggen.training.common.ema import EMA
from imggen.training.common.state import saved_states
from imggen.training.super_resolution.step import SRStep
from tests.conftest import picture, save_tiny_span
from tests.training.conftest import Train, stopped_after
from tests.training.gan import test_gan


@pytest.fixture
def trained(tmp_path: Path, run_train: Train) -> Path:
    """A training that was stopped at step 3 of 4, with states of the steps 2 and 3."""
    output = tmp_path / "result"
    with stopped_after(3):
        assert run_train("sr-psnr", output, "checkpoint_every=1") == 0
    return output


def test_the_state_before_the_last_is_kept(trained: Path) -> None:
    assert [folder.name for folder in sorted((trained / "state").iterdir())] == ["00000002", "00000003"]
    (trained / "state" / "unfinished").mkdir()  # what a kill in the middle of saving leaves
    assert [step for step, _ in saved_states(trained)] == [3, 2]


FILES = [
    "model.safetensors",
    "optimizer.bin",
    "random_states_0.pkl",
    "custom_checkpoint_0.pkl",
    "training.json",
]


def test_every_damaged_file_of_a_state_is_named_and_the_state_before_goes_on(
    trained: Path, tmp_path: Path, run_train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    last = trained / "state" / "00000003"
    assert sorted(path.name for path in last.iterdir()) == sorted(FILES)
    for name in FILES:
        whole = (last / name).read_bytes()
        for damaged in (b"", whole[: len(whole) // 2], whole[:-20] + b"\0" * 20):
            (last / name).write_bytes(damaged)
            assert run_train("sr-psnr", trained, resume=True) == 2, name
            printed = capsys.readouterr().err
            assert f"'{name}' " in printed
            assert "is not as it was written" in printed
            assert f"Delete '{last}' to go on from step 2" in printed
            assert "Traceback" not in printed
        (last / name).unlink()
        assert run_train("sr-psnr", trained, resume=True) == 2, name
        assert f"'{name}' is missing" in capsys.readouterr().err
        (last / name).write_bytes(whole)
    alone = Path(shutil.copytree(trained, tmp_path / "alone"))
    shutil.rmtree(alone / "state" / "00000002")
    (alone / "state" / "00000003" / "optimizer.bin").write_bytes(b"")
    assert run_train("sr-psnr", alone, resume=True) == 2
    assert "Start again in another folder" in capsys.readouterr().err
    shutil.rmtree(last)
    assert run_train("sr-psnr", trained, resume=True) == 0
    assert run_train("sr-psnr", tmp_path / "whole") == 0
    assert (trained / "model.safetensors").read_bytes() == (tmp_path / "whole" / "model.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["lr=0.5"], "was made with lr=0.001, and now it is 0.5"),
        (["losses.l1=0.25"], "--set losses.l1=1.0"),
        (["batch=1"], "--set batch=2"),
        (["degradation=realistic"], "--set degradation=bicubic"),
        (["architecture_config.channels=12"], "--set architecture_config.channels=8"),
    ],
)
def test_other_settings_are_refused(
    settings: list[str], sentence: str, trained: Path, run_train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_train("sr-psnr", trained, *settings, resume=True) == 2
    printed = capsys.readouterr().err
    assert "does not fit this recipe" in printed
    assert sentence in printed


def test_what_does_not_change_learning_may_change(trained: Path, run_train: Train) -> None:
    free = ["steps=5", "workers=1", "cache_gb=0", "log_every=2", "checkpoint_every=5", "title=Another"]
    assert run_train("sr-psnr", trained, *free, resume=True) == 0
    config = json.loads((trained / "config.json").read_text())
    assert (config["title"], config["training"]["steps"]) == ("Another", 5)


def test_other_data_is_refused(
    trained: Path, photos: Path, tmp_path: Path, run_train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = Path(shutil.copytree(photos, tmp_path / "moved"))
    (moved / "one.png").unlink()
    assert run_train("sr-psnr", trained, resume=True, data=moved) == 2
    assert "then 5 images, now 4" in capsys.readouterr().err
    picture(60, 64).save(moved / "one.png")
    assert run_train("sr-psnr", trained, resume=True, data=moved) == 2
    assert "the images are as many, but others" in capsys.readouterr().err
    shutil.copy(photos / "one.png", moved / "one.png")
    assert run_train("sr-psnr", trained, resume=True, data=moved) == 0


def test_other_classes_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("rose", "tulip"):
        (tmp_path / "data" / name).mkdir(parents=True)
        picture(24, 20).save(tmp_path / "data" / name / "1.png")
    assert test_gan.run("cgan", tmp_path / "data", tmp_path / "result", "steps=1") == 0
    (tmp_path / "data" / "rose").rename(tmp_path / "data" / "violet")
    assert test_gan.run("cgan", tmp_path / "data", tmp_path / "result", resume=True) == 2
    assert "knows the classes rose, tulip; the data has tulip, violet" in capsys.readouterr().err


def poisoned(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From this micro-step on, all losses of super-resolution are NaN."""
    call = SRStep.__call__

    def poison(self: SRStep, number: int, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        if number >= step:
            self.content = {name: lambda output, high: (output * float("nan")).mean() for name in self.content}
        return call(self, number, batch)

    monkeypatch.setattr(SRStep, "__call__", poison)


def test_losses_that_are_not_finite_stop_a_training(
    tmp_path: Path, run_train: Train, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "result"
    poisoned(5, monkeypatch)
    assert run_train("sr-psnr", output, "steps=1000", "checkpoint_every=3") == 2
    printed = capsys.readouterr().err
    assert f"has stopped at step {5 + session.PATIENCE}: the losses of {session.PATIENCE} steps in a row" in printed
    assert "lower lr" in printed
    assert "Traceback" not in printed
    assert all(torch.isfinite(value).all() for value in load_file(output / "model.safetensors").values())
    state = load_file(saved_states(output)[0][1] / "model.safetensors")
    assert all(torch.isfinite(value).all() for value in state.values())


def test_a_single_bad_step_is_left_out(tmp_path: Path, run_train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    call = SRStep.__call__

    def poison(self: SRStep, number: int, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        whole = self.content
        if number == 1:
            self.content = {name: lambda output, high: (output * float("nan")).mean() for name in whole}
        scalars = call(self, number, batch)
        self.content = whole
        return scalars

    monkeypatch.setattr(SRStep, "__call__", poison)
    assert run_train("sr-psnr", tmp_path / "result") == 0
    assert all(torch.isfinite(value).all() for value in load_file(tmp_path / "result" / "model.safetensors").values())


def test_weights_that_are_not_finite_overwrite_nothing(
    trained: Path, run_train: Train, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (trained / "model.safetensors").read_bytes()
    states = saved_states(trained)

    def spoil(self: EMA, network: nn.Module) -> None:
        next(self.network.parameters()).data.fill_(float("nan"))

    monkeypatch.setattr(EMA, "update", spoil)
    assert run_train("sr-psnr", trained, "steps=6", resume=True) == 2
    assert "the weights are not finite (average of" in capsys.readouterr().err
    (run,) = Runs(trained).all()
    assert (run.state, "the weights are not finite (average of" in run.words) == ("failed", True)
    assert saved_states(trained) == states
    assert (trained / "model.safetensors").read_bytes() == before
    monkeypatch.undo()


def test_weights_too_large_for_float16_are_not_saved(tmp_path: Path) -> None:
    network = checkpoint.load(save_tiny_span(tmp_path / "good"))
    before = (tmp_path / "good" / "model.safetensors").read_bytes()
    next(network.parameters()).data[0] = 1e6
    with pytest.raises(CheckpointError, match="not finite"):
        checkpoint.save(network, tmp_path / "good", "# Card")
    assert (tmp_path / "good" / "model.safetensors").read_bytes() == before


def test_weights_that_are_not_finite_are_refused_at_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = checkpoint.load(save_tiny_span(tmp_path / "base"))
    next(network.parameters()).data[0] = float("nan")
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "refuse_not_finite", lambda network, what: None)
        checkpoint.save(network, tmp_path / "broken", "---\nlicense: apache-2.0\n---\n# Broken\n")
    with pytest.raises(CheckpointError, match="not finite numbers"):
        imggen.load(tmp_path / "broken")


def test_a_full_disk_is_one_sentence_and_the_states_before_stay(
    trained: Path, run_train: Train, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    states = saved_states(trained)
    monkeypatch.setattr("accelerate.Accelerator.save_state", full)
    assert run_train("sr-psnr", trained, "steps=6", resume=True) == 2
    printed = capsys.readouterr().err
    assert "No space left on device" in printed
    assert "Traceback" not in printed
    assert saved_states(trained) == states


def test_images_are_counted_over_interruptions(trained: Path, run_train: Train) -> None:
    state = json.loads((saved_states(trained)[0][1] / "training.json").read_text())
    assert (state["step"], state["items"], state["processes"]) == (3, 6, 1)
    assert run_train("sr-psnr", trained, resume=True) == 0
    assert json.loads((trained / "config.json").read_text())["training"]["images_seen"] == 8


def test_the_log_tells_where_everything_lies(
    tmp_path: Path, run_train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "my result"
    assert run_train("sr-psnr", output) == 0
    printed = capsys.readouterr().out
    assert "Training from step 0 in 1 process on cpu, 1 thread each." in printed
    assert f"Sample sheets: {output / 'samples'}" in printed
    assert f"tensorboard --logdir '{output / 'tensorboard'}'" in printed
    assert f"Show the model in the app: python app.py --models '{output}'" in printed
    board = EventAccumulator(str(output / "tensorboard"))
    board.Reload()
    assert [image.step for image in board.Images("samples")] == [4]
