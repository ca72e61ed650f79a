"""Downloads on this machine, and how they go."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from huggingface_hub import constants

from imggen.errors import InputError
from imggen.store import local_copies
from imggen.store.model_info import HubFile, ModelInfo

COMMIT, OTHER = "a" * 40, "b" * 40


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Hub client's cache with two commits of one repository, whose files lie where the client puts them."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--ann--net"
    (repository / "blobs").mkdir(parents=True)
    for commit, size in ((COMMIT, 1000), (OTHER, 10)):
        blob = repository / "blobs" / commit
        blob.write_bytes(b"x" * size)
        (repository / "snapshots" / commit).mkdir(parents=True)
        (repository / "snapshots" / commit / "net.pth").symlink_to(blob)
    return repository


def info(commit: str) -> ModelInfo:
    return ModelInfo(
        "net", "super_resolution", "Net", HubFile("ann/net", "net.pth", commit), "spandrel", revision=commit
    )


def test_a_download_goes_and_other_commits_of_its_repository_stay(cache: Path) -> None:
    assert local_copies.is_download(info(COMMIT))
    assert local_copies.remove(info(COMMIT)) == 1000
    assert not local_copies.is_download(info(COMMIT))
    assert local_copies.is_download(info(OTHER))
    assert [path.name for path in (cache / "blobs").iterdir()] == [OTHER]


def test_a_copy_of_the_repository_with_the_same_commit_stays(cache: Path) -> None:
    copies = [cache.with_name(f"models--{owner}--net") for owner in ("aaa", "zoe")]
    for copy in copies:
        shutil.copytree(cache, copy, symlinks=True)
    assert local_copies.remove(info(COMMIT)) == 1000
    assert not local_copies.is_download(info(COMMIT))
    for copy in copies:
        assert (copy / "snapshots" / COMMIT / "net.pth").is_symlink()


def test_what_is_no_download_is_told(cache: Path, tiny_models: Path) -> None:
    own = ModelInfo("tiny", "super_resolution", "Tiny", tiny_models / "tiny", "span")
    for model in (info("c" * 40), own):
        with pytest.raises(InputError, match="no download"):
            local_copies.remove(model)
