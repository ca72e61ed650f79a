"""Upscaling: seamless tiles, the detail slider, and recipes."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from imggen import device
from imggen.engine.loading import load_pipeline
from imggen.errors import Cancelled, CheckpointError, ImageError, InputError
from imggen.imaging.decode import open_image
from imggen.imaging.recipe import read_recipe, save_png
from imggen.pipelines import super_resolution
from imggen.pipelines.super_resolution import SuperResolution
from imggen.store.catalogue import Catalog
from tests.conftest import picture, save_tiny_span


@pytest.fixture
def pipeline(tiny_models: Path) -> SuperResolution:
    catalog = Catalog(extra=[tiny_models], shipped=tiny_models / "none")
    loaded = load_pipeline("tiny", catalog, device.best("cpu", torch.float32))
    assert isinstance(loaded, SuperResolution)
    return loaded


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_tiles_equal_the_whole(tiny_models: Path, monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype) -> None:
    catalog = Catalog(extra=[tiny_models], shipped=tiny_models / "none")
    pipeline = load_pipeline("tiny", catalog, device.best("cpu", dtype))
    image = picture(150, 110)
    whole = pixels(pipeline.upscale(image, detail=0.3))
    monkeypatch.setattr(super_resolution, "TILE", 48)
    tiled = pixels(pipeline.upscale(image, detail=0.3))
    assert whole.shape == (440, 600, 3)
    assert np.abs(whole - tiled).max() < 2


def test_no_tensor_grows_with_the_image(pipeline: SuperResolution, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(super_resolution, "TILE", 32)
    areas: list[int] = []
    pipeline._network.register_forward_pre_hook(lambda module, inputs: areas.append(inputs[0][0, 0].numel()))
    pipeline.upscale(picture(64, 64))
    small = max(areas)
    tracemalloc.start()
    pipeline.upscale(picture(320, 320))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert max(areas) <= (32 + 2 * pipeline.margin) ** 2
    assert max(areas) <= 4 * small
    output = 16 * 320 * 320 * 3
    assert peak < 2.5 * output


def test_detail_blends_the_two_ends(pipeline: SuperResolution, tiny_models: Path) -> None:
    image = picture(24, 24)
    faithful, middle, detailed = (pixels(pipeline.upscale(image, detail)) for detail in (0, 0.5, 1))
    assert np.abs(faithful - detailed).mean() > 1
    assert np.abs(faithful - middle).mean() > 0.2
    alone = Catalog(extra=[tiny_models / "tiny"], shipped=tiny_models / "none")
    only_faithful = load_pipeline("tiny", alone, device.best("cpu", torch.float32))
    assert not only_faithful.has_detail
    assert np.array_equal(pixels(only_faithful.upscale(image, 0.9)), faithful)
    assert np.array_equal(pixels(pipeline.upscale(image, 0)), faithful)


def test_the_detailed_id_gives_the_same_pair(pipeline: SuperResolution, tiny_models: Path) -> None:
    catalog = Catalog(extra=[tiny_models], shipped=tiny_models / "none")
    same = load_pipeline("tiny-detail", catalog, device.best("cpu", torch.float32))
    image = picture(20, 20)
    assert np.array_equal(pixels(same.upscale(image, 0.7)), pixels(pipeline.upscale(image, 0.7)))


@pytest.mark.parametrize("detail", [-0.1, 1.1, "much", None, float("nan"), True])
def test_detail_out_of_range_is_refused(pipeline: SuperResolution, detail: object) -> None:
    with pytest.raises(InputError, match="Detail must be a number"):
        pipeline.upscale(picture(8, 8), detail)  # type: ignore[arg-type]


@pytest.fixture
def cleaner(tiny_models: Path, tmp_path: Path) -> SuperResolution:
    """The model for photos, with the pair that it was fine-tuned from."""
    photo = save_tiny_span(tmp_path / "tiny-photo", seed=3, base_model="tiny", slider="clean_up")
    loaded = load_pipeline("tiny-photo", Catalog([tiny_models, photo], tmp_path), device.best("cpu", torch.float32))
    assert isinstance(loaded, SuperResolution)
    return loaded


def test_clean_up_goes_from_the_base_to_the_photo_model(
    cleaner: SuperResolution, pipeline: SuperResolution, tmp_path: Path
) -> None:
    image = picture(24, 24)
    alone = load_pipeline("tiny-photo", Catalog([tmp_path / "tiny-photo"], tmp_path / "none"), cleaner.compute)
    assert np.array_equal(pixels(cleaner.upscale(image, 0)), pixels(alone.upscale(image)))
    none, half, full = (pixels(cleaner.upscale(image, 0, clean_up=amount)) for amount in (0, 0.5, 1))
    assert np.array_equal(none, pixels(pipeline.upscale(image, 0)))
    assert np.array_equal(full, pixels(cleaner.upscale(image, 0)))
    assert np.abs(none - half).mean() > 0.2
    assert np.abs(half - full).mean() > 0.2
    # Detail still counts at full clean-up, and changes of the sliders do not add up from call to call.
    assert np.abs(pixels(cleaner.upscale(image, 1)) - full).mean() > 0.2
    assert np.array_equal(pixels(cleaner.upscale(image, 0)), full)
    for wrong in (-0.1, 1.1, "much", float("nan"), True):
        with pytest.raises(InputError, match="Clean-up must be a number"):
            cleaner.upscale(image, 0, clean_up=wrong)  # type: ignore[arg-type]


def test_a_recipe_names_every_model_that_took_part(cleaner: SuperResolution) -> None:
    made = read_recipe(cleaner.upscale(picture(8, 8), 0.5))
    assert made is not None
    assert made["model"] == "tiny-photo"
    assert made["parameters"] == {"detail": 0.5, "clean_up": 1.0}
    assert [part["model"] for part in made["blended"]] == ["tiny", "tiny-detail"]


def test_one_pixel_and_thin_pictures_work(pipeline: SuperResolution) -> None:
    assert pipeline.upscale(picture(1, 1)).size == (4, 4)
    assert pipeline.upscale(picture(600, 2)).size == (2400, 8)
    assert pipeline.upscale(Image.new("L", (5, 3))).mode == "RGB"


def test_report_runs_to_one_and_can_stop(pipeline: SuperResolution, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(super_resolution, "TILE", 16)
    fractions: list[float] = []
    pipeline.upscale(picture(48, 16), report=fractions.append)
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert {1 / 3, 2 / 3} < set(fractions)

    def stop(fraction: float) -> None:
        if fraction > 0.3:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        pipeline.upscale(picture(48, 16), report=stop)


def test_recipes_form_a_chain(pipeline: SuperResolution, tmp_path: Path) -> None:
    first = open_image(save_png(pipeline.upscale(picture(6, 5), 0.25), tmp_path / "first.png"))
    second = read_recipe(open_image(save_png(pipeline.upscale(first, 1), tmp_path / "second.png")))
    assert second is not None
    assert second["task"] == "super_resolution"
    assert second["model"] == "tiny"
    assert len(second["sha256"]) == 64
    assert second["parameters"] == {"detail": 1}
    assert second["blended"][0]["model"] == "tiny-detail"
    (source,) = second["sources"]
    assert source["size"] == [24, 20]
    assert source["parameters"] == {"detail": 0.25}
    assert source["sources"] == [{"size": [6, 5]}]


def test_a_part_or_a_shrunk_copy_is_upscaled_and_the_recipe_says_so(pipeline: SuperResolution) -> None:
    photo = picture(40, 30)
    part = pipeline.upscale(photo, 0.5, crop=(10, 5, 20, 15))
    assert part.tobytes() == pipeline.upscale(photo.crop((10, 5, 30, 20)), 0.5).tobytes()
    assert part.info["imggen"]["parameters"] == {"detail": 0.5, "crop": [10, 5, 20, 15]}
    small = pipeline.upscale(photo, 0.5, max_pixels=300)
    assert small.size == (80, 60)
    assert small.info["imggen"]["parameters"] == {"detail": 0.5, "max_pixels": 300}
    assert small.info["imggen"]["sources"] == [{"size": [40, 30]}]
    with pytest.raises(InputError, match="40 x 30 pixels"):
        pipeline.upscale(photo, crop=(30, 20, 20, 20))


def test_a_smaller_result_is_resampled_from_the_whole_one(pipeline: SuperResolution) -> None:
    photo = picture(40, 30)
    whole = pipeline.upscale(photo, 0.5)
    for arguments, size, made in (
        ({"scale": 2}, (80, 60), {"scale": 2.0}),
        ({"scale": 3.0}, (120, 90), {"scale": 3.0}),
        ({"size": 100}, (100, 75), {"size": 100}),
    ):
        result = pipeline.upscale(photo, 0.5, **arguments)
        assert result.size == size
        assert result.tobytes() == whole.resize(size, Image.Resampling.LANCZOS).tobytes()
        assert result.info["imggen"]["parameters"] == {"detail": 0.5, **made}
    with pytest.raises(InputError, match="from 1 to 80, 4 times that of the photo"):  # which is shrunk to 20 x 15
        pipeline.upscale(photo, 0.5, size=100, max_pixels=300)
    assert pipeline.upscale(picture(400, 1), scale=1).size == (400, 1)
    assert pipeline.upscale(picture(400, 1), size=10).size == (10, 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"scale": 0.5}, "Scale must be a number from 1 to 4."),
        ({"scale": 5}, "Scale must be a number from 1 to 4."),
        ({"scale": "2x"}, "Scale must be a number from 1 to 4."),
        ({"scale": None}, "Scale must be a number from 1 to 4."),
        ({"size": 33}, "a whole number of pixels from 1 to 32, 4 times that of the photo"),
        ({"size": 0}, "a whole number of pixels"),
        ({"size": 7.5}, "a whole number of pixels"),
        ({"size": True}, "a whole number of pixels"),
        ({"size": 10, "scale": 2}, "not both"),
    ],
)
def test_a_size_out_of_range_is_refused(pipeline: SuperResolution, arguments: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        pipeline.upscale(picture(8, 6), **arguments)  # type: ignore[arg-type]


def test_a_path_or_bytes_are_a_picture_and_other_things_a_sentence(pipeline: SuperResolution, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    picture(6, 5).save(path)
    expected = pipeline.upscale(picture(6, 5)).tobytes()
    for source in (path, str(path), path.read_bytes()):
        assert pipeline.upscale(source).tobytes() == expected
    with pytest.raises(InputError, match="Choose a photo first"):
        pipeline.upscale(None)
    for nothing in (7, "nowhere.png", np.zeros((4, 4, 3)), Image.new("RGB", (0, 0))):
        with pytest.raises(ImageError, match=r"no picture|empty"):
            pipeline.upscale(nothing)


def test_a_network_of_another_scale_is_refused(tiny_models: Path, tmp_path: Path) -> None:
    from imggen.store.checkpoint import Checkpoint, save

    save(Checkpoint("super_resolution", "span", {"channels": 8, "blocks": 1, "scale": 2}), tmp_path / "double", "")
    with pytest.raises(CheckpointError, match="2 times"):
        load_pipeline("double", Catalog([tmp_path / "double"], shipped=tmp_path / "none"), device.best())
