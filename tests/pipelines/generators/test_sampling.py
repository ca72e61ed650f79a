"""Sampling: every image belongs to its seed and says how to make it again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import imggen
from imggen.device import Compute
from imggen.engine.loading import load_pipeline
from imggen.errors import CheckpointError, InputError
from imggen.models import ARCHITECTURES
from imggen.pipelines.generators.sampling import Sampling
from imggen.store.catalogue import Catalog
from imggen.store.checkpoint import Checkpoint, save
from tests.conftest import TINY_SPAN
from tests.models.test_generators import SMALL

UNCONDITIONAL = sorted(name for name, config in SMALL.items() if not config.get("classes"))


def save_generator(folder: Path, architecture: str, task: str = "sampling") -> Path:
    torch.manual_seed(0)
    checkpoint = Checkpoint(task, architecture, SMALL[architecture], value_range=[-1.0, 1.0])
    for _ in range(60):  # running statistics that fit the weights
        checkpoint.network.train()(torch.randn(8, checkpoint.network.latent_size))  # type: ignore[call-overload]
    return save(checkpoint, folder, "---\nlicense: apache-2.0\n---\n")


def load(folder: Path) -> Sampling:
    return imggen.load(folder, device="cpu", dtype=torch.float32)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Sampling:
    return load(save_generator(tmp_path_factory.mktemp("models") / "tiny-gan", "dcgan"))


@pytest.mark.parametrize("architecture", UNCONDITIONAL)
def test_a_seed_gives_one_image_in_any_batch(architecture: str, tmp_path: Path) -> None:
    assert architecture in ARCHITECTURES
    model = load(save_generator(tmp_path / "model", architecture))
    together = model.sample(count=3, seed=5, truncation=0.8)
    for index, image in enumerate(together):
        (alone,) = model.sample(count=1, seed=5 + index, truncation=0.8)
        assert image.size == (16, 16)
        assert np.array_equal(np.asarray(image), np.asarray(alone))
        assert image.info["imggen"] == alone.info["imggen"]
    assert not np.array_equal(np.asarray(together[0]), np.asarray(together[1]))


@pytest.mark.parametrize("architecture", UNCONDITIONAL)
def test_truncation_brings_images_together(architecture: str, tmp_path: Path) -> None:
    model = load(save_generator(tmp_path / "model", architecture))
    first, second = (np.asarray(image) for image in model.sample(count=2, truncation=0))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, np.asarray(model.sample(1)[0]))


def test_each_image_carries_its_own_recipe(model: Sampling) -> None:
    recipe = model.sample(count=2, seed=41, truncation=0.5)[1].info["imggen"]
    assert recipe["task"] == "sampling"
    assert recipe["model"] == "tiny-gan"
    assert recipe["parameters"] == {"seed": 42, "count": 1, "truncation": 0.5}
    again = model.sample(**recipe["parameters"])[0]
    assert np.array_equal(np.asarray(again), np.asarray(model.sample(2, 41, 0.5)[1]))


def test_a_list_of_seeds_gives_one_image_each(model: Sampling) -> None:
    images = model.sample(seed=[9, 4], truncation=0.8)
    assert [image.info["imggen"]["parameters"]["seed"] for image in images] == [9, 4]
    assert np.array_equal(np.asarray(images[1]), np.asarray(model.sample(1, 4, 0.8)[0]))


def test_progress_is_reported_and_can_stop(model: Sampling) -> None:
    fractions: list[float] = []
    model.sample(4, report=fractions.append)
    assert fractions == [0, 0.25, 0.5, 0.75, 1]

    def stop(fraction: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        model.sample(4, report=stop)


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 0}, {"count": True}, {"count": 1.5}, {"seed": -1}, {"seed": 2**32}, {"seed": 2**32 - 1, "count": 2},
        {"seed": "7"}, {"seed": []}, {"seed": [1, True]}, {"seed": [2**32]}, {"seed": [1, 2], "count": 2},
        {"truncation": 1.1}, {"truncation": -0.1}, {"truncation": None},
    ],
)  # fmt: skip
def test_arguments_out_of_range_are_refused(model: Sampling, wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        model.sample(**wrong)  # type: ignore[arg-type]


def test_the_last_seed_and_half_precision_work(tmp_path: Path) -> None:
    folder = save_generator(tmp_path / "half", "dcgan")
    catalog = Catalog(extra=[folder])
    pipeline = load_pipeline("half", catalog, Compute(torch.device("cpu"), torch.bfloat16))
    assert isinstance(pipeline, Sampling)
    assert pipeline.sample(1, 2**32 - 1)[0].size == (16, 16)
    assert 0 < pipeline.size_bytes < 100_000


def test_an_upscaler_is_no_generator(tmp_path: Path) -> None:
    save(Checkpoint("sampling", "span", TINY_SPAN), tmp_path / "odd", "---\nlicense: apache-2.0\n---\n")
    with pytest.raises(CheckpointError, match="made for the task sampling, which its architecture, span, cannot do"):
        imggen.load(tmp_path / "odd")
