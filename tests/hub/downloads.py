"""The file that tests of downloads ask for, and looks into the cache it comes to."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from imggen.store.hub import HubFile
from tests.hub.server import COMMIT

REPO = "ann/net"
NAME = "net.safetensors"
CONTENT = bytes(range(256)) * 1024
FILE = HubFile(REPO, NAME)
PINNED = HubFile(REPO, NAME, COMMIT)
FETCH = f"from imggen.store.hub import HubFile, fetch; print(fetch(HubFile({REPO!r}, {NAME!r})))"


def blob(cache: Path) -> Path:
    (path,) = (cache / "models--ann--net" / "blobs").iterdir()
    return path


def leftovers(cache: Path) -> list[Path]:
    return list(cache.glob("**/*.incomplete"))


def kept(cache: Path) -> list[Path]:
    """What the cache holds of the file, whole or in part."""
    return [path for path in cache.glob("models--*/**/*") if path.is_file() and "refs" not in path.parts]


def eventually(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.02)
