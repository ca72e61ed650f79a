"""What went wrong with the Hub, as one plain sentence: without addresses, paths or tokens."""

from __future__ import annotations

import errno

import httpx2
from huggingface_hub import errors as hub_errors

from imggen.store.model_info import HubFile

#: Whatever the Hub's client raises, the errors of its HTTP library and of the disk included.
FAILURES = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    hub_errors.RevisionResolutionError,
    OSError,
    RuntimeError,
    ValueError,
)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENOENT)
_UNREACHABLE = (httpx2.ConnectError, httpx2.ProxyError, httpx2.InvalidURL, httpx2.UnsupportedProtocol)
_OTHER_MODEL = "use a model that is already here"


def cause(error: BaseException) -> BaseException:
    """What went wrong below the errors of the Hub client that say no more than that something did."""
    while isinstance(error, hub_errors.LocalEntryNotFoundError | hub_errors.RevisionResolutionError | ValueError):
        if error.__cause__ is None or isinstance(error, hub_errors.HfHubHTTPError):
            break
        error = error.__cause__
    return error


def sentence(error: BaseException, file: HubFile) -> str:
    """Say what happened to a file of the Hub and what to do.

    Args:
        error: one of :data:`FAILURES`.
        file: what was asked for.
    """
    repo, what = file.repo_id, f"{file.filename} of {file.repo_id}"
    error = cause(error)
    if isinstance(error, hub_errors.RevisionNotFoundError):
        return f"{repo} has no revision {file.revision} on the Hub. Check the revision."
    if isinstance(error, hub_errors.RemoteEntryNotFoundError):
        return f"{repo} has no file {file.filename} on the Hub. Check that it is the right kind of repository."
    if isinstance(error, hub_errors.HfHubHTTPError):
        return _refusal(error, repo, what)
    if isinstance(error, hub_errors.RevisionResolutionError):
        return f"{repo} is not in the local cache, and offline mode is on. Go online once to get it."
    if isinstance(error, hub_errors.HFValidationError):
        return f"{repo} is not a name the Hub allows. Repositories are called owner/name."
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        return f"The Hub did not answer in time for {what}. Check the network, or {_OTHER_MODEL}."
    if isinstance(error, _UNREACHABLE):
        return f"The Hub cannot be reached for {what}. Check the network, or {_OTHER_MODEL}."
    code = error.errno if isinstance(error, OSError) else None
    if code in _FULL:
        return f"The disk is full, so {what} cannot be downloaded. Free some space and try again."
    if code in _UNWRITABLE:
        return f"The download cache cannot be written, so {what} cannot be kept. Set HF_HOME to a folder you can write."
    return f"The download of {what} broke off ({type(error).__name__}). Try again."


def _refusal(error: hub_errors.HfHubHTTPError, repo: str, what: str) -> str:
    """What an answer with an error status means."""
    status = error.response.status_code
    if isinstance(error, hub_errors.DisabledRepoError):
        return f"{repo} was disabled on the Hub, by its owner or by the Hub itself. Choose another model."
    if status == 451:
        return f"The Hub may not hand out {repo} for legal reasons. Choose another model."
    if isinstance(error, hub_errors.GatedRepoError) or status == 403:
        return f"The Hub does not let you read {repo}. Ask for access on its page there and log in with: hf auth login"
    if isinstance(error, hub_errors.RepositoryNotFoundError) or status in (401, 404):
        return f"{repo} is not on the Hub or is private. Check the name, or log in with: hf auth login"
    if status == 429:
        return f"The Hub limits how often {repo} may be asked for. Wait a few minutes and try again."
    return f"The Hub failed to deliver {what} (error {status}). Try again later."
