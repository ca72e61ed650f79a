"""Download one file of the Hub into its client's cache, in a way that can be stopped and does not hang.

The client runs in a thread of its own. Over plain HTTP it updates a progress bar after every piece of the file, and
that update raises an exception once the download is cancelled; over Xet it updates none, and waits for ever for a store
that does not answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from huggingface_hub import HfFileMetadata, constants, hf_hub_download
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]
from huggingface_hub.utils import tqdm as ProgressBar  # type: ignore[attr-defined]

from imggen.errors import Cancelled
from imggen.store.background import in_background
from imggen.store.model_info import HubFile

#: Gets the bytes downloaded so far and the total, a few times a second; may raise to cancel. They are 0 and None before
#: the Hub has answered.
DownloadReport = Callable[[int, int | None], None]

REQUEST_TIMEOUT = 3.0  # seconds for each connection and each answer while looking for a file
PIECE = 1 << 14  # bytes between two looks at whether to go on: two seconds on a line of 8 kB/s
STALL_LIMIT = 30.0  # seconds in which nothing arrives, after which a download is given up


def download(file: HubFile, metadata: HfFileMetadata, force: bool, report: DownloadReport | None) -> Path:
    """Fetch a file, and return its place in the cache.

    Nothing of it stays there when this ends with an error: when ``report`` raises, the rest of the file is not waited
    for, and what has come of it is deleted.

    Args:
        file: repository, name and revision.
        metadata: what the Hub says about the file.
        force: replace the copy that is in the cache.
        report: gets the progress; raises to cancel.

    Raises:
        TimeoutError: when nothing arrived for :data:`STALL_LIMIT` seconds. And what the Hub's client raises.
    """
    use_plain_http()
    done = 0
    left = started = False
    place: Path | None = None
    last_arrival = time.monotonic()

    class Progress(ProgressBar):
        """The client's progress bar, which counts for us too, and is not shown where ``report`` tells the progress."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            nonlocal started
            started = True
            super().__init__(*args, **{**kwargs, **({"disable": True} if report else {})})

        def update(self, n: float | None = 1) -> bool | None:
            nonlocal done, last_arrival
            if left:
                raise Cancelled("The download was stopped.")
            done += int(n or 0)
            last_arrival = time.monotonic()
            if metadata.size is not None and done > metadata.size:
                raise OSError("more bytes than the Hub announced")
            return super().update(n)

    def work() -> Path:
        nonlocal place
        path = hf_hub_download(
            file.repo_id,
            file.filename,
            revision=file.revision,
            force_download=force,
            etag_timeout=REQUEST_TIMEOUT,
            tqdm_class=Progress,
        )
        place = Path(path)
        if left:
            drop(place)
        return place

    arrived = 0

    def look() -> None:
        nonlocal arrived, last_arrival
        # The same file may be on its way to another process, whose turn this one waits for.
        now = max(done, sum(_size(partial) for partial in _partial_files(file.repo_id, metadata.etag)))
        if now != arrived:
            arrived, last_arrival = now, time.monotonic()
        if report:
            report(arrived, metadata.size)
        if time.monotonic() - last_arrival > STALL_LIMIT:
            raise TimeoutError(f"nothing arrived for {STALL_LIMIT:.0f} seconds")

    try:
        return in_background(work, look)
    except BaseException:
        left = True
        if place is not None:
            drop(place)
        elif started:
            for partial in _partial_files(file.repo_id, metadata.etag):
                with suppress(OSError):
                    partial.unlink()
        raise


def use_plain_http() -> None:
    """Make the client use plain HTTP, in small pieces, from now on. It looks at these settings at every transfer."""
    constants.HF_HUB_DISABLE_XET = True
    constants.DOWNLOAD_CHUNK_SIZE = PIECE


def drop(path: Path) -> None:
    """Take a file out of the cache: the name it has in a snapshot, and the content behind it."""
    with suppress(OSError):
        content = path.resolve()
        path.unlink()
        content.unlink(missing_ok=True)


def remove_leftovers(repo_id: str) -> None:
    """Delete what killed downloads left behind. A live download holds its lock, and its file stays."""
    locks = Path(constants.HF_HUB_CACHE) / ".locks" / repo_folder_name(repo_id=repo_id, repo_type="model")
    for leftover in _partial_files(repo_id):
        with suppress(OSError), WeakFileLock(locks / f"{leftover.name.split('.')[0]}.lock", timeout=0.1):
            leftover.unlink(missing_ok=True)


def _partial_files(repo_id: str, etag: str | None = None) -> list[Path]:
    """What has come of a file that is on its way, or of all of a repository."""
    blobs = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo_id, repo_type="model") / "blobs"
    return list(blobs.glob(f"{etag or ''}*.incomplete"))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it has arrived in this moment
        return 0
