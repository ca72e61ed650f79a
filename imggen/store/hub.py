"""Find the weights of a model: in its folder, in the local cache of the Hub client, or on the Hub.

``huggingface_hub`` does the caching and the downloading. This module adds what it leaves open: the sha256 decides
whether a file is right, an unreachable Hub is noticed within seconds, a waiting download can be cancelled, and every
failure is one :class:`~imggen.errors.WeightsUnavailable` with a plain sentence.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from huggingface_hub import (
    HfApi,
    HfFileMetadata,
    constants,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    try_to_load_from_cache,
)
from huggingface_hub import errors as hub_errors
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils import WeakFileLock
from tqdm import tqdm

from imggen.errors import Cancelled, WeightsUnavailable
from imggen.store import first_use as first_copies
from imggen.store.background import in_background
from imggen.store.layout import CARD_NAME, CONFIG_NAME, PICTURES, STYLES_NAME, WEIGHTS_NAME, sha256_of
from imggen.store.model_info import HubCheckpoint, HubFile, ModelInfo

#: Gets the bytes downloaded so far and the total, a few times a second; may raise to cancel. They are 0 and None before
#: the Hub has answered.
DownloadReport = Callable[[int, int | None], None]

REQUEST_TIMEOUT = 3.0  # seconds for each connection and each answer while looking for a file
PROBE_LIMIT = 4.5  # seconds for all of that together: name lookup and several addresses have no common timeout
PICTURES_LIMIT = 200  # of styles; a repository of a stranger may hold any number

_T = TypeVar("_T")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FAILURES = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    hub_errors.RevisionResolutionError,
    OSError,
    RuntimeError,
    ValueError,
)
_UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENOENT)


class _Changed(WeightsUnavailable):
    """The file on the Hub has another hash than it must have."""


def find(info: ModelInfo, *, offline: bool = False, report: DownloadReport | None = None) -> Path:
    """The place of a model's weights: its checkpoint folder, or the local copy of its file on the Hub.

    Args:
        info: the model's entry in the catalogue.
        offline: never contact the Hub.
        report: gets the progress of a download; raises to cancel it.

    Raises:
        WeightsUnavailable: when the weights are not here and cannot be downloaded now.
    """
    if isinstance(info.source, HubCheckpoint):
        return fetch_checkpoint(info.source.repo_id, revision=info.source.revision, offline=offline, report=report)
    if isinstance(info.source, HubFile):
        if info.sha256 is None:
            return _fetch_same_as_first(info.source, offline, report)
        return fetch(info.source, sha256=info.sha256, offline=offline, report=report)
    if not (info.source / WEIGHTS_NAME).is_file():
        raise WeightsUnavailable(f"The folder of {info.id} has no {WEIGHTS_NAME} any more. Put the file back.")
    return info.source


def fetch(
    file: HubFile, *, sha256: str | None = None, offline: bool = False, report: DownloadReport | None = None
) -> Path:
    """The local copy of a file on the Hub, downloaded when it is missing or damaged.

    Args:
        file: repository, name and revision.
        sha256: what the file must hash to; by default the hash the Hub gave for it, where it gave one.
        offline: never contact the Hub. The environment variable ``HF_HUB_OFFLINE`` does the same.
        report: gets the progress of a download; raises to cancel it.

    Raises:
        WeightsUnavailable: when the right file is not here and cannot be downloaded now.
    """
    try:
        return _fetch(file, sha256, offline or constants.is_offline_mode(), report)
    except _FAILURES as error:
        raise WeightsUnavailable(_sentence(error, file)) from error


def fetch_checkpoint(
    repo_id: str, *, revision: str | None = None, offline: bool = False, report: DownloadReport | None = None
) -> Path:
    """The local folder of a checkpoint repository ``owner/name``, configuration and weights from the same commit.

    Args:
        repo_id: the repository.
        revision: a commit; by default the newest one, and without a Hub in reach the newest that was seen before.
        offline: never contact the Hub.
        report: gets the progress of a download; raises to cancel it.

    Raises:
        WeightsUnavailable: as :func:`fetch`.
    """
    commit = revision or _newest(repo_id, offline)
    config = fetch(HubFile(repo_id, CONFIG_NAME, commit), offline=offline, report=report)
    weights = HubFile(repo_id, WEIGHTS_NAME, commit)
    if _cached(weights) is None and not (offline or constants.is_offline_mode()):
        with ThreadPoolExecutor(4) as pool:  # dozens of small files, which take little but time
            list(pool.map(lambda file: fetch(file, report=report), _companions(repo_id, commit, report)))
    _fetch_same_as_first(weights, offline, report)
    return config.parent


def _companions(repo_id: str, commit: str, report: DownloadReport | None) -> list[HubFile]:
    """What goes with the weights of a checkpoint where it is there: card, style codes, pictures of the styles."""
    try:
        about = in_background(
            _patient(lambda: HfApi().model_info(repo_id, revision=commit, timeout=REQUEST_TIMEOUT)),
            _waiting(report),
            PROBE_LIMIT,
        )
    except _FAILURES as error:
        raise WeightsUnavailable(_sentence(error, HubFile(repo_id, revision=commit))) from error
    names = [sibling.rfilename for sibling in about.siblings or []]
    pictures = [name for name in names if fnmatchcase(name, PICTURES)][:PICTURES_LIMIT]
    return [HubFile(repo_id, name, commit) for name in (CARD_NAME, STYLES_NAME, *pictures) if name in names]


def _fetch_same_as_first(file: HubFile, offline: bool, report: DownloadReport | None) -> Path:
    """Fetch a file that nobody has published a checksum of: the first copy is trusted, another later one is not."""
    known = first_copies.known_sha256(file)
    was_here = _cached(file) is not None
    try:
        path = fetch(file, sha256=known, offline=offline, report=report)
    except _Changed as error:
        raise WeightsUnavailable(
            f"{file.filename} of {file.repo_id} is not the file any more that was trusted when it first came. If you "
            f"trust the new one, delete the note on the old one in {first_copies.FOLDER_NAME}, beside the cache."
        ) from error
    if known is None:
        try:
            first_copies.remember(file, sha256_of(path))
        except OSError as error:
            if not was_here:  # what lies in a read-only cache can be used without a note: nothing new comes in
                path.unlink()
                raise WeightsUnavailable(_sentence(error, file)) from error
    return path


def look_up(repo_id: str, *, offline: bool = False) -> tuple[Path, int]:
    """Fetch the configuration of the newest checkpoint in a repository ``owner/name``.

    Returns:
        The local folder of that commit, and the size in bytes of the weights, which may still have to be downloaded.

    Raises:
        WeightsUnavailable: as :func:`fetch`.
    """
    commit = _newest(repo_id, offline)
    folder = fetch(HubFile(repo_id, CONFIG_NAME, commit), offline=offline).parent
    weights = HubFile(repo_id, WEIGHTS_NAME, commit)
    cached = _cached(weights)
    if cached is not None:
        return folder, cached.stat().st_size
    try:
        return folder, _ask(weights).size or 0
    except _FAILURES as error:
        raise WeightsUnavailable(_sentence(error, weights)) from error


def _newest(repo_id: str, offline: bool) -> str:
    try:
        return _commit(repo_id, offline or constants.is_offline_mode())
    except _FAILURES as error:
        raise WeightsUnavailable(_sentence(error, HubFile(repo_id))) from error


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


def _fetch(file: HubFile, sha256: str | None, offline: bool, report: DownloadReport | None) -> Path:
    cached = _cached(file)
    if cached and _intact(cached, sha256):
        return cached
    what = f"{file.filename} of {file.repo_id}"
    if offline:
        state = "damaged in" if cached else "not in"
        raise WeightsUnavailable(
            f"{what} is {state} the local cache, and offline mode is on. Go online once to get it."
        )

    metadata = _ask(file, report)
    if metadata.commit_hash is None or metadata.etag is None:
        raise WeightsUnavailable(
            f"Something else than the Hugging Face Hub answered for {what}. Check proxy, network login and HF_ENDPOINT."
        )
    if sha256 and _SHA256.fullmatch(metadata.etag) and metadata.etag != sha256:
        raise _Changed(f"{what} on the Hub is not the file the catalogue describes. Update imggen.")
    _remove_leftovers(file.repo_id)
    for force in (cached is not None, True):
        path = _download(file, force, metadata.size, report)
        if _intact(path, sha256):
            return path
    raise WeightsUnavailable(f"{what} arrived damaged twice: its sha256 differs from the record. Try again later.")


def _cached(file: HubFile) -> Path | None:
    found = try_to_load_from_cache(file.repo_id, file.filename, revision=file.revision)
    return Path(found) if isinstance(found, str) else None


def _ask(file: HubFile, report: DownloadReport | None = None) -> HfFileMetadata:
    """What the Hub says about a file: its size, its hash, its commit."""
    url = hf_hub_url(file.repo_id, file.filename, revision=file.revision)
    ask = _patient(lambda: get_hf_file_metadata(url, timeout=REQUEST_TIMEOUT))
    return in_background(ask, _waiting(report), PROBE_LIMIT)


def _patient(request: Callable[[], _T]) -> Callable[[], _T]:
    """Ask a second time if the server hangs up, as it may on a connection that was idle when it comes to be used."""

    def ask() -> _T:
        try:
            return request()
        except (httpx2.RemoteProtocolError, hub_errors.RevisionResolutionError) as error:
            if not isinstance(_cause(error), httpx2.RemoteProtocolError):
                raise
            return request()

    return ask


def _cause(error: BaseException) -> BaseException:
    """What went wrong below the errors of the Hub client that say no more than that something did."""
    while isinstance(error, hub_errors.LocalEntryNotFoundError | hub_errors.RevisionResolutionError | ValueError):
        if error.__cause__ is None or isinstance(error, hub_errors.HfHubHTTPError):
            break
        error = error.__cause__
    return error


def _waiting(report: DownloadReport | None) -> Callable[[], None]:
    return lambda: report(0, None) if report else None


def _intact(path: Path, sha256: str | None) -> bool:
    """Whether a cached file has its hash. Large files are cached under the sha256 the Hub announced."""
    blob = path.resolve().name
    expected = sha256 or (blob if _SHA256.fullmatch(blob) else None)
    return expected is None or sha256_of(path) == expected


def _download(file: HubFile, force: bool, total: int | None, report: DownloadReport | None) -> Path:
    done = 0
    cancelled = False

    class Progress(tqdm):
        """What the client believes to be its progress bar."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "disable": True})

        def update(self, n: float | None = 1) -> None:
            nonlocal done
            if cancelled:
                raise Cancelled("The download was cancelled.")
            done += int(n or 0)

        def update_transfer(self, n: float) -> None:
            """Bytes on the wire; :meth:`update` counts those in the file."""

        def set_transfer_postfix_str(self, text: str, refresh: bool = True) -> None:
            """The speed, which nobody reads here."""

    def work() -> Path:
        path = hf_hub_download(
            file.repo_id,
            file.filename,
            revision=file.revision,
            force_download=force,
            etag_timeout=REQUEST_TIMEOUT,
            tqdm_class=Progress if report else None,
        )
        return Path(path)

    try:
        return in_background(work, lambda: report(done, total) if report else None)
    finally:
        cancelled = True


