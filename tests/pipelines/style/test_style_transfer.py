"""Style transfer: styles and mixtures of them, every control, seamless tiles, recipes; and optimisation."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from huggingface_hub import constants
from PIL import Image, ImageDraw

from imggen import device
from imggen.engine.engine import Engine
from imggen.engine.loading import load_pipeline
from imggen.errors import Cancelled, CheckpointError, ImageError, InputError, WeightsUnavailable
from imggen.imaging.decode import open_image
from imggen.imaging.keep_colours import keep_colours
from imggen.imaging.recipe import read_recipe, save_png
from imggen.pipelines.style import optimisation as style_optimisation
from imggen.pipelines.style import style_transfer
from imggen.pipelines.style.optimisation import StyleOptimisation
from imggen.pipelines.style.style_transfer import StyleTransfer
from imggen.store.catalogue import Catalog
from tests.conftest import picture

PHOTO = picture(72, 56)
STYLE = picture(90, 70, seed=5)


def load(folder: Path, name: str, dtype: torch.dtype = torch.float32) -> StyleTransfer:
    loaded = load_pipeline(name, Catalog([folder], shipped=folder / "none"), device.best("cpu", dtype))
    assert isinstance(loaded, StyleTransfer)
    return loaded


@pytest.fixture(scope="module")
def arbitrary(tiny_stylisers: Path) -> StyleTransfer:
    return load(tiny_stylisers, "tiny-any-style")


@pytest.fixture(scope="module")
def fixed(tiny_stylisers: Path) -> StyleTransfer:
    return load(tiny_stylisers, "tiny-styles")


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


def difference(a: Image.Image, b: Image.Image) -> float:
    return float(np.abs(pixels(a) - pixels(b)).mean())


@pytest.mark.parametrize("name", ["tiny-any-style", "tiny-styles"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_tiles_equal_the_whole_with_the_same_statistics(
    tiny_stylisers: Path, monkeypatch: pytest.MonkeyPatch, name: str, dtype: torch.dtype
) -> None:
    pipeline = load(tiny_stylisers, name, dtype)
    image = picture(207, 150)
    whole = pixels(pipeline.stylize(image, pipeline.styles[0].id))
    statistics = pipeline.network.collect_statistics
    monkeypatch.setattr(style_transfer, "WHOLE", 16_000)
    monkeypatch.setattr(style_transfer, "TILE", 64)
    full_size = pipeline.network.underpaint(pipeline._tensor(image), pipeline._code_of(pipeline.styles[0].id))
    # Statistics of the full picture, where a large one would lend those of its reduced copy.
    monkeypatch.setattr(pipeline.network, "collect_statistics", lambda small, code: statistics(full_size, code))
    tiled = pixels(pipeline.stylize(image, pipeline.styles[0].id))
    assert np.abs(whole - tiled).max() <= 2


def test_a_large_picture_looks_like_its_small_copy(arbitrary: StyleTransfer, monkeypatch: pytest.MonkeyPatch) -> None:
    image = picture(256, 192)
    whole = arbitrary.stylize(image, STYLE)
    monkeypatch.setattr(style_transfer, "WHOLE", 128 * 96)
    monkeypatch.setattr(style_transfer, "TILE", 64)
    tiled = arbitrary.stylize(image, STYLE)
    assert tiled.size == image.size
    assert difference(whole, tiled) < 0.2 * difference(whole, image)


def test_styles_are_found_by_id_and_title_and_differ(arbitrary: StyleTransfer, fixed: StyleTransfer) -> None:
    by_id = arbitrary.stylize(PHOTO, "ann-waves")
    assert pixels(arbitrary.stylize(PHOTO, "Waves")).tolist() == pixels(by_id).tolist()
    assert difference(by_id, arbitrary.stylize(PHOTO, "ben-hills")) > 1
    assert difference(fixed.stylize(PHOTO, "dots"), fixed.stylize(PHOTO, "lines")) > 1


def test_an_uploaded_picture_gives_the_same_as_its_shipped_code(arbitrary: StyleTransfer) -> None:
    shipped, uploaded = arbitrary.stylize(PHOTO, "ann-waves"), arbitrary.stylize(PHOTO, picture(300, 260, seed=1))
    assert difference(shipped, uploaded) < 1  # codes are stored in float16


def test_strength_runs_steadily_from_the_photo_to_the_style(arbitrary: StyleTransfer, fixed: StyleTransfer) -> None:
    for pipeline, style in ((arbitrary, STYLE), (fixed, "dots")):
        assert difference(pipeline.stylize(PHOTO, style, 0), PHOTO) == 0
        steps = [pipeline.stylize(PHOTO, style, strength) for strength in np.linspace(0, 1, 11).tolist()]
        full = difference(steps[-1], PHOTO)
        assert full > 5
        jumps = [difference(a, b) for a, b in itertools.pairwise(steps)]
        assert min(jumps) > 0
        assert max(jumps) < 0.6 * full


def test_mixtures_lie_between_their_styles(arbitrary: StyleTransfer, fixed: StyleTransfer) -> None:
    pair: list[Any]
    for pipeline, pair in ((arbitrary, ["ann-waves", STYLE]), (fixed, ["dots", "lines"])):
        first, second = (pipeline.stylize(PHOTO, style) for style in pair)
        alone = pipeline.stylize(PHOTO, [(pair[0], 2), (pair[1], 0)])
        assert difference(alone, first) == 0
        middle = pipeline.stylize(PHOTO, [(pair[0], 3), (pair[1], 3)])
        assert 0 < difference(middle, first) < difference(first, second) * 1.2
        assert 0 < difference(middle, second) < difference(first, second) * 1.2


def test_keeping_colours_changes_only_the_brightness(arbitrary: StyleTransfer) -> None:
    grey = picture(64, 48).point(lambda value: 64 + value // 2)  # far from black and white, where colours clip
    kept = keep_colours(Image.blend(grey, picture(64, 48, 3), 0.2), grey)
    moved = pixels(kept) - pixels(grey)
    assert np.abs(moved).max() > 5
    assert np.abs(moved - moved[..., :1]).max() <= 1
    plain, coloured = arbitrary.stylize(PHOTO, STYLE), arbitrary.stylize(PHOTO, STYLE, keep_colors=True)
    assert difference(coloured, PHOTO) > 1
    chroma = [pixels(image.convert("YCbCr"))[..., 1:] for image in (PHOTO, plain, coloured)]
    assert np.abs(chroma[2] - chroma[0]).mean() < 0.5 * np.abs(chroma[1] - chroma[0]).mean()


def test_photo_style_and_mask_are_decoded_alike(arbitrary: StyleTransfer, tmp_path: Path) -> None:
    half = np.zeros((28, 36), np.uint16)
    half[:, :18] = 65535
    paths = {name: tmp_path / f"{name}.png" for name in ("photo", "style", "mask")}
    for image, path in zip((PHOTO, STYLE, Image.fromarray(half)), paths.values(), strict=True):
        image.save(path)
    eight_bits = Image.fromarray((half // 257).astype(np.uint8))
    expected = pixels(arbitrary.stylize(PHOTO, STYLE, mask=eight_bits))
    assert np.array_equal(pixels(arbitrary.stylize(paths["photo"], paths["style"], mask=paths["mask"])), expected)
    assert np.array_equal(pixels(arbitrary.stylize(PHOTO, STYLE, mask=Image.open(paths["mask"]))), expected)
    assert np.array_equal(expected[:, 40:], pixels(PHOTO)[:, 40:])
    with pytest.raises(InputError, match=r"no style 'waves.jpg'.*pathlib.Path"):
        arbitrary.stylize(PHOTO, "waves.jpg")


def test_a_large_photo_is_shrunk_where_that_is_asked_for(arbitrary: StyleTransfer) -> None:
    result = arbitrary.stylize(PHOTO, STYLE, max_pixels=1008)
    assert result.size == (36, 28)
    assert result.info["imggen"]["parameters"]["max_pixels"] == 1008
    assert result.info["imggen"]["sources"][0] == {"size": [72, 56]}


def test_a_mask_confines_the_style_and_a_second_style_fills_it(arbitrary: StyleTransfer) -> None:
    mask = Image.new("L", (36, 28))  # half the photo's size
    ImageDraw.Draw(mask).rectangle((0, 0, 15, 27), fill=255)
    only = pixels(arbitrary.stylize(PHOTO, STYLE, mask=mask))
    full, second = (pixels(arbitrary.stylize(PHOTO, style)) for style in (STYLE, "ben-hills"))
    both = pixels(arbitrary.stylize(PHOTO, STYLE, mask=mask, inside="ben-hills"))
    left, right = np.s_[:, :30], np.s_[:, 36:]
    assert np.array_equal(only[left], full[left])
    assert np.array_equal(only[right], pixels(PHOTO)[right])
    assert np.array_equal(both[left], second[left])
    assert np.array_equal(both[right], full[right])


def test_the_stroke_size_changes_the_painting_and_not_its_size(arbitrary: StyleTransfer) -> None:
    fine, plain, bold = (arbitrary.stylize(PHOTO, "ann-waves", scale=scale) for scale in (0.5, 1, 3))
    assert fine.size == plain.size == bold.size == PHOTO.size
    assert difference(fine, plain) > 0.5
    assert difference(bold, plain) > 0.5


def test_one_pixel_thin_and_grey_pictures_work(arbitrary: StyleTransfer) -> None:
    assert arbitrary.stylize(picture(1, 1), STYLE).size == (1, 1)
    assert arbitrary.stylize(picture(300, 2), picture(2, 300)).size == (300, 2)
    assert arbitrary.stylize(Image.new("RGBA", (9, 7)), Image.new("L", (1, 1)), 0.5).mode == "RGB"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"content": "photo.jpg"}, "There is no picture .photo.jpg."),
        ({"style": None}, "Choose a style"),
        ({"style": []}, "Choose a style"),
        ({"style": "monet"}, r"no style 'monet'.*ann-waves, ben-hills"),
        ({"style": ["ann-waves", "ben-hills"]}, "list of pairs"),
        ({"style": [("ann-waves", -1)]}, "weight of a style must be"),
        ({"style": [("ann-waves", float("nan"))]}, "weight of a style must be"),
        ({"style": [("ann-waves", 0)]}, "a weight above 0"),
        ({"strength": 1.5}, "Strength must be a number"),
        ({"strength": True}, "Strength must be a number"),
        ({"keep_colors": "no"}, "yes or no"),
        ({"scale": 0}, "stroke size must be"),
        ({"scale": "big"}, "stroke size must be"),
        ({"mask": "white"}, "no picture .white."),
        ({"inside": "ann-waves"}, "needs a painted area"),
    ],
)
def test_wrong_arguments_are_one_sentence(arbitrary: StyleTransfer, arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises((InputError, ImageError), match=sentence):
        arbitrary.stylize(**{"content": PHOTO, "style": "ann-waves", **arguments})


def test_a_network_with_a_table_of_styles_refuses_pictures(fixed: StyleTransfer) -> None:
    with pytest.raises((InputError, ImageError), match="only the styles it ships with"):
        fixed.stylize(PHOTO, STYLE)


def test_codes_of_another_network_are_refused(arbitrary: StyleTransfer, fixed: StyleTransfer) -> None:
    with pytest.raises(CheckpointError, match="belong to another network"):
        StyleTransfer(fixed.info, fixed.network, fixed.compute, arbitrary.styles)


def test_report_runs_to_one_by_tiles_and_can_stop(arbitrary: StyleTransfer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style_transfer, "WHOLE", 1000)
    monkeypatch.setattr(style_transfer, "TILE", 32)
    fractions: list[float] = []
    mask = Image.new("L", PHOTO.size, 255)
    arbitrary.stylize(
        PHOTO, STYLE, mask=mask, inside="ann-waves", report=lambda done, preview=None: fractions.append(done)
    )
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert fractions == sorted(fractions)
    assert len(set(fractions)) > 12  # two styles of six tiles

    def stop(fraction: float, preview: Image.Image | None = None) -> None:
        if fraction > 0.3:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        arbitrary.stylize(PHOTO, STYLE, report=stop)


def test_the_recipe_names_styles_and_pictures_and_keeps_their_chain(arbitrary: StyleTransfer, tmp_path: Path) -> None:
    made = open_image(save_png(arbitrary.stylize(PHOTO, "Waves", 0.5), tmp_path / "first.png"))
    mask = Image.new("L", PHOTO.size, 255)
    result = arbitrary.stylize(PHOTO, [("ann-waves", 1), (made, 3)], scale=2, mask=mask, inside="ben-hills")
    recipe = read_recipe(open_image(save_png(result, tmp_path / "second.png")))
    assert recipe is not None
    assert (recipe["task"], recipe["model"]) == ("style_transfer", "tiny-any-style")
    assert recipe["parameters"] == {
        "styles": [{"style": "ann-waves", "weight": 0.25}, {"source": 1, "weight": 0.75}],
        "strength": 1.0,
        "keep_colors": False,
        "scale": 2.0,
        "mask": 2,
        "inside": [{"style": "ben-hills", "weight": 1.0}],
    }
    photo, style, _ = recipe["sources"]
    assert photo == {"size": list(PHOTO.size)}
    assert style["parameters"]["styles"] == [{"style": "ann-waves", "weight": 1.0}]
    assert style["parameters"]["strength"] == 0.5


@pytest.fixture(scope="module")
def optimiser(vgg16_file: Path) -> StyleOptimisation:
    catalog = Catalog(shipped=vgg16_file.parent / "none")
    loaded = load_pipeline("style-optimisation", catalog, device.best("cpu"), offline=True, vgg16=vgg16_file)
    assert isinstance(loaded, StyleOptimisation)
    return loaded


def test_optimisation_comes_closer_to_the_style_and_shows_its_way(optimiser: StyleOptimisation) -> None:
    previews: list[Image.Image] = []

    def watch(fraction: float, preview: Image.Image | None = None) -> None:
        if preview is not None:
            previews.append(preview)

    result = optimiser.stylize(PHOTO, STYLE, steps=12, report=watch)
    assert [preview.info["imggen"]["parameters"]["steps"] for preview in previews] == [5, 10, 12]
    assert difference(previews[-1], result) == 0
    wanted = optimiser._targets([(STYLE, 1.0)], 1.0)
    distances = []
    for image in (PHOTO, previews[0], result):
        found = optimiser._targets([(image, 1.0)], 1.0)
        distances.append(sum(float(style_optimisation.relative_distance(found[key], wanted[key])) for key in wanted))
    assert distances[0] > distances[1] > distances[2]
    assert difference(optimiser.stylize(PHOTO, STYLE, steps=10), previews[1]) < 0.5  # a stopped run can be made again


def test_optimisation_ends_with_what_it_has_when_time_is_up(
    optimiser: StyleOptimisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(style_optimisation, "LIMIT", 1e-6)
    fractions: list[float] = []
    result = optimiser.stylize(PHOTO, STYLE, steps=500, report=lambda done, preview=None: fractions.append(done))
    assert result.info["imggen"]["parameters"]["steps"] == 1
    assert result.size == PHOTO.size
    assert fractions == [0, 1]


def test_optimisation_obeys_the_same_controls(optimiser: StyleOptimisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style_optimisation, "SIDE", 48)
    assert optimiser.stylize(PHOTO, STYLE, steps=1).size == (48, 37)
    assert difference(optimiser.stylize(PHOTO, STYLE, 0, steps=2), optimiser.stylize(PHOTO, STYLE, 1, steps=2)) > 0
    nowhere = Image.new("L", (4, 4))
    untouched = PHOTO.resize((48, 37), Image.Resampling.LANCZOS)
    assert difference(optimiser.stylize(PHOTO, STYLE, 0, steps=2), untouched) == 0
    assert difference(optimiser.stylize(PHOTO, STYLE, mask=nowhere, steps=2), untouched) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"style": "dots"}, "needs the style as a picture"),
        ({"steps": 0}, "number of steps"),
        ({"steps": 2.5}, "number of steps"),
        ({"content": picture(40, 8)}, "at least 32 pixels"),
        ({"style": picture(40, 8)}, "at least 32 pixels"),
    ],
)
def test_wrong_arguments_to_optimisation(
    optimiser: StyleOptimisation, arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        optimiser.stylize(**{"content": PHOTO, "style": STYLE, "steps": 1, **arguments})


def test_optimisation_without_vgg16_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    catalog = Catalog(shipped=tmp_path / "none")
    with pytest.raises(WeightsUnavailable, match="start the app with --vgg16 PATH"):
        Engine(catalog, offline=True).run("style-optimisation", lambda pipeline, report: None)
