"""A photo's projection comes close to it, and is a place like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import imggen
from imggen.errors import InputError
from imggen.imaging.likeness import distance
from imggen.imaging.tensors import to_tensor
from imggen.pipelines.generators.latent_space import LatentSpace
from imggen.pipelines.generators.projection import project
from imggen.store.checkpoint import Checkpoint, save
from tests.conftest import TINY_SPAN, picture
from tests.models.test_generators import SMALL
from tests.pipelines.generators.test_interpolation import load, pipeline, plain  # noqa: F401


def test_a_picture_of_the_model_itself_is_found_again(pipeline: Any) -> None:  # noqa: F811
    choice = None if pipeline.task == "sampling" else "rose"
    photo = pipeline.sample(1, 7)[0] if choice is None else pipeline.sample(choice, 1, 7)[0]
    found = project(LatentSpace(pipeline), photo, choice)
    assert found.distance < found.usual / 2
    assert found.image.size == found.photo.size == (16, 16)
    film = pipeline.interpolate([found.point, 3 if choice is None else (3, choice)], frames=3)
    assert np.abs(np.asarray(film[0], int) - np.asarray(found.image, int)).max() <= 2


def test_an_autoencoder_starts_from_its_own_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    checkpoint = Checkpoint("sampling", "vae", SMALL["vae"])
    folder = save(checkpoint, tmp_path / "tiny-vae", "---\nlicense: apache-2.0\n---\n")
    model = imggen.load(folder, device="cpu", dtype=torch.float32)
    monkeypatch.setattr("imggen.pipelines.generators.projection.STEPS", 0)
    found = project(LatentSpace(model), photo := picture(16, 16))
    mean, _ = model.network.encode(to_tensor(photo) * 2 - 1)
    assert found.point.z is not None
    assert torch.allclose(found.point.z, mean[0], atol=1e-2)


def test_an_enlarged_autoencoder_finds_photos_at_the_size_it_draws(tmp_path: Path) -> None:
    torch.manual_seed(0)
    parts = {
        "generator": {"architecture": "vae", "config": SMALL["vae"]},
        "upscaler": {"architecture": "span", "config": TINY_SPAN},
        "enlarge": True,
    }
    folder = save(Checkpoint("sampling", "refined", parts), tmp_path / "large", "---\nlicense: apache-2.0\n---\n")
    model = imggen.load(folder, device="cpu", dtype=torch.float32)
    found = project(LatentSpace(model), model.sample(1, 7)[0])
    assert found.distance < found.usual
    assert found.image.size == found.photo.size == (64, 64)


def test_progress_shows_the_picture_so_far_and_can_stop(plain: Any) -> None:  # noqa: F811
    fractions: list[float] = []
    looks: list[Image.Image] = []

    def watch(fraction: float, preview: Image.Image | None = None) -> None:
        fractions.append(fraction)
        if preview is not None:
            looks.append(preview)

    project(LatentSpace(plain), picture(40, 20), report=watch)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert len(looks) > 5

    def stop(fraction: float, preview: Image.Image | None = None) -> None:
        if fraction > 0.3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        project(LatentSpace(plain), picture(40, 20), report=stop)


def test_the_weights_stay_as_they_are(plain: Any) -> None:  # noqa: F811
    before = {name: value.clone() for name, value in plain.network.state_dict().items()}
    project(LatentSpace(plain), picture(16, 16))
    assert all(torch.equal(before[name], value) for name, value in plain.network.state_dict().items())
    assert all(parameter.requires_grad for parameter in plain.network.parameters())


def test_a_class_must_fit(plain: Any) -> None:  # noqa: F811
    with pytest.raises(InputError, match="knows no classes"):
        project(LatentSpace(plain), picture(16, 16), "rose")


def test_the_distance_forgives_small_shifts_more_than_other_pictures() -> None:
    photo = to_tensor(picture(64, 64, seed=1))
    shifted, other = photo.roll(2, 3), to_tensor(picture(64, 64, seed=2))
    assert distance(photo, photo).item() == 0
    assert distance(photo, shifted).item() < distance(photo, other).item() / 1.5
    assert distance(torch.cat([photo, other]), photo).shape == (2,)
