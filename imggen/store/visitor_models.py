"""Models that visitors of a public app fetch from the Hub: how large they may be, and what of them stays on the disk.

They come into the same cache as everything else from the Hub. An empty file for each repository that a visitor was the
first to ask for, in a folder beside the cache, says that it may go again; its time is that of the last use. What the
operator has downloaded, with this app or another, is never touched.
"""

from __future__ import annotations

import logging
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import constants
from huggingface_hub.file_download import repo_folder_name

from imggen.errors import InputError

logger = logging.getLogger(__name__)

FOLDER_NAME = "imggen-visitors"
MAX_REPOSITORIES = 200  # kept at once; many hold no more than a configuration that was looked at
_changing = threading.Lock()


@dataclass(frozen=True)
class VisitorModels:
    """What visitors may load.

    Attributes:
        model_bytes: size of the weights of one model.
        cache_bytes: size of all their repositories on the disk.
    """

    model_bytes: int = 512 * 10**6
    cache_bytes: int = 4 * 10**9


def make_room(repo_id: str, size_bytes: int, bounds: VisitorModels) -> None:
    """Make room for a repository that a visitor asks for: those used least recently go.

    Args:
        repo_id: ``owner/name``.
        size_bytes: what is about to be downloaded of it.
        bounds: for all of them together.

    Raises:
        InputError: when it is too large by itself.
    """
    largest = min(bounds.model_bytes, bounds.cache_bytes)
    if size_bytes > largest:
        has, may_have = (f"{size / 1e6:.0f} MB" for size in (size_bytes, largest))
        raise InputError(f"{repo_id} has {has}; a model that a visitor loads may have {may_have}.")
    with _changing:
        try:
            _note_use(repo_id)
            _evict(_name(repo_id), size_bytes, bounds)
        except OSError as error:  # a cache that cannot be written is told when something is downloaded into it
            logger.warning("the repositories of visitors cannot be kept in order: %s", error)


def _note_use(repo_id: str) -> None:
    note = _notes() / _name(repo_id)
    if note.exists() or not (_cache() / _name(repo_id)).exists():
        note.parent.mkdir(parents=True, exist_ok=True)
        note.touch()


def _evict(wanted: str, size_bytes: int, bounds: VisitorModels) -> None:
    notes = sorted(_notes().glob("models--*"), key=lambda note: note.stat().st_mtime)
    sizes = {note.name: _size(_cache() / note.name) for note in notes}
    for note in notes:
        within = sum(sizes.values()) + size_bytes <= bounds.cache_bytes and len(sizes) <= MAX_REPOSITORIES
        if within:
            return
        if note.name != wanted:
            shutil.rmtree(_cache() / note.name, ignore_errors=True)
            shutil.rmtree(_cache() / ".locks" / note.name, ignore_errors=True)
            note.unlink(missing_ok=True)
            del sizes[note.name]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _cache() -> Path:
    return Path(constants.HF_HUB_CACHE)


def _notes() -> Path:
    return _cache().with_name(FOLDER_NAME)


def _name(repo_id: str) -> str:
    return repo_folder_name(repo_id=repo_id, repo_type="model")
