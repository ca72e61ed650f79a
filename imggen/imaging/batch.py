"""Many photos, one after the other: names are kept, one that fails is named and left out."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Generic, NamedTuple, TypeVar

from PIL import Image

from imggen.errors import ImggenError, InputError
from imggen.imaging.decode import open_image
from imggen.imaging.folders import SUFFIXES, SYSTEM_FOLDERS
from imggen.imaging.save import save_picture

T = TypeVar("T")
#: Photos taken from archives at most, and the bytes that they may have unpacked.
MAX_PHOTOS, MAX_BYTES = 200, 500_000_000


class Event(NamedTuple, Generic[T]):
    """What happens to a photo.

    Attributes:
        number: of the photo, from 1.
        photo: its file.
        progress: what the job tells while it works.
        result: file of the result, once it is written.
        problem: why there is none, as a sentence.
    """

    number: int
    photo: Path
    progress: T | None = None
    result: Path | None = None
    problem: str = ""


def each_photo(
    photos: Sequence[Path],
    work: Callable[[Image.Image], Iterator[T | Image.Image]],
    target: Callable[[Path], Path],
    quality: int = 92,
) -> Iterator[Event[T]]:
    """Run a job on every photo; one that fails costs no other.

    Args:
        photos: files.
        work: yields what it tells of its progress, and the result.
        target: gives the file of a result from that of the photo; folders are made. A name that a result of this run
            has already gets a number.
        quality: of JPEG and WebP, 1 to 100.
    """
    used = set[Path]()
    for number, photo in enumerate(photos, 1):
        image = None
        try:
            path = unused(target(photo), used)
            for item in work(open_image(photo)):
                if isinstance(item, Image.Image):
                    image = item
                else:
                    yield Event(number, photo, item)
            if image is None:
                raise InputError("The job gave no result.")
            make_room(path)
            save_picture(image, path, quality)
        except (ImggenError, OSError) as error:
            yield Event(number, photo, problem=str(error))
        else:
            yield Event(number, photo, result=path)


def unused(target: Path, used: set[Path]) -> Path:
    """The path itself, or with a number before its ending where a result of this run has it already; notes it."""
    number, free = 1, target
    while free in used:
        number += 1
        free = target.with_stem(f"{target.stem}-{number}")
    used.add(free)
    return free


def unpacked(files: Sequence[Path], folder: Path) -> list[Path]:
    """Photos as they are, and those in ZIP archives unpacked into a folder, by their names without folders.

    Raises:
        InputError: when an archive is damaged, locked or too large, or there are too many photos.
    """
    found: list[Path] = []
    used, left = set[Path](), MAX_BYTES
    for file in files:
        if file.suffix.lower() != ".zip":
            found.append(file)
            continue
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with zipfile.ZipFile(file) as archive:
                for member in archive.infolist():
                    name = PurePosixPath(member.filename)
                    hidden = any(part.startswith(".") or part in SYSTEM_FOLDERS for part in name.parts)
                    if member.is_dir() or hidden or name.suffix.lower() not in SUFFIXES:
                        continue
                    data = _member(archive, member, left + 1)  # what an archive says of its sizes may be wrong
                    left -= len(data)
                    if left < 0:
                        raise InputError(f"Unpacked, the photos have more than {MAX_BYTES // 10**6} MB. Send fewer.")
                    path = unused(folder / name.name, used)
                    path.write_bytes(data)
                    found.append(path)
                    if len(found) > MAX_PHOTOS:
                        break
        except (zipfile.BadZipFile, zipfile.LargeZipFile, RuntimeError, NotImplementedError, EOFError) as error:
            raise InputError(f"The archive {file.name!r} is damaged or locked. Pack it again.") from error
    if len(found) > MAX_PHOTOS:
        raise InputError(f"At most {MAX_PHOTOS} photos are done at once. Send fewer.")
    return found


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """The first bytes of a file in an archive; none where it is damaged: it is told of like any damaged photo then."""
    try:
        with archive.open(member) as source:
            return source.read(most)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        return b""


def make_room(target: Path) -> None:
    """Make the folder of a file. Raises :class:`InputError`."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder {str(target.parent)!r} cannot be made: {error.strerror}.") from error
