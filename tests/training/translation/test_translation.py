"""Unpaired translation from the command line to a checkpoint: data layouts, exact resuming, several processes."""

from __future__ import annotations

import io
import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # type: ignore[import-untyped]

import train
from imggen.errors import InputError
from imggen.models.translation.cyclegan import CycleGAN
from imggen.store import checkpoint
from imggen.training.common.recipe import load_recipe
from imggen.training.common.schedule import hold_then_fall
from imggen.training.common.state import saved_states
from imggen.training.common.validation import read
from imggen.training.translation.data import Domain, DomainCrops, find_domains, matches, scene_of
from imggen.training.translation.image_pool import ImagePool
from imggen.training.translation.recipe import TranslationRecipe
from imggen.training.translation.step import highlights_l1
from tests.conftest import picture
from tests.training.conftest import ROOT, assert_same_state, stopped_after

TINY = ["precision=no", "batch=2", "crop=32", "steps=4", "cache_gb=0.1", "pool=2", "losses.perceptual=0"]
TINY += ["architecture_config.channels=4", "architecture_config.blocks=1", "discriminator.channels=4"]
TINY += ["log_every=1", "sample_every=100", "checkpoint_every=100"]


def line(data: Path, output: Path, *settings: str, resume: bool = False) -> list[str]:
    """A command line that trains day and night with tiny networks; ``settings`` come last."""
    parts = [part for setting in [*TINY, *settings] for part in ("--set", setting)]
    return ["cyclegan-day-night", "--data", str(data), "--output", str(output), *["--resume"] * resume, *parts]


def run(data: Path, output: Path, *settings: str, resume: bool = False) -> int:
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()
    return train.main(line(data, output, *settings, resume=resume))


def logged(output: Path, name: str) -> list[float]:
    log = EventAccumulator(str(output / "tensorboard"))
    log.Reload()
    return [event.value for event in log.Scalars(name)]


