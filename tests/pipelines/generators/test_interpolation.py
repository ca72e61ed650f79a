"""Interpolation: films begin and end where they should, move as asked, and can be made again."""

from __future__ import annotations

import json
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
from imggen.models.foreign.biggan_deep import BigGANDeepGenerator
from imggen.pipelines.generators.conditional import Conditional
from imggen.pipelines.generators.interpolation import slerp
from imggen.pipelines.generators.latent_space import LatentSpace
from imggen.pipelines.generators.point import found
from imggen.pipelines.generators.sampling import Sampling
from imggen.store.checkpoint import Checkpoint, save
from tests.models.test_generators import SMALL

NAMES = ["iris", "lily", "rose", "tulip"]
KINDS = {
    "dcgan": SMALL["dcgan"],
    "stylegan2": SMALL["stylegan2"],
    "cgan": SMALL["cgan"],
    "stylegan2-classes": {**SMALL["stylegan2"], "classes": 4},
}


def load(folder: Path, kind: str) -> Any:
    torch.manual_seed(0)
    config = KINDS[kind]
    names = NAMES if config.get("classes") else None
    task = "conditional" if names else "sampling"
    checkpoint = Checkpoint(task, kind.partition("-")[0], config, class_names=names)
    labels = torch.eye(4).repeat(2, 1) if names else None
    for _ in range(60):  # running statistics that fit the weights
        checkpoint.network.train()(torch.randn(8, 8), labels)
    return imggen.load(save(checkpoint, folder, "---\nlicense: apache-2.0\n---\n"), device="cpu", dtype=torch.float32)


@pytest.fixture(scope="module", params=sorted(KINDS))
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load(tmp_path_factory.mktemp("models") / "tiny", request.param)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load(tmp_path_factory.mktemp("models") / "tiny-plain", "dcgan")


@pytest.fixture(scope="module")
def styled(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load(tmp_path_factory.mktemp("models") / "tiny-styled", "stylegan2")


def keyframes(pipeline: Any, *seeds: int) -> list[Any]:
    if pipeline.task == "sampling":
        return list(seeds)
    return [(seed, NAMES[index % 4]) for index, seed in enumerate(seeds)]


def sample(pipeline: Any, keyframe: Any, truncation: float) -> Image.Image:
    if isinstance(keyframe, int):
        return pipeline.sample(1, keyframe, truncation)[0]
    return pipeline.sample(keyframe[1], 1, keyframe[0], truncation)[0]


def looks_like(one: Image.Image, other: Image.Image) -> bool:
    return int(np.abs(np.asarray(one, int) - np.asarray(other, int)).max()) <= 2


def speeds(film: list[Image.Image]) -> np.ndarray:
    pictures = torch.cat([to_tensor(frame) for frame in film])
    return distance(pictures[1:], pictures[:-1]).numpy()


def test_a_film_passes_through_the_samples_of_its_keyframes(pipeline: Any) -> None:
    through = keyframes(pipeline, 3, 14, 15)
    film = pipeline.interpolate(through, frames=9, truncation=0.7)
    assert len(film) == 9
    for place, keyframe in zip((0, 4, 8), through, strict=True):
        assert looks_like(film[place], sample(pipeline, keyframe, 0.7))
    assert not looks_like(film[2], film[0])
    assert not looks_like(film[2], film[4])


def test_a_loop_has_no_double_frame(pipeline: Any) -> None:
    through = keyframes(pipeline, 3, 14)
    film = pipeline.interpolate(through, frames=8, loop=True)
    assert len(film) == 8
    assert looks_like(film[4], sample(pipeline, through[1], 1.0))
    assert looks_like(film[3], film[5]), "the way back is the way there"
    assert not looks_like(film[7], film[0])


@pytest.mark.parametrize("loop", [False, True])
def test_even_pacing_levels_the_speed(plain: Any, loop: bool) -> None:
    def unevenness(pacing: str) -> float:
        changes = speeds(plain.interpolate([3, 14, 15], frames=40, loop=loop, pacing=pacing))
        return float(changes.std() / changes.mean())

    assert unevenness("even") < 0.15
    assert unevenness("even") < unevenness("eased") / 3


def test_eased_pacing_rests_at_keyframes(plain: Any) -> None:
    changes = speeds(plain.interpolate([3, 14], frames=21))
    assert changes[[0, 1, -2, -1]].max() < changes[8:12].min()


def test_the_straight_way_through_w_differs_between_keyframes_only(styled: Any) -> None:
    round_way, straight = (styled.interpolate([3, 14], 5, space) for space in ("z", "w"))
    assert looks_like(round_way[0], straight[0])
    assert looks_like(round_way[4], straight[4])
    assert not looks_like(round_way[2], straight[2])


def test_a_network_without_styles_has_no_w(plain: Any) -> None:
    with pytest.raises(InputError, match="no space W"):
        plain.interpolate([1, 2], 4, "w")


def test_a_recipe_makes_the_film_again_even_with_a_found_place(pipeline: Any) -> None:
    space = LatentSpace(pipeline)
    latent, _ = space.latents([space.point(keyframes(pipeline, 99)[0])])
    mix = None if pipeline.task == "sampling" else {"rose": 0.5, "iris": 0.5}
    place = found(latent[0] * 0.9, mix)
    film = pipeline.interpolate([*keyframes(pipeline, 3), place], frames=4, pacing="even")
    made = json.loads(json.dumps(film[2].info["imggen"]))
    assert (made["task"], made["model"], made["frame"]) == ("interpolation", pipeline.info.id, 2)
    again = pipeline.interpolate(**made["parameters"])
    assert all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(film, again, strict=True))


