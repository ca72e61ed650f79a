"""Many photos, one after the other: names are kept, one that fails is named and left out."""

from __future__ import annotations

import lzma
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
#: Photos that are done at once.
MAX_PHOTOS = 200
#: Bytes that photos from archives may have unpacked.
MAX_BYTES = 500_000_000


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
        OSError: when the folder cannot be written.
    """
    found: list[Path] = []
    used, left = set[Path](), MAX_BYTES
    for file in files:
        if file.suffix.lower() != ".zip":
            found.append(file)
            continue
        make_room(folder / file.name)
        with _opened(file) as archive:
            for member in filter(_is_photo, archive.infolist()):
                left -= member.file_size  # zipfile reads no more of it
                if left < 0:
                    raise InputError(f"Unpacked, the photos have more than {MAX_BYTES // 10**6} MB. Send fewer.")
                path = unused(folder / PurePosixPath(member.filename).name, used)
                path.write_bytes(_content(archive, member))
                found.append(path)
                if len(found) > MAX_PHOTOS:
                    break
    if len(found) > MAX_PHOTOS:
        raise InputError(f"At most {MAX_PHOTOS} photos are done at once. Send fewer.")
    return found


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, RuntimeError, OSError, ValueError) as error:
        raise _unreadable(file) from error


def _is_photo(member: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(member.filename)
    hidden = any(part.startswith(".") or part in SYSTEM_FOLDERS for part in name.parts)
    return not member.is_dir() and not hidden and name.suffix.lower() in SUFFIXES


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """A file in an archive; nothing where it is damaged: it is told of like any damaged photo then."""
    try:
        return archive.read(member)
    except RuntimeError as error:  # a password, or a compression that zipfile does not know
        raise _unreadable(Path(str(archive.filename))) from error
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
        return b""


def _unreadable(file: Path) -> InputError:
    return InputError(f"The archive {file.name!r} is damaged or locked. Pack it again.")


def make_room(target: Path) -> None:
    """Make the folder of a file. Raises :class:`InputError`."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder {str(target.parent)!r} cannot be made: {error.strerror}.") from error