def darker(image: Image.Image) -> Image.Image:
    return image.point([value // 4 for value in range(256)] * 3)


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three scenes by day and by night, the same pictures but for the light; ``scene01`` is held out by the recipe."""
    folder = tmp_path_factory.mktemp("data") / "places"
    for number, scene in enumerate(("scene01", "scene02", "scene03")):
        for frame in range(2):
            image = picture(48, 40, 2 * number)
            for name, shown in (("day", image), ("night", darker(image))):
                (folder / name).mkdir(parents=True, exist_ok=True)
                shown.save(folder / name / f"{scene}_{frame}.png")
    return folder


def test_training_ends_in_a_checkpoint_of_both_directions(scenes: Path, vgg_file: Path, tmp_path: Path) -> None:
    output = tmp_path / "result"
    layers = f"perceptual_layers={json.dumps({'relu1_2': 1.0})}"
    assert run(scenes, output, "losses.perceptual=0.1", f"perceptual_weights={vgg_file}", layers, "every.cycle=1") == 0
    config = json.loads((output / "config.json").read_text())
    assert (config["task"], config["architecture"]) == ("day_night", "cyclegan")
    assert config["architecture_config"]["domains"] == ["day", "night"]
    assert config["training"]["images"] == 8  # without the scene held out
    assert config["training"]["images_seen"] == 16
    assert str(tmp_path) not in (output / "config.json").read_text() + (output / "README.md").read_text()
    assert str(vgg_file.parent) not in (output / "config.json").read_text()
    assert (output / "preview.webp").stat().st_size > 0
    names = ("loss", "gan", "cycle", "identity", "coarse", "highlights", "perceptual", "discriminator")
    assert all(math.isfinite(value) for name in names for value in logged(output, name))
    network = checkpoint.load(output).network
    assert isinstance(network, CycleGAN)
    assert network(torch.zeros(1, 3, 20, 30), "b2a").shape == (1, 3, 20, 30)


def test_highlights_count_the_light_of_lamps_wherever_they_are() -> None:
    night = torch.full((1, 3, 64, 64), -0.9)
    lamp, beside, far = night.clone(), night.clone(), night.clone()
    lamp[..., 10, 10] = beside[..., 11, 8] = far[..., 50, 50] = 1
    assert highlights_l1(beside, lamp) == 0
    assert highlights_l1(night, lamp) > 0
    assert highlights_l1(far, lamp) == pytest.approx(2 * highlights_l1(night, lamp).item())
    assert highlights_l1(night - 0.05, night) == 0


def test_a_night_gets_darker_and_a_day_brighter_where_scenes_are_aligned(scenes: Path, tmp_path: Path) -> None:
    output = tmp_path / "result"
    settings = ["steps=30", "lr=0.003", "losses.gan=0", "losses.identity=0", "aligned_share=1", "ema_decay=0"]
    assert run(scenes, output, *settings, "losses.cycle=0", "log_every=10") == 0
    network = checkpoint.load(output).network
    day, night = torch.full((1, 3, 32, 32), 0.2), torch.full((1, 3, 32, 32), -0.7)
    with torch.no_grad():
        assert network(day, "a2b").mean() < -0.1
        assert network(night, "b2a").mean() > -0.4
    assert logged(output, "coarse")[-1] < logged(output, "coarse")[0] / 2


HARD = ["accumulate=2", "every={cycle: 2, identity: 3}", "augment_strength=0.5", "hold=0.25", "aligned_share=0.5"]


def test_a_resumed_run_ends_bit_equal(scenes: Path, tmp_path: Path) -> None:
    whole, interrupted = tmp_path / "whole", tmp_path / "interrupted"
    assert run(scenes, whole, *HARD, "checkpoint_every=2") == 0
    with stopped_after(3):
        assert run(scenes, interrupted, *HARD) == 0
    assert saved_states(interrupted)[0][0] == 3
    assert run(scenes, interrupted, *HARD, "workers=2", resume=True) == 0
    assert_same_state(whole, interrupted)
    assert (whole / "model.safetensors").read_bytes() == (interrupted / "model.safetensors").read_bytes()


@pytest.mark.slow
def test_two_processes_keep_equal_weights_and_resume_with_their_own_pools(scenes: Path, tmp_path: Path) -> None:
    script = tmp_path / "same_weights.py"
    script.write_text(
        "import sys, torch, torch.distributed as dist\n"
        "from imggen.training.common import session\n"
        "import train\n"
        "save_state, load_state = session.save_state, session.load_state\n"
        "def sums(accelerator):\n"
        "    pools = [float(pool._images.double().sum()) for pool in accelerator._custom_objects[1:]]\n"
        "    return accelerator.gather(torch.tensor([pools])).tolist()\n"
        "def compare(accelerator, output, record):\n"
        "    assert accelerator.num_processes == 2 and len(accelerator._models) == 2\n"
        "    for network in accelerator._models:\n"
        "        for value in network.parameters():\n"
        "            mine = value.detach().clone()\n"
        "            dist.broadcast(mine, 0)\n"
        "            assert torch.equal(mine, value)\n"
        "    accelerator.print('saved', sums(accelerator), flush=True)\n"
        "    save_state(accelerator, output, record)\n"
        "def show(accelerator, output, now):\n"
        "    record = load_state(accelerator, output, now)\n"
        "    accelerator.print('loaded', sums(accelerator), flush=True)\n"
        "    return record\n"
        "session.save_state, session.load_state = compare, show\n"
        "sys.exit(train.main())\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", str(script)]
    printed = []
    for steps, resume in ((2, False), (4, True)):
        done = subprocess.run(
            [*command, *line(scenes, tmp_path / "result", *HARD, f"steps={steps}", resume=resume)],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        printed += [row for row in done.stdout.splitlines() if row.startswith(("saved", "loaded"))]
    saved, loaded = (json.loads(row.partition(" ")[2]) for row in printed[:2])
    assert saved == loaded
    assert saved[0] != saved[1]


def save_shard(path: Path, rows: Sequence[tuple[Image.Image, Image.Image]]) -> None:
    """Write images as the columns imageA and imageB of a Parquet file, as the Hub stores pairs."""
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    cell = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    columns = {
        name: pa.array([{"bytes": png(row[place]), "path": None} for row in rows], cell)
        for place, name in enumerate(("imageA", "imageB"))
    }
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table(columns), path)


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_pairs_in_two_columns_are_read_in_order_and_train(tmp_path: Path) -> None:
    pictures = [picture(40, 36, seed) for seed in range(3)]
    save_shard(tmp_path / "set" / "data" / "train-0.parquet", [(image, darker(image)) for image in pictures])
    a, b = find_domains(str(tmp_path / "set"), ("day", "night"))
    assert [scene_of(one) for one in a] == [scene_of(other) for other in b]
    assert len({scene_of(one) for one in a}) == 3
    assert a[1].source == png(pictures[1])
    assert b[1].source == png(darker(pictures[1]))
    assert run(tmp_path / "set", tmp_path / "result", "aligned_share=1", "steps=2") == 0
    assert logged(tmp_path / "result", "coarse")


def test_another_pair_in_folders_named_train_a_and_train_b(tmp_path: Path) -> None:
    for place, seed in (("trainA", 1), ("trainB", 2)):
        (tmp_path / "fruit" / place).mkdir(parents=True)
        picture(40, 40, seed).save(tmp_path / "fruit" / place / "one.png")
    settings = ["architecture_config.domains=[apple, orange]", "steps=2"]
    assert run(tmp_path / "fruit", tmp_path / "result", *settings) == 0
    assert checkpoint.load(tmp_path / "result").network.domains == ("apple", "orange")


def crops(share: float, unaligned: Sequence[str] = (), seed: int = 0) -> DomainCrops:
    """Two domains of the same three scenes; b holds the pictures of a with every value raised by 100."""
    arrays = [np.asarray(picture(60, 44, number)) // 2 + 20 for number in range(3)]
    names = ["one", "two", "three"]
    a, b = Domain(arrays, names), Domain([array + 100 for array in arrays], names)
    return DomainCrops(a, b, 32, (1.1, 2.0), True, share, unaligned, seed)


def test_aligned_crops_show_the_same_place_and_others_do_not() -> None:
    for number in range(8):
        sample = crops(1.0)[number]
        assert bool(sample.aligned)
        assert (
            sample.b.int() - sample.a.int() - 100
        ).abs().max() <= 3  # twice rounded, in each direction of the resize
        sample = crops(0.0)[number]
        assert not bool(sample.aligned)
        assert (sample.b.int() - sample.a.int() - 100).abs().max() > 10


def test_scenes_that_mix_cameras_are_never_paired() -> None:
    assert crops(1.0, ["one", "three"]).scenes == ["two"]
    assert not any(bool(crops(1.0, ["one", "two", "three"])[number].aligned) for number in range(4))


def test_a_crop_depends_on_nothing_but_seed_and_number() -> None:
    one, other = crops(0.5), crops(0.5)
    backwards = [other[number] for number in reversed(range(12))][::-1]
    for number in range(12):
        assert all(torch.equal(x, y) for x, y in zip(one[number], backwards[number], strict=True))
    assert not torch.equal(one[0].a, crops(0.5, seed=1)[0].a)


def test_without_pairs_every_epoch_visits_every_image_once() -> None:
    seen = crops(0.0)
    for epoch in range(3):
        assert sorted(seen._place(0, 3 * epoch + step) for step in range(3)) == [0, 1, 2]


def test_the_pool_hands_out_older_images_half_of_the_time() -> None:
    pool = ImagePool(Accelerator(cpu=True), 2, 4)
    images = [torch.full((1, 3, 4, 4), float(number)) for number in range(5)]

    def value(number: int, swap: float, which: float) -> float:
        return float(pool.exchange(images[number], torch.tensor([[swap, which]]))[0, 0, 0, 0])

    assert [value(0, 0.0, 0.0), value(1, 0.0, 0.0)] == [0, 1]  # the pool fills
    assert value(2, 0.4, 0.9) == 1  # the second place goes out, 2 comes in
    assert value(3, 0.6, 0.9) == 3  # straight through
    assert value(4, 0.1, 0.9) == 2
    assert torch.equal(ImagePool(Accelerator(cpu=True), 0, 4).exchange(images[1], torch.zeros(1, 2)), images[1])


def test_the_rate_holds_and_then_falls_to_nothing() -> None:
    rates = [hold_then_fall(step, 8, 0.5) for step in (0, 4, 6, 7)]
    assert rates == pytest.approx([1, 1, 0.5, 0.25])
    assert hold_then_fall(8, 8, 0.5) == 0
    assert hold_then_fall(7, 8, 1.0) == 1


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["losses.cycle=-1"], "numbers of at least 0"),
        (["losses={cicle: 1}"], "Did you mean 'cycle'?"),
        (["losses.perceptual=1"], "perceptual_weights=FILE"),
        (["every.cycle=0"], "at least 1"),
        (["crop=30"], "multiple of 4"),
        (["resize=[2.0, 1.0]"], "two rising numbers"),
        (["hold=2"], "between 0 and 1"),
        (["augment=[color]"], "Did you mean 'colour'?"),
        (["architecture_config.domains=[day]"], "domains"),
        (["architecture_config.domains=[summer, winter]"], "'summer' and 'winter'"),
        (["discriminator.norm=batch"], "norm must be"),
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
    assert not (tmp_path / "result").exists()


def test_frames_can_be_skipped_in_one_domain_only(scenes: Path) -> None:
    day, night = find_domains(str(scenes), ("day", "night"))
    assert [picture.name for picture in day if matches(picture, ["night/scene02"])] == []
    assert [picture.name for picture in night if matches(picture, ["night/scene02"])] == [
        "night/scene02_0.png",
        "night/scene02_1.png",
    ]


def test_losses_of_weight_zero_alone_are_refused() -> None:
    settings = load_recipe("cyclegan-day-night")
    with pytest.raises(InputError, match="All losses"):
        read(TranslationRecipe, {**settings, "losses": {"gan": 0.0}})
