"""Translating photos: directions, sizes, times of day, strength, recipes and bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from imggen import device
from imggen.engine.loading import load_pipeline
from imggen.errors import Cancelled, CheckpointError, InputError
from imggen.imaging import bilateral_grid, filters
from imggen.imaging.decode import open_image
from imggen.imaging.recipe import read_recipe, save_png
from imggen.models.translation.cyclegan import CycleGAN
from imggen.pipelines.day_night.pipeline import DayNight, working_size
from imggen.store.catalogue import Catalog, ModelInfo
from imggen.store.checkpoint import Checkpoint, save
from tests.conftest import picture


class Dusk(nn.Module):
    """Darkens one way and brightens the other, by a curve that does the same at any size."""

    domains = ("day", "night")

    def __init__(self, working_sides: tuple[int, int]) -> None:
        super().__init__()
        self.working_sides = working_sides
        self.sizes: list[tuple[int, ...]] = []

    def forward(self, x: Tensor, direction: str) -> Tensor:
        self.sizes.append(tuple(x.shape[2:]))
        values = (x + 1) / 2
        changed = 0.4 * values**1.3 if direction == "a2b" else 1 - 0.6 * (1 - values)
        return changed * 2 - 1


def dusk(there: int = 64, back: int = 64) -> tuple[DayNight, Dusk]:
    network = Dusk((there, back))
    info = ModelInfo("dusk", "day_night", "Dusk", Path(), "cyclegan")
    return DayNight(info, network, device.best("cpu", torch.float32)), network


def load(folder: Path, name: str, dtype: torch.dtype = torch.float32) -> DayNight:
    pipeline = load_pipeline(name, Catalog([folder], shipped=folder / "none"), device.best("cpu", dtype))
    assert isinstance(pipeline, DayNight)
    return pipeline


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


def test_a_large_photo_is_shrunk_where_that_is_asked_for() -> None:
    result = dusk()[0].translate(picture(80, 60), "day2night", max_pixels=1200)
    assert result.size == (40, 30)
    assert result.info["imggen"]["parameters"]["max_pixels"] == 1200
    assert result.info["imggen"]["sources"] == [{"size": [80, 60]}]


def test_each_direction_has_its_own_generator(tiny_translators: Path) -> None:
    pipeline = load(tiny_translators, "tiny-day-night")
    image = picture(96, 64)
    night, day = pipeline.translate(image, "day2night"), pipeline.translate(image, "night2day")
    assert pixels(night).mean() < pixels(image).mean() - 20
    assert pixels(day).mean() > pixels(image).mean() + 20
    assert np.array_equal(pixels(pipeline.translate(image)), pixels(night))


def test_a_large_photo_is_translated_small_and_keeps_its_detail() -> None:
    image = picture(480, 320)
    small, network = dusk(64)
    full, _ = dusk(1000)
    carried, exact = pixels(small.translate(image)), pixels(full.translate(image))
    assert network.sizes == [(64, 96)]
    assert carried.shape == exact.shape == (320, 480, 3)
    assert np.abs(carried - exact).mean() < 1.5  # of 255


def test_each_direction_works_at_its_own_size() -> None:
    pipeline, network = dusk(there=64, back=96)
    for direction in pipeline.directions:
        pipeline.translate(picture(480, 320), direction)
    assert network.sizes == [(64, 96), (96, 144)]


def test_a_small_photo_goes_through_the_network_as_it_is() -> None:
    pipeline, network = dusk(320)
    pipeline.translate(picture(75, 53))
    assert network.sizes == [(53, 75)]


@pytest.mark.parametrize("size", [(1, 1), (3, 700), (5000, 2), (33, 21)])
def test_pictures_of_any_shape_keep_their_size(tiny_translators: Path, size: tuple[int, int]) -> None:
    pipeline = load(tiny_translators, "tiny-day-night")
    assert pipeline.translate(picture(*size), time=0.5, glow=2).size == size
    assert pipeline.translate(Image.new("L", size)).mode == "RGB"


def test_half_precision_gives_almost_the_same(tiny_translators: Path) -> None:
    image = picture(200, 150)
    exact, fast = (
        pixels(load(tiny_translators, "tiny-day-night", dtype).translate(image))
        for dtype in (torch.float32, torch.bfloat16)
    )
    assert np.abs(exact - fast).mean() < 2


def test_strength_goes_from_the_photo_to_the_whole_change() -> None:
    pipeline, _ = dusk()
    image = picture(150, 100)
    none, half, all_of_it = (pixels(pipeline.translate(image, strength=share)) for share in (0, 0.5, 1))
    assert np.array_equal(none, pixels(image))
    assert np.abs(half - (none + all_of_it) / 2).max() <= 1
    assert pixels(pipeline.translate(image, time=0)).tolist() == none.tolist()


def test_time_runs_from_the_photos_own_to_the_other() -> None:
    pipeline, _ = dusk()
    image = picture(150, 100)
    darker = [pixels(pipeline.translate(image, "day2night", time=time)).mean() for time in (0, 0.3, 0.6, 1)]
    brighter = [pixels(pipeline.translate(image, "night2day", time=time)).mean() for time in (0, 0.3, 0.6, 1)]
    assert darker == sorted(darker, reverse=True)
    assert brighter == sorted(brighter)
    assert brighter[0] == darker[0] == pixels(image).mean()


def test_another_pair_has_directions_of_its_own_and_no_time_of_day(tiny_translators: Path) -> None:
    pipeline = load(tiny_translators, "tiny-fruit")
    assert pipeline.directions == ("apple2orange", "orange2apple")
    assert not pipeline.has_time
    image = picture(90, 60)
    plain = pipeline.translate(image, "orange2apple", time=0.2, glow=0)
    assert np.array_equal(pixels(plain), pixels(pipeline.translate(image, "orange2apple")))
    assert read_recipe(plain)["parameters"] == {  # type: ignore[index]
        "direction": "orange2apple",
        "strength": 1.0,
        "time": None,
        "glow": None,
    }
    with pytest.raises(InputError, match="'apple2orange' or 'orange2apple'"):
        pipeline.translate(image, "day2night")


@pytest.mark.parametrize("bad", [-0.1, 2.5, "much", None, float("nan"), True])
@pytest.mark.parametrize(
    ("name", "sentence"),
    [("strength", "strength must be a number"), ("time", "time of day must be"), ("glow", "lamp glow must be")],
)
def test_numbers_out_of_range_are_refused(name: str, sentence: str, bad: object) -> None:
    pipeline, network = dusk()
    with pytest.raises(InputError, match=sentence):
        pipeline.translate(picture(8, 8), **{name: bad})  # type: ignore[arg-type]
    assert not network.sizes


@pytest.mark.parametrize("direction", ["night2night", "", 1, ["day2night"]])
def test_a_wrong_direction_names_the_two(direction: object) -> None:
    pipeline, _ = dusk()
    with pytest.raises(InputError, match="'day2night' or 'night2day'"):
        pipeline.translate(picture(8, 8), direction)  # type: ignore[arg-type]


def test_report_runs_to_one_and_can_stop() -> None:
    pipeline, _ = dusk()
    fractions: list[float] = []

    def note(fraction: float, preview: Image.Image | None = None) -> None:
        fractions.append(fraction)

    pipeline.translate(picture(300, 200), time=0.5, report=note)
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0, 1)

    def stop(fraction: float, preview: Image.Image | None = None) -> None:
        if fraction > 0.3:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        pipeline.translate(picture(300, 200), report=stop)


def test_recipes_form_a_chain_and_make_the_picture_again(tiny_translators: Path, tmp_path: Path) -> None:
    pipeline = load(tiny_translators, "tiny-day-night")
    first = open_image(save_png(pipeline.translate(picture(60, 50), "day2night", 0.8, 0.6, 1.5), tmp_path / "a.png"))
    made = read_recipe(open_image(save_png(pipeline.translate(first, "night2day"), tmp_path / "b.png")))
    assert made is not None
    assert (made["task"], made["model"]) == ("day_night", "tiny-day-night")
    assert len(made["sha256"]) == 64
    (source,) = made["sources"]
    assert source["parameters"] == {"direction": "day2night", "strength": 0.8, "time": 0.6, "glow": 1.5}
    again = pipeline.translate(picture(60, 50), **source["parameters"])
    assert np.array_equal(pixels(again), pixels(first))


def test_a_network_that_translates_nothing_is_refused(tmp_path: Path) -> None:
    save(Checkpoint("day_night", "span", {"channels": 8, "blocks": 1}), tmp_path / "other", "")
    with pytest.raises(CheckpointError, match=r"made for the task day_night, which its architecture, .*, cannot do"):
        load_pipeline("other", Catalog([tmp_path / "other"], shipped=tmp_path / "none"), device.best())


@pytest.mark.parametrize("direction", ["day2night", "night2day"])
def test_every_stage_reports_for_every_part_of_a_large_photo(monkeypatch: pytest.MonkeyPatch, direction: str) -> None:
    """The larger the photo, the more reports, before and after the network: a job can be stopped all the time."""
    torch.manual_seed(0)
    network = CycleGAN(4, 1, heads=("night", "day"), working_sides=(64, 64))
    pipeline = DayNight(
        ModelInfo("tiny", "day_night", "Tiny", Path(), "cyclegan"), network, device.best("cpu", torch.float32)
    )
    monkeypatch.setattr(filters, "_BAND", 4096)
    monkeypatch.setattr(bilateral_grid, "_BAND", 4096)
    fractions: list[float] = []
    pipeline.translate(picture(320, 192), direction, report=lambda done, preview=None: fractions.append(done))
    assert fractions == sorted(fractions)
    parts = 320 * 192 / 4096
    # The edge of the sky, the windows by their sizes, the light; or the developed night, the land, and both together.
    expected = (1, 6, parts) if direction == "day2night" else (parts, parts, parts)
    for begin, end, count in zip((0.4, 0.55, 0.7), (0.55, 0.7, 0.95), expected, strict=True):
        assert sum(begin <= fraction < end for fraction in fractions) >= count, (begin, end)


@pytest.mark.parametrize("size", [(491, 8000), (60, 65500), (65500, 60), (3000, 4000), (1, 100_000)])
def test_working_sizes_are_bounded_on_both_sides(size: tuple[int, int]) -> None:
    small, _ = working_size(*size, 226)
    assert min(small) >= min(16, *size)
    assert max(small) <= 16 * 226
    assert small[0] * small[1] <= 1.5 * 226**2 * 2
    photo = torch.empty(3, *size)
    assert filters.longer_side(photo) <= 1.5 * (size[0] * size[1]) ** 0.5
    height, width = filters.reduced(photo, 256).shape[1:]
    assert height * width <= max(256**2, min(size) * 256)
