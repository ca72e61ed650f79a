"""Semantic directions: orthogonal, always the same, and the strongest the network has."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from imggen.errors import InputError
from imggen.models import build
from imggen.models.foreign.biggan_deep import BigGANDeepGenerator
from imggen.models.foreign.fastgan_original import FastGANOriginalGenerator
from imggen.models.foreign.lightweight_gan import LightweightGANGenerator
from imggen.pipelines.generators.directions import ends, moved
from imggen.pipelines.generators.latent_space import LatentSpace
from tests.models.test_generators import SMALL
from tests.pipelines.generators.test_interpolation import keyframes, load, pipeline, plain  # noqa: F401

ARCHITECTURES = {
    **SMALL,
    "cvae": {**SMALL["vae"], "classes": 4},
    "cgan-hidden": {**SMALL["cgan"], "hidden_classes": True},
    "fastgan-classes": {**SMALL["fastgan"], "classes": 4},
    "stylegan2-classes": {**SMALL["stylegan2"], "classes": 4},
}


def network(kind: str) -> Any:
    torch.manual_seed(1)
    return build({"cvae": "vae"}.get(kind, kind.partition("-")[0]), ARCHITECTURES[kind]).eval()


@pytest.mark.parametrize("kind", sorted(ARCHITECTURES))
def test_directions_are_orthogonal_and_always_the_same(kind: str) -> None:
    found = network(kind).directions(4)
    assert found.shape == (4, network(kind).latent_size)
    assert torch.equal(found, network(kind).directions(4))
    products = found @ found.T
    assert torch.allclose(products, products.diag().diag(), atol=1e-4)
    assert (found.gather(1, found.abs().argmax(1, keepdim=True)) > 0).all()
    if "stylegan2" not in kind:
        assert torch.allclose(products.diag(), torch.ones(4), atol=1e-4)


def test_styles_have_directions_as_long_as_their_deviation() -> None:
    generator = network("stylegan2")
    found = generator.directions(3)
    with torch.inference_mode():
        w = generator.mapping(torch.randn(4000, 8), None)
    lengths = found.norm(dim=1)
    along = (w @ (found / lengths[:, None]).T).std(0)
    assert torch.allclose(along, lengths, rtol=0.1)
    assert (lengths[:-1] >= lengths[1:]).all()


@pytest.mark.parametrize("kind", ["dcgan", "fastgan", "vae", "cvae", "progan", "biggan", "cgan"])
def test_the_first_layer_is_what_the_network_computes_first(kind: str) -> None:
    """Moving a latent by ``d`` moves the first activations by ``first_layer @ d``."""
    generator = network(kind)
    for module in generator.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_var.uniform_(0.5, 2)
    seen: list[torch.Tensor] = []
    first = {
        "dcgan": lambda: generator.layers[1],
        "cgan": lambda: generator.network.layers[1],
        "fastgan": lambda: generator.norm,
        "vae": lambda: generator.decoder[2],
        "cvae": lambda: generator.decoder[2],
        "progan": lambda: generator.first,
        "biggan": lambda: generator.first,
    }[kind]()
    first.register_forward_hook(lambda module, inputs, output: seen.append(output))
    z = torch.randn(2, generator.latent_size)
    labels = torch.eye(4)[:1].expand(2, -1) if generator.classes else None
    with torch.inference_mode():
        if kind == "progan":  # it normalises latents first
            seen.append(first(z))
        else:
            generator(z, labels)
    moved_by = (seen[0][1] - seen[0][0]).flatten()
    predicted = generator.first_layer() @ (z[1] - z[0])
    assert torch.allclose(predicted[: len(moved_by)], moved_by, atol=1e-4)


def test_directions_stay_within_a_hidden_class() -> None:
    found = network("cgan-hidden").directions(8)
    assert found[:, 8:].abs().max() < 1e-6


def test_networks_of_others_have_directions_too() -> None:
    deep = BigGANDeepGenerator(image_size=16, channels=4, latent_size=8, attention=8, classes=4, statistics=3)
    large = FastGANOriginalGenerator([4] * 9, latent_size=8)
    for generator in (deep, large):
        found = generator.directions(3)
        assert torch.allclose(found @ found.T, torch.eye(3), atol=1e-4)


def test_the_first_direction_changes_pictures_more_than_the_last(plain: Any) -> None:  # noqa: F811
    def change(number: int) -> float:
        total = 0.0
        for seed in range(20):
            axes = [0.0] * 8
            start = np.asarray(moved(LatentSpace(plain), seed, axes)[1], float)
            axes[number] = 1.0
            total += float(np.abs(np.asarray(moved(LatentSpace(plain), seed, axes)[1], float) - start).mean())
        return total

    assert change(0) > change(7)


def test_a_moved_picture_starts_at_its_seed_and_can_be_made_again(pipeline: Any) -> None:  # noqa: F811
    space = LatentSpace(pipeline)
    (start,) = keyframes(pipeline, 3)
    _, still = moved(space, start, [0.0, 0.0], 0.7)
    sampled = (pipeline.sample(1, 3, 0.7) if pipeline.task == "sampling" else pipeline.sample(start[1], 1, 3, 0.7))[0]
    assert np.abs(np.asarray(still, int) - np.asarray(sampled, int)).max() <= 2
    place, picture = moved(space, start, [2.0, -1.0], 0.7)
    assert not np.array_equal(np.asarray(picture), np.asarray(still))
    _, same = moved(space, place, [])
    assert np.array_equal(np.asarray(picture), np.asarray(same))
    made = json.loads(json.dumps(picture.info["imggen"]["parameters"]))
    _, again = moved(space, made["seeds"][0], made["amounts"], made["truncation"])
    assert np.array_equal(np.asarray(picture), np.asarray(again))


def test_the_ends_of_a_direction_are_the_pictures_moved_there(pipeline: Any) -> None:  # noqa: F811
    space = LatentSpace(pipeline)
    (start,) = keyframes(pipeline, 3)
    found = ends(space, start, 6, 0.7)
    assert len(found) == min(6, space.size)
    for number in (0, len(found) - 1):
        for image, amount in zip(found[number], (-3.0, 3.0), strict=True):
            _, alone = moved(space, start, [0.0] * number + [amount], 0.7)
            assert np.abs(np.asarray(image, int) - np.asarray(alone, int)).max() <= 2


@pytest.mark.parametrize("wrong", [[3.5], [None], ["1"], [True], [float("nan")], [0.0] * 9, 1.0])
def test_wrong_amounts_are_refused(plain: Any, wrong: Any) -> None:  # noqa: F811
    with pytest.raises(InputError):
        moved(LatentSpace(plain), 3, wrong)


def test_an_unknown_network_has_no_directions() -> None:
    with pytest.raises(InputError, match="No directions are known for a LightweightGANGenerator"):
        LightweightGANGenerator([8, 8, 3]).directions(3)
