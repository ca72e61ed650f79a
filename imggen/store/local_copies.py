"""The local copies of models on the Hub: whether there is one, and how it goes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from huggingface_hub import constants, scan_cache_dir, try_to_load_from_cache

from imggen.errors import InputError
from imggen.store.file_names import WEIGHTS_NAME
from imggen.store.model_info import HubFile, ModelInfo


def is_download(info: ModelInfo) -> bool:
    """Whether a model comes from the Hub and its weights are in the Hub client's cache."""
    if info.revision is None or _repository(info) is None:
        return False
    name = info.source.filename if isinstance(info.source, HubFile) else WEIGHTS_NAME
    return isinstance(try_to_load_from_cache(str(_repository(info)), name, revision=info.revision), str)


def remove(info: ModelInfo) -> int:
    """Delete the commit of a repository that a model was downloaded from; files that other commits share stay.

    Returns:
        How many bytes were freed.

    Raises:
        InputError: when there is no such download.
        OSError: when it cannot be deleted.
    """
    if not is_download(info):
        raise InputError(f"There is no download of {info.title!r} on this machine.")
    cache = scan_cache_dir(constants.HF_HUB_CACHE)
    # Of this repository alone: a copy of it has commits of the same names.
    own = replace(cache, repos=frozenset(repo for repo in cache.repos if repo.repo_id == _repository(info)))
    strategy = own.delete_revisions(str(info.revision))
    freed = strategy.expected_freed_size
    strategy.execute()
    return freed


def _repository(info: ModelInfo) -> str | None:
    """The repository of a model on the Hub; of one that was downloaded whole, the id is its name."""
    if isinstance(info.source, HubFile):
        return info.source.repo_id
    return info.id if isinstance(info.source, Path) and "/" in info.id else None
