"""Find the pictures in folders and their classes, by the same rules for training and for evaluation.

Files and folders whose names begin with a dot are ignored, and so are folders that operating systems, network drives
and archives add (:data:`SYSTEM_FOLDERS`). Symbolic links are followed.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import takewhile
from pathlib import Path, PurePosixPath

from PIL import Image

from imggen.errors import ImageError, InputError, list_names
from imggen.imaging.decode import Source, open_image

#: File name endings of the formats that the app reads. An MPO is a JPEG file with several pictures.
SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
    *(".avif", ".avifs", ".heic", ".heics", ".heif", ".heifs", ".hif"),
)
#: Ignored folders besides hidden ones: of archives made on a Mac, of Synology and NetApp drives, Windows and Linux.
SYSTEM_FOLDERS = frozenset(
    ("__MACOSX", "@eaDir", "#recycle", "#snapshot", "$RECYCLE.BIN", "System Volume Information", "lost+found")
)


def find_files(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Find the files in a folder and below it whose names end in one of these suffixes, in a fixed order.

    A link to a folder is followed, unless that folder holds the link. A link to nothing counts as a file: reading it
    fails, and the failure names it.

    Raises:
        InputError: when a folder may not be read.
    """
    found: list[Path] = []
    pending = [(folder, frozenset([folder.resolve()]))]
    while pending:
        here, inside = pending.pop()
        try:
            paths = list(here.iterdir())
        except OSError as error:
            raise InputError(f"The folder {str(here)!r} cannot be read: {error.strerror}.") from error
        for path in paths:
            if path.name.startswith(".") or path.name in SYSTEM_FOLDERS:
                continue
            if path.is_dir():
                place = path.resolve()
                if place not in inside:
                    pending.append((path, inside | {place}))
            elif path.suffix.lower() in suffixes and (path.is_file() or not path.exists()):
                found.append(path)
    return sorted(found)


def find_pictures(folder: Path) -> list[Path]:
    """Find the pictures in a folder and below it, in a fixed order. Errors as of :func:`find_files`."""
    return find_files(folder, SUFFIXES)


def open_named(source: Source, name: str, max_pixels: int) -> Image.Image:
    """Decode one of many pictures, as :func:`imggen.imaging.decode.open_image` does.

    Raises:
        ImageError: when it is damaged; unlike there, the message says which picture it is.
    """
    try:
        return open_image(source, max_pixels)
    except ImageError as error:
        raise ImageError(f"The picture {name!r} cannot be used. {error}") from error


def classes_of(names: Sequence[str]) -> list[str]:
    """The class of each picture: the name of the folder it is in.

    The class folders lie side by side in the data folder, or in the only folder that it holds. Pictures beside them or
    deeper inside are refused, because their class is not clear.

    Args:
        names: paths of all pictures inside the data folder, with ``/`` between their parts.

    Returns:
        The class of each picture. Accented letters are composed (Unicode NFC), as keyboards type them.

    Raises:
        InputError: when pictures lie elsewhere, there are less than two classes, or two names differ in case only.
    """
    folders = [PurePosixPath(name).parts[:-1] for name in names]
    shared = _shared_start(folders)
    in_folders = any(len(folder) > len(shared) for folder in folders)
    for name, folder in zip(names, folders, strict=True):
        if len(folder) == len(shared) and in_folders:
            raise InputError(
                f"The picture {name!r} lies beside the class folders. Move it into the folder of its class, or away."
            )
        if len(folder) > len(shared) + 1:
            raise InputError(
                f"The picture {name!r} lies too deep: every picture must lie directly in the folder of its class. "
                "Move it there, or give the folder that holds the class folders as the data."
            )
    classes = [unicodedata.normalize("NFC", folder[-1]) if len(folder) > len(shared) else "" for folder in folders]
    if len(set(classes)) < 2:
        raise InputError(
            "Classes are needed here, two at least: put the pictures of each into a folder with the name of the class."
        )
    refuse_case_twins(classes, "classes")
    return classes


def _shared_start(folders: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The path that all folders begin with, without its last part when all pictures are in one folder."""
    first, last = min(folders), max(folders)
    start = tuple(part for part, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))
    return start[:-1] if first == last else start


def refuse_case_twins(names: Iterable[str], what: str) -> None:
    """Refuse names that differ in case only: people and many file systems confuse them.

    Args:
        names: may repeat.
        what: the word for what they name, in the plural.

    Raises:
        InputError: naming two of them.
    """
    known: dict[str, str] = {}
    for name in names:
        folded = unicodedata.normalize("NFC", name).casefold()
        if known.setdefault(folded, name) != name:
            raise InputError(f"The {what} {known[folded]!r} and {name!r} differ in case only. Give them other names.")


def list_counts(classes: Iterable[str]) -> str:
    """Say how many pictures each class has, such as ``daisy 20, rose 31``; of many classes, the first ones.

    Args:
        classes: the class of each picture.
    """
    counts = Counter(classes)
    return list_names([f"{name} {counts[name]}" for name in sorted(counts)])
