"""The super-resolution benchmark on small folders, with pipelines whose quality is known beforehand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from imggen.errors import ImageError, InputError
from imggen.metrics.super_resolution import enlarge, evaluate, find_sets, lr_psnr, reduce
from imggen.store.checkpoint import sha256_of
from tests.conftest import picture


class Bicubic:
    """An upscaler whose detail slider adds that much noise."""

    def __init__(self, has_detail: bool = False) -> None:
        self.has_detail = has_detail

    def upscale(self, image: Image.Image, detail: float = 0.0) -> Image.Image:
        pixels = np.asarray(enlarge(image)).astype(np.float64)
        pixels += detail * np.random.default_rng(0).normal(0, 40, pixels.shape)
        return Image.fromarray(pixels.clip(0, 255).round().astype(np.uint8))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two sets: one of HR/LR pairs with an odd size, one with a grey picture in a deeper folder."""
    folder = tmp_path / "benchmarks"
    (folder / "Pairs").mkdir(parents=True)
    (folder / "Loose" / "deeper").mkdir(parents=True)
    picture(67, 50).save(folder / "Pairs" / "a_HR.png")
    picture(16, 12).save(folder / "Pairs" / "a_LR.png")
    picture(48, 48, seed=1).save(folder / "Loose" / "b.JPG")
    picture(40, 60, seed=2).convert("L").save(folder / "Loose" / "deeper" / "c.png")
    (folder / "Loose" / "notes.txt").write_text("no picture")
    return folder


def test_each_subfolder_is_a_set_and_low_resolution_twins_do_not_count(data: Path) -> None:
    picture(40, 40).save(data / "alone_LR.png")
    names = {name: [path.name for path in paths] for name, paths in find_sets(data).items()}
    assert names == {"Pairs": ["a_HR.png"], "Loose": ["b.JPG", "c.png"], "benchmarks": ["alone_LR.png"]}


def test_a_bicubic_model_scores_exactly_as_the_baseline(data: Path) -> None:
    evaluation = evaluate(lambda dtype: Bicubic(), data)
    methods = [(row.dataset, row.images, row.method, row.baseline) for row in evaluation.rows]
    assert methods == [
        ("Loose", 2, "bicubic", True),
        ("Loose", 2, "this model", False),
        ("Pairs", 1, "bicubic", True),
        ("Pairs", 1, "this model", False),
    ]
    assert evaluation.rows[0].values == evaluation.rows[1].values
    assert [metric.key for metric in evaluation.metrics] == ["psnr", "ssim", "lr_psnr"]


def test_every_position_of_the_detail_slider_is_measured(data: Path, vgg16_file: Path) -> None:
    pytest.importorskip("lpips")
    evaluation = evaluate(lambda dtype: Bicubic(has_detail=True), data, vgg16_file)
    rows = [row for row in evaluation.rows if row.dataset == "Pairs"]
    assert [row.method for row in rows] == ["bicubic", *(f"this model, detail {d}" for d in ("0", "0.5", "1"))]
    for key, sign in (("psnr", -1), ("ssim", -1), ("lr_psnr", -1), ("lpips", 1)):
        values = [sign * row.values[key] for row in rows[1:]]
        assert values == sorted(values), key
        assert values[0] < values[2], key
    assert [metric.key for metric in evaluation.metrics[-3:]] == ["lpips", "lpips_share", "lpips_wins"]
    assert rows[0].values["lpips_share"] == 1
    assert rows[-1].values["lpips_share"] == pytest.approx(rows[-1].values["lpips"] / rows[0].values["lpips"])
    assert rows[-1].values["lpips_wins"] == 0  # noise is worse than bicubic
    assert f"sha256 {sha256_of(vgg16_file)[:16]}, random weights" in evaluation.notes[-1]
    assert str(vgg16_file.parent) not in evaluation.notes[-1]


def test_inputs_stored_as_jpegs_are_measured_besides(data: Path) -> None:
    asked: list[bytes] = []

    class Listening(Bicubic):
        def upscale(self, image: Image.Image, detail: float = 0.0) -> Image.Image:
            asked.append(image.tobytes())
            return super().upscale(image, detail)

    evaluation = evaluate(lambda dtype: Listening(), data / "Pairs", jpeg=[90, 30])
    found = [(row.dataset, row.values["psnr"]) for row in evaluation.rows if not row.baseline]
    assert [name for name, _ in found] == ["Pairs", "Pairs, JPEG 90", "Pairs, JPEG 30"]
    assert found[0][1] > found[1][1] > found[2][1]
    assert len(set(asked[:3])) == 3
    assert "JPEG" in evaluation.notes[-1]


def test_precision_reaches_the_model_and_speed_is_told_for_float32_too(data: Path) -> None:
    asked: list[torch.dtype] = []

    def load(dtype: torch.dtype) -> Bicubic:
        asked.append(dtype)
        return Bicubic()

    evaluation = evaluate(load, data / "Pairs", dtype=torch.float64)
    assert asked[0] == torch.float64
    assert torch.float32 in asked[1:]
    notes = " ".join(evaluation.notes)
    assert "256x256 to 1024x1024" in notes
    assert "s in float32" in notes
    assert "Quality measured in float64" in notes


def test_grey_files_are_measured_on_their_grey_values(tmp_path: Path) -> None:
    grey = picture(64, 64).convert("L")
    scores = {}
    for mode in ("L", "RGB"):
        (tmp_path / mode).mkdir()
        grey.convert(mode).save(tmp_path / mode / "a.png")
        scores[mode] = evaluate(lambda dtype: Bicubic(), tmp_path / mode).rows[0].values["psnr"]
    # Studio range shrinks errors by 219/255, but for rounding: 1.32 dB.
    assert scores["RGB"] - scores["L"] == pytest.approx(20 * np.log10(255 / 219), abs=0.1)


def test_reduce_equals_pillows_antialiased_bicubic() -> None:
    image = picture(64, 48)
    expected = np.asarray(image.resize((16, 12), Image.Resampling.BICUBIC)).astype(int)
    assert np.abs(np.asarray(reduce(image)).astype(int) - expected).max() <= 1
    assert enlarge(reduce(image)).size == image.size


def test_low_resolution_consistency_falls_when_colours_shift() -> None:
    low = picture(24, 24)
    faithful = enlarge(low)
    brighter = Image.fromarray(np.asarray(faithful).clip(0, 225) + np.uint8(30))
    assert lr_psnr(low, brighter) < lr_psnr(low, faithful) - 6
    flat = Image.new("RGB", (8, 8), (10, 20, 30))
    assert lr_psnr(flat, Image.new("RGB", (32, 32), (11, 21, 31))) == pytest.approx(48.1308, abs=1e-4)


def test_data_that_cannot_be_measured_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no images"):
        evaluate(lambda dtype: Bicubic(), tmp_path)
    picture(200, 31).save(tmp_path / "thin.png")
    with pytest.raises(InputError, match=r"'thin\.png' is too small"):
        evaluate(lambda dtype: Bicubic(), tmp_path)
    (tmp_path / "thin.png").write_bytes(b"")
    with pytest.raises(ImageError, match="empty"):
        evaluate(lambda dtype: Bicubic(), tmp_path)