def test_classes_fade_into_each_other(tmp_path: Path) -> None:
    pipeline = load(tmp_path / "tiny", "cgan")
    film = pipeline.interpolate([(3, "iris"), (3, "rose")], frames=3)
    (halfway,) = pipeline.sample({"iris": 1, "rose": 1}, seed=3)
    assert looks_like(film[1], halfway)


def test_a_network_that_truncates_inside_starts_at_its_sample(plain: Any) -> None:
    torch.manual_seed(0)
    network = BigGANDeepGenerator(image_size=16, channels=4, latent_size=8, attention=8, classes=4, statistics=3)
    pipeline = Conditional(plain.info, network, plain.compute, NAMES)
    film = pipeline.interpolate([(3, "iris"), (14, "rose")], frames=3, truncation=0.4)
    assert looks_like(film[0], pipeline.sample("iris", 1, 3, 0.4)[0])
    assert looks_like(film[2], pipeline.sample("rose", 1, 14, 0.4)[0])


def test_a_film_of_large_pictures_must_be_short(plain: Any) -> None:
    pipeline = Sampling(plain.info, plain.network, plain.compute)
    pipeline.image_size = 1024
    with pytest.raises(InputError, match="at most 128 frames"):
        pipeline.interpolate([1, 2], frames=129)


def test_progress_rises_to_the_end_and_can_stop(plain: Any) -> None:
    fractions: list[float] = []
    plain.interpolate([1, 2], 20, pacing="even", report=lambda f, preview=None: fractions.append(f))
    assert fractions[0] == 0
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1

    def stop(fraction: float, preview: Image.Image | None = None) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        plain.interpolate([1, 2], report=stop)


def test_a_turn_keeps_its_length_and_survives_opposite_ends() -> None:
    a, b = torch.tensor([2.0, 0, 0]), torch.tensor([0.0, 2, 0])
    assert slerp(a, b, 0.5).norm() == pytest.approx(2)
    assert torch.allclose(slerp(a, b, 0.5), torch.tensor([1.0, 1, 0]) * 2**0.5)
    assert torch.allclose(slerp(a, a, 0.3), a)
    assert slerp(a, -a, 0.5).isfinite().all()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"seeds": [1]}, "2 to 16 keyframes"),
        ({"seeds": [1] * 17}, "2 to 16 keyframes"),
        ({"seeds": "12"}, "list of seeds"),
        ({"seeds": None}, "list of seeds"),
        ({"seeds": [1, -2]}, "whole numbers"),
        ({"seeds": [1, True]}, "whole number"),
        ({"seeds": [1, [2]]}, "a seed and a class"),
        ({"seeds": [1, (2, "rose")]}, "knows no classes"),
        ({"seeds": [1, {"shape": [4], "float16": "AAAAAAAAAAA=", "classes": None}]}, "another model"),
        ({"seeds": [1, {"shape": "x"}]}, "damaged"),
        ({"frames": 1}, "from 2 to 240"),
        ({"frames": 241}, "from 2 to 240"),
        ({"frames": 2.5}, "from 2 to 240"),
        ({"frames": None}, "from 2 to 240"),
        ({"seeds": [1, 2, 3, 4], "frames": 3}, "at least 4 frames"),
        ({"space": "v"}, '"z" or "w"'),
        ({"pacing": "fast"}, '"eased" or "even"'),
        ({"loop": 1}, "on or off"),
        ({"truncation": 1.2}, "truncation"),
    ],
)
def test_wrong_arguments_are_refused_with_a_sentence(plain: Any, wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        plain.interpolate(**{"seeds": [1, 2], "frames": 4, **wrong})


def test_a_model_with_classes_asks_for_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="every seed a class"):
        load(tmp_path / "tiny", "cgan").interpolate([1, 2])


def test_all_classes_turn_at_once_each_as_it_would_alone(pipeline: Any) -> None:
    if not pipeline.class_names:
        with pytest.raises(InputError, match="classes"):
            pipeline.interpolate([3, 5], frames=3, all_classes=True)
        return
    name = pipeline.class_names[0]
    sheets = pipeline.interpolate([(3, name), (5, name)], frames=3, all_classes=True)
    side = pipeline.image_size
    assert sheets[0].size == (2 * side, 2 * side)  # four classes
    for index, one in enumerate(pipeline.class_names):
        row, column = divmod(index, 2)
        alone = pipeline.interpolate([(3, one), (5, one)], frames=3)
        for sheet, frame in zip(sheets, alone, strict=True):
            part = sheet.crop((column * side, row * side, (column + 1) * side, (row + 1) * side))
            assert np.abs(np.asarray(part, int) - np.asarray(frame, int)).max() <= 2
    made = sheets[1].info["imggen"]["parameters"]
    assert made["all_classes"] is True
    again = pipeline.interpolate(**made)
    assert all(np.array_equal(np.asarray(one), np.asarray(other)) for one, other in zip(sheets, again, strict=True))


def test_a_found_place_turns_in_all_classes_and_the_rest_of_the_sheet_is_white(tmp_path: Path) -> None:
    names = [*"ABCDE"]
    torch.manual_seed(0)
    config = {**SMALL["cgan"], "classes": len(names)}
    folder = save(
        Checkpoint("conditional", "cgan", config, class_names=names),
        tmp_path / "tiny-five",
        "---\nlicense: apache-2.0\n---\n",
    )
    model = imggen.load(folder, device="cpu", dtype=torch.float32)
    place = LatentSpace(model).point((3, "B"))
    sheets = model.interpolate([place, place.to_json()], frames=8, pacing="even", all_classes=True)
    side = model.image_size
    assert sheets[0].size == (3 * side, 2 * side)
    assert np.asarray(sheets[0].crop((2 * side, side, 3 * side, 2 * side))).min() == 255
