"""Real image files, a random VGG-16, and a fresh Accelerate for every run of train.py."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from accelerate.state import AcceleratorState, GradientState, PartialState
from safetensors.torch import load_file, save_file
from torch import nn

import train
from imggen.models.vgg16 import RELU_INDEX, VGG16Features
from imggen.training.common.ema import EMA
from imggen.training.common.state import saved_states
from tests.conftest import picture

ROOT = Path(__file__).parents[2]

TINY = ["precision=no", "batch=2", "patch=32", "steps=4", "cache_gb=0.1", "seed=3", "discriminator.channels=8"]
RARELY = ["log_every=1", "sample_every=100", "checkpoint_every=100"]
TINY_NETWORK = {
    "span": ["architecture_config.channels=8", "architecture_config.blocks=2"],
    "srresnet": ["architecture_config.channels=8", "architecture_config.blocks=2"],
    "rrdbnet": ["architecture_config.channels=8", "architecture_config.blocks=1", "architecture_config.growth=4"],
}
RECIPE_NETWORK = {"sr-psnr": "span", "srgan": "srresnet", "esrgan": "rrdbnet"}

#: (recipe, output, *settings, resume) -> exit code
Train = Callable[..., int]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Networks this small are faster on one thread, above all when the machine is busy."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def fresh_accelerate() -> Iterator[None]:
    """Accelerate keeps its state in class attributes; every run of train.py is a process of its own."""
    yield
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()
    assert not PartialState._shared_state


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five pictures of different sizes and formats in nested folders."""
    folder = tmp_path_factory.mktemp("data") / "photos"
    (folder / "a" / "b").mkdir(parents=True)
    picture(40, 64, 1).save(folder / "one.png")
    picture(101, 53, 2).save(folder / "two.jpg", quality=95)
    picture(64, 64, 3).save(folder / "a" / "three.webp", lossless=True)
    picture(47, 90, 4).convert("L").save(folder / "a" / "b" / "four.bmp")
    picture(32, 32, 5).save(folder / "a" / "b" / "five.PNG")
    return folder


@pytest.fixture(scope="session")
def vgg_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VGG-16 features with random weights, in the layout of the real file."""
    torch.manual_seed(0)
    network = VGG16Features([max(RELU_INDEX, key=lambda name: RELU_INDEX[name])])
    state = {f"features.{name}": value.half() for name, value in network.features.state_dict().items()}
    path = tmp_path_factory.mktemp("vgg") / "vgg16.safetensors"
    save_file(state, path)
    return path


def arguments(recipe: str, data: Path, output: Path, vgg: Path, settings: list[str], resume: bool = False) -> list[str]:
    """A command line that trains a recipe with a tiny network; ``settings`` come last."""
    network = next((s.removeprefix("architecture=") for s in settings if s.startswith("architecture=")), None)
    network = network if network in TINY_NETWORK else RECIPE_NETWORK[recipe]
    perceptual = [f"perceptual_weights={vgg}", "perceptual_layers={relu1_2: 1.0, relu2_1: 0.5}"]
    every = [*TINY, *RARELY, *TINY_NETWORK[network], *perceptual]
    line = [recipe, "--data", str(data), "--output", str(output), *(["--resume"] if resume else [])]
    return line + [part for setting in [*every, *settings] for part in ("--set", setting)]


@pytest.fixture
def run_train(photos: Path, vgg_file: Path) -> Train:
    """Run the real ``train.main`` in this process, with a tiny network."""

    def run(recipe: str, output: Path, *settings: str, resume: bool = False, data: Path = photos) -> int:
        AcceleratorState._reset_state(reset_partial_state=True)
        GradientState._reset_state()
        return train.main(arguments(recipe, data, output, vgg_file, list(settings), resume))

    return run


def launch(line: list[str]) -> subprocess.CompletedProcess[str]:
    """Run train.py in two processes under torchrun, on CPUs over gloo."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    return subprocess.run(
        [*command, str(ROOT / "train.py"), *line], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )


@contextmanager
def stopped_after(updates: int) -> Iterator[None]:
    """Send a training inside this SIGTERM after so many updates of its averaged weights."""
    update = EMA.update

    def update_and_signal(self: EMA, network: nn.Module) -> None:
        update(self, network)
        if self.updates == updates:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EMA, "update", update_and_signal)
        yield


def state_files(output: Path) -> dict[str, torch.Tensor]:
    """Weights of all networks and of the average, and the optimisers' moments, in the latest training state."""
    _, latest = saved_states(output)[0]
    tensors: dict[str, torch.Tensor] = {}
    for path in sorted(latest.iterdir()):
        if path.suffix == ".safetensors":
            tensors |= {f"{path.name}:{name}": value for name, value in load_file(path).items()}
        elif path.name.startswith("custom"):
            state = torch.load(path, weights_only=True)
            tensors |= {f"ema:{name}": value for name, value in state.get("network", {}).items()}
            tensors |= {f"augment:{name}": torch.tensor(value) for name, value in state.items() if name == "value"}
        elif path.name.startswith("optimizer"):
            for index, moments in torch.load(path, weights_only=True)["state"].items():
                tensors |= {f"{path.name}:{index}:{name}": value for name, value in moments.items()}
    return tensors


def assert_same_state(first: Path, second: Path) -> None:
    """Fail unless two trainings ended with the same training state, bit for bit."""
    one, other = state_files(first), state_files(second)
    assert one.keys() == other.keys()
    different = [name for name in one if not torch.equal(one[name], other[name])]
    assert not different