def _remove_leftovers(repo_id: str) -> None:
    """Delete what killed downloads left behind. A live download holds its lock, and its file stays."""
    cache, folder = Path(constants.HF_HUB_CACHE), repo_folder_name(repo_id=repo_id, repo_type="model")
    for leftover in (cache / folder / "blobs").glob("*.incomplete"):
        lock = cache / ".locks" / folder / f"{leftover.name.split('.')[0]}.lock"
        with suppress(OSError), WeakFileLock(lock, timeout=0.1):
            leftover.unlink(missing_ok=True)


def _sentence(error: BaseException, file: HubFile) -> str:
    """Say what happened and what to do, without addresses, paths or tokens."""
    repo, what = file.repo_id, f"{file.filename} of {file.repo_id}"
    error = _cause(error)
    status = error.response.status_code if isinstance(error, hub_errors.HfHubHTTPError) else None
    if isinstance(error, hub_errors.RevisionNotFoundError):
        return f"{repo} has no revision {file.revision} on the Hub. Check the revision."
    if isinstance(error, hub_errors.RemoteEntryNotFoundError):
        return f"{repo} has no file {file.filename} on the Hub. Check that it is the right kind of repository."
    if isinstance(error, hub_errors.GatedRepoError) or status == 403:
        return f"The Hub does not let you read {repo}. Ask for access on its page there and log in with: hf auth login"
    if isinstance(error, hub_errors.RepositoryNotFoundError) or status in (401, 404):
        return f"{repo} is not on the Hub or is private. Check the name, or log in with: hf auth login"
    if status == 429:
        return f"The Hub limits how often {repo} may be asked for. Wait a few minutes and try again."
    if status is not None:
        return f"The Hub failed to deliver {what} (error {status}). Try again later."
    if isinstance(error, hub_errors.RevisionResolutionError):
        return f"{repo} is not in the local cache, and offline mode is on. Go online once to get it."
    if isinstance(error, hub_errors.HFValidationError):
        return f"{repo} is not a name the Hub allows. Repositories are called owner/name."
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        return f"The Hub did not answer in time for {what}. Check the network, or use a model that is already here."
    if isinstance(error, httpx2.ConnectError | httpx2.ProxyError | httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        return f"The Hub cannot be reached for {what}. Check the network, or use a model that is already here."
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full, so {what} cannot be downloaded. Free some space and try again."
    if code in _UNWRITABLE:
        return f"The download cache cannot be written, so {what} cannot be kept. Set HF_HOME to a folder you can write."
    return f"The download of {what} broke off ({type(error).__name__}). Try again."
