"""Find the weights of a model: in its folder, in the local cache of the Hub client, or on the Hub.

``huggingface_hub`` does the caching and the downloading. This module adds what it leaves open: the sha256 decides
whether a file is right, an unreachable Hub is noticed within seconds, a waiting download can be cancelled, and every
failure is one :class:`~imggen.errors.WeightsUnavailable` with a plain sentence.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import (
    HfApi,
    HfFileMetadata,
    constants,
    get_hf_file_metadata,
    get_session,
    hf_hub_url,
    try_to_load_from_cache,
)
from huggingface_hub import errors as hub_errors
from huggingface_hub.utils import hf_raise_for_status  # type: ignore[attr-defined]

from imggen.errors import WeightsUnavailable
from imggen.store import first_use
from imggen.store.background import in_background
from imggen.store.download import REQUEST_TIMEOUT, DownloadReport, download, drop, remove_leftovers
from imggen.store.file_names import (
    CARD_NAME,
    CONFIG_NAME,
    LARGEST,
    PICTURES,
    PICTURES_LIMIT,
    STYLES_NAME,
    WEIGHTS_NAME,
    sha256_of,
)
from imggen.store.hub_failures import FAILURES, cause, sentence
from imggen.store.model_info import HubCheckpoint, HubFile, ModelInfo

logger = logging.getLogger(__name__)

PROBE_LIMIT = 4.5  # seconds to look for a file: name lookup and several addresses have no common timeout

_T = TypeVar("_T")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class _Changed(WeightsUnavailable):
    """The file on the Hub has another hash than it must have."""


@contextmanager
def weights(info: ModelInfo, *, offline: bool = False, report: DownloadReport | None = None) -> Iterator[Path]:
    """Find the weights of a model, for a block that loads them.

    A file of which nobody has published a checksum is trusted once it has loaded: when the block ends without an
    error, its checksum is noted, and another file of that name is refused from then on.

    Args:
        info: the model's entry in the catalogue.
        offline: never contact the Hub.
        report: gets the progress of a download; raises to cancel it.

    Yields:
        The model's checkpoint folder, or the local copy of its file on the Hub.

    Raises:
        WeightsUnavailable: when the weights are not here and cannot be downloaded now.
    """
    source = info.source
    if isinstance(source, Path):
        if not (source / WEIGHTS_NAME).is_file():
            raise WeightsUnavailable(f"The folder of {info.id} has no {WEIGHTS_NAME} any more. Put the file back.")
        yield source
        return
    known = info.sha256 or first_use.known_sha256(source)
    try:
        if isinstance(source, HubCheckpoint):
            path = fetch_checkpoint(source, sha256=known, limit=info.size_bytes, offline=offline, report=report)
        else:
            path = fetch(source, sha256=known, offline=offline, report=report)
    except _Changed as error:
        if info.sha256 is not None:
            raise
        raise WeightsUnavailable(
            f"{source.filename} of {source.repo_id} is not the file any more that was trusted when it was first "
            f"loaded. If you trust the new one, delete the note on the old one in {first_use.FOLDER_NAME}, beside "
            "the cache."
        ) from error
    yield path
    if known is None:
        try:
            first_use.remember(source, sha256_of(path / WEIGHTS_NAME if path.is_dir() else path))
        except OSError as error:
            logger.warning("the checksum of %s of %s cannot be noted: %s", source.filename, source.repo_id, error)


def fetch(
    file: HubFile,
    *,
    sha256: str | None = None,
    limit: int | None = None,
    offline: bool = False,
    report: DownloadReport | None = None,
) -> Path:
    """The local copy of a file on the Hub, downloaded when it is missing or damaged.

    Args:
        file: repository, name and revision.
        sha256: what the file must hash to. Without it a download must hash to what the Hub says it is, and what is in
            the cache is taken as it is.
        limit: size in bytes that the file may have.
        offline: never contact the Hub. The environment variable ``HF_HUB_OFFLINE`` does the same.
        report: gets the progress of a download; raises to cancel it.

    Raises:
        WeightsUnavailable: when the right file is not here and cannot be downloaded now.
    """
    try:
        return _fetch(file, sha256, limit, offline or constants.is_offline_mode(), report)
    except FAILURES as error:
        raise WeightsUnavailable(sentence(error, file)) from error


def fetch_checkpoint(
    checkpoint: HubCheckpoint,
    *,
    sha256: str | None = None,
    limit: int | None = None,
    offline: bool = False,
    report: DownloadReport | None = None,
) -> Path:
    """The local folder of a checkpoint repository, with all files from the same commit.

    Args:
        checkpoint: the repository at a commit, as :func:`look_up` gives it.
        sha256: what the weights must hash to.
        limit: size in bytes that the weights may have; the other files have limits of their own.
        offline: never contact the Hub.
        report: gets the progress of a download; raises to cancel it.

    Raises:
        WeightsUnavailable: as :func:`fetch`.
    """
    config = _fetch_companion(checkpoint, CONFIG_NAME, offline, report)
    if _cached(checkpoint) is None and not (offline or constants.is_offline_mode()):
        pool = ThreadPoolExecutor(4)  # dozens of small files, which take little but time
        try:
            names = _companions(checkpoint, report)
            list(pool.map(lambda name: _fetch_companion(checkpoint, name, offline, report), names))
        finally:
            pool.shutdown(cancel_futures=True)
    fetch(checkpoint, sha256=sha256, limit=limit, offline=offline, report=report)
    return config.parent


def _fetch_companion(checkpoint: HubCheckpoint, name: str, offline: bool, report: DownloadReport | None) -> Path:
    """Fetch a file that goes with the weights, if it is not larger than such a file may be."""
    limit = next(limit for pattern, limit in LARGEST.items() if fnmatchcase(name, pattern))
    return fetch(HubFile(checkpoint.repo_id, name, checkpoint.revision), limit=limit, offline=offline, report=report)


def _companions(checkpoint: HubCheckpoint, report: DownloadReport | None) -> list[str]:
    """What goes with the weights of a checkpoint where it is there: card, style codes, pictures of the styles."""
    repo_id, commit = checkpoint.repo_id, checkpoint.revision
    try:
        about = in_background(
            _patient(lambda: HfApi().model_info(repo_id, revision=commit, timeout=REQUEST_TIMEOUT)),
            _waiting(report),
            PROBE_LIMIT,
        )
    except FAILURES as error:
        raise WeightsUnavailable(sentence(error, HubFile(repo_id, revision=commit))) from error
    names = [sibling.rfilename for sibling in about.siblings or []]
    pictures = [name for name in names if fnmatchcase(name, PICTURES)][:PICTURES_LIMIT]
    return [name for name in (CARD_NAME, STYLES_NAME, *pictures) if name in names]


def look_up(repo_id: str, *, offline: bool = False) -> tuple[HubCheckpoint, Path, int]:
    """Fetch the configuration of the newest checkpoint in a repository ``owner/name``.

    Without a Hub in reach it is the newest that was seen before.

    Returns:
        The checkpoint at its commit, the local folder of that commit, and the size in bytes of the weights, which may
        still have to be downloaded; 0 where the Hub does not tell.

    Raises:
        WeightsUnavailable: as :func:`fetch`.
    """
    offline = offline or constants.is_offline_mode()
    try:
        checkpoint = HubCheckpoint(repo_id, revision=_commit(repo_id, offline))
        folder = _fetch_companion(checkpoint, CONFIG_NAME, offline, None).parent
        cached = _cached(checkpoint)
        if cached is None and offline:
            raise WeightsUnavailable(_missing_offline(checkpoint))
        return checkpoint, folder, cached.stat().st_size if cached else _ask(checkpoint).size or 0
    except FAILURES as error:
        raise WeightsUnavailable(sentence(error, HubCheckpoint(repo_id))) from error


def _commit(repo_id: str, offline: bool) -> str:
    def resolve(local: bool) -> str:
        return HfApi().resolve_revision(repo_id, local_files_only=local).resolved

    if offline:
        return resolve(local=True)
    try:
        return in_background(_patient(lambda: resolve(local=False)), limit=PROBE_LIMIT)
    except TimeoutError:
        with suppress(hub_errors.RevisionResolutionError):
            return resolve(local=True)
        raise


def _fetch(file: HubFile, sha256: str | None, limit: int | None, offline: bool, report: DownloadReport | None) -> Path:
    cached = _cached(file)
    if cached and limit is not None and cached.stat().st_size > limit:
        raise WeightsUnavailable(_too_large(file, limit))
    if cached and (sha256 is None or sha256_of(cached) == sha256):
        return cached
    if offline:
        raise WeightsUnavailable(_missing_offline(file, damaged=cached is not None))

    what = f"{file.filename} of {file.repo_id}"
    metadata = _ask(file, report, store_too=True)
    if metadata.commit_hash is None or metadata.etag is None:
        raise WeightsUnavailable(
            f"Something else than the Hugging Face Hub answered for {what}. Check proxy, network login and HF_ENDPOINT."
        )
    if limit is not None and not (metadata.size is not None and metadata.size <= limit):
        raise WeightsUnavailable(_too_large(file, limit))
    announced = metadata.etag if _SHA256.fullmatch(metadata.etag) else None  # git's own hash for small text files
    if sha256 and announced and announced != sha256:
        raise _Changed(f"{what} on the Hub is not the file the catalogue describes. Update imggen.")
    remove_leftovers(file.repo_id)
    expected = sha256 or announced
    for force in (cached is not None, True):
        path = download(file, metadata, force, report)
        if expected is None or sha256_of(path) == expected:
            return path
    drop(path)
    raise WeightsUnavailable(f"{what} arrived damaged twice: its sha256 differs from the record. Try again later.")


def _too_large(file: HubFile, limit: int) -> str:
    return f"{file.filename} of {file.repo_id} is larger than the {limit / 1e6:.2g} MB that such a file may have."


def _missing_offline(file: HubFile, damaged: bool = False) -> str:
    state = "damaged in" if damaged else "not in"
    what = f"{file.filename} of {file.repo_id}"
    return f"{what} is {state} the local cache, and offline mode is on. Go online once to get it."


def _cached(file: HubFile) -> Path | None:
    found = try_to_load_from_cache(file.repo_id, file.filename, revision=file.revision)
    return Path(found) if isinstance(found, str) else None


def _ask(file: HubFile, report: DownloadReport | None = None, store_too: bool = False) -> HfFileMetadata:
    """What the Hub says about a file: its size, its hash, its commit.

    Args:
        file: repository, name and revision.
        report: gets 0 and None meanwhile; raises to cancel.
        store_too: where the file itself is on another host, make sure that that one answers.
    """
    url = hf_hub_url(file.repo_id, file.filename, revision=file.revision)

    def ask() -> HfFileMetadata:
        metadata = get_hf_file_metadata(url, timeout=REQUEST_TIMEOUT)
        if store_too and urlsplit(metadata.location).netloc != urlsplit(url).netloc:
            first_byte = {"Range": "bytes=0-0"}  # signed addresses allow GET only
            request = get_session().stream("GET", metadata.location, headers=first_byte, timeout=REQUEST_TIMEOUT)
            with request as response:
                hf_raise_for_status(response)
        return metadata

    return in_background(_patient(ask), _waiting(report), PROBE_LIMIT)


def _patient(request: Callable[[], _T]) -> Callable[[], _T]:
    """Ask a second time if the server hangs up, as it may on a connection that was idle when it comes to be used."""

    def ask() -> _T:
        try:
            return request()
        except (httpx2.RemoteProtocolError, hub_errors.RevisionResolutionError) as error:
            if not isinstance(cause(error), httpx2.RemoteProtocolError):
                raise
            return request()

    return ask


def _waiting(report: DownloadReport | None) -> Callable[[], None]:
    return lambda: report(0, None) if report else None
