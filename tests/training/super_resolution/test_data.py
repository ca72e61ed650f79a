"""Where training images come from and how patches are cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from torch import Tensor

from imggen.errors import InputError
from imggen.training.common.image_store import ImageStore
from imggen.training.common.loader import loader
from imggen.training.common.sources import Picture, data_name, find_images
from imggen.training.super_resolution.data import PatchPairs
from imggen.training.super_resolution.degradation import DEGRADATIONS, bicubic
from tests.conftest import picture

BICUBIC = DEGRADATIONS["bicubic"]


@pytest.fixture(scope="session")
def store(photos: Path) -> ImageStore:
    return ImageStore(find_images(str(photos)), 32, 2**30)


def test_nested_folders_are_searched_in_a_fixed_order(photos: Path) -> None:
    found = find_images(str(photos))
    names = ["a/b/five.PNG", "a/b/four.bmp", "a/three.webp", "one.png", "two.jpg"]
    assert found == [Picture(name, photos / name) for name in names]
    assert data_name(str(photos) + "/") == "photos"
    assert data_name("owner/name") == "owner/name"


def test_hub_datasets_of_parquet_shards(tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = [(photos / name).read_bytes() for name in ("one.png", "two.jpg")]
    rows = [{"bytes": data, "path": None} for data in encoded]
    table = pa.table({"label": [0, 1, 2], "image": [*rows, None]})
    (tmp_path / "data").mkdir()
    pq.write_table(table, tmp_path / "data" / "train-00000-of-00001.parquet")
    asked = {}

    def snapshot_download(repo_id: str, **options: object) -> str:
        asked[repo_id] = options["repo_type"]
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    shard = "train-00000-of-00001.parquet"
    assert find_images("owner/photos") == [Picture(f"{shard}, row {row}", data) for row, data in enumerate(encoded)]
    assert asked == {"owner/photos": "dataset"}
    assert len(ImageStore(find_images("owner/photos"), 32, 2**30)) == 2


def test_an_unreachable_hub_gives_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def snapshot_download(repo_id: str, **options: object) -> str:
        raise OSError("no route to host")

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    with pytest.raises(InputError, match="no dataset of that name can be downloaded"):
        find_images("owner/photos")


def test_parquet_without_pyarrow_gives_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="damaged"):
        find_images(str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(InputError, match="pip install pyarrow"):
        find_images(str(tmp_path))


def test_the_cache_changes_nothing(photos: Path, store: ImageStore) -> None:
    for budget in (0, 20_000):
        other = ImageStore(find_images(str(photos)), 32, budget)
        assert len(other) == len(store) == 5
        assert all(np.array_equal(other[index], store[index]) for index in range(5))


def test_a_damaged_image_beyond_the_cache_is_replaced(tmp_path: Path) -> None:
    picture(640, 640, 1).save(tmp_path / "a.jpg")
    picture(48, 48, 2).save(tmp_path / "b.png")
    (tmp_path / "a.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:3000])
    uncached = ImageStore(find_images(str(tmp_path)), 32, 0)
    with pytest.warns(UserWarning, match="The picture 'a.jpg' is damaged"):
        replaced = uncached[0]
    assert replaced.shape == (48, 48, 3)
    assert ImageStore(find_images(str(tmp_path)), 32, 2**30).damaged == ["a.jpg"]


def test_low_resolution_borders_are_those_of_the_whole_picture() -> None:
    image = np.asarray(picture(200, 180))
    pairs = PatchPairs([image], 64, 4, BICUBIC)
    whole: dict[tuple[int, int], Tensor] = {}
    pixels = torch.from_numpy(image.copy()).permute(2, 0, 1)
    for seed in range(20):
        low, high = pairs.crop(image, np.random.default_rng(seed))
        y, x = _find(pixels, high)
        phase = (y % 4, x % 4)
        if phase not in whole:
            shifted = pixels[:, phase[0] :, phase[1] :]
            shifted = shifted[:, : shifted.shape[1] // 4 * 4, : shifted.shape[2] // 4 * 4]
            whole[phase] = bicubic(shifted.float() / 255, np.random.default_rng(0), 4).mul(255).round().byte()
        wanted = whole[phase][:, y // 4 : y // 4 + 16, x // 4 : x // 4 + 16]
        assert (low.int() - wanted.int()).abs().max() <= 1  # the two sums round differently in float32
        assert (low != wanted).float().mean() < 0.01


def _find(pixels: Tensor, patch: Tensor) -> tuple[int, int]:
    """Position of a patch inside a picture."""
    for y in range(pixels.shape[1] - patch.shape[1] + 1):
        for x in range(pixels.shape[2] - patch.shape[2] + 1):
            if torch.equal(pixels[:, y, x : x + 8], patch[:, 0, :8]) and torch.equal(
                pixels[:, y : y + patch.shape[1], x : x + patch.shape[2]], patch
            ):
                return y, x
    raise AssertionError("the patch is not in the picture")


def test_an_item_depends_on_its_number_alone(store: ImageStore) -> None:
    one, other = (PatchPairs(store, 32, 4, DEGRADATIONS["realistic"], seed=7) for _ in range(2))
    forward = [one[number] for number in range(12)]
    backward = [other[number] for number in reversed(range(12))][::-1]
    for first, second in zip(forward, backward, strict=True):
        assert torch.equal(first[0], second[0])
        assert torch.equal(first[1], second[1])
    assert forward[0][0].shape == (3, 8, 8)
    assert forward[0][1].shape == (3, 32, 32)
    assert forward[0][1].dtype == torch.uint8
    reseeded = PatchPairs(store, 32, 4, DEGRADATIONS["realistic"], seed=8)
    assert any(not torch.equal(reseeded[number][1], forward[number][1]) for number in range(5))


def test_an_epoch_visits_every_image_once(store: ImageStore) -> None:
    pairs = PatchPairs(store, 32, 4, BICUBIC)
    visited = []
    for number in range(10):
        pairs[number]
        visited.append(int(pairs._order[number % 5]))
    assert sorted(visited[:5]) == sorted(visited[5:]) == list(range(5))


@pytest.mark.parametrize("workers", [0, 2])
def test_the_loader_can_start_anywhere(store: ImageStore, workers: int) -> None:
    pairs = PatchPairs(store, 32, 4, BICUBIC)
    whole = list(loader(pairs, 2, range(0, 8), 0))
    rest = list(loader(pairs, 2, range(4, 8), workers))
    assert len(whole) == 4
    assert len(rest) == 2
    for first, second in zip(whole[2:], rest, strict=True):
        assert torch.equal(first[0], second[0])
        assert torch.equal(first[1], second[1])
