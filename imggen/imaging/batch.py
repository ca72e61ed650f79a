"""Run a job on many photos, one after the other: results are named after them, and those that fail are skipped."""

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
#: Most photos of one run.
MAX_PHOTOS = 200
#: Most bytes of all photos from archives, unpacked.
MAX_BYTES = 500_000_000


class Event(NamedTuple, Generic[T]):
    """Progress, result or failure of one photo.

    Attributes:
        number: of the photo, from 1.
        photo: its file.
        progress: of the job, while it works.
        result: file of the result, once it is written.
        problem: the error message, when there is no result.
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
    """Run a job on every photo; one that fails does not stop the others.

    Args:
        photos: files.
        work: yields its progress, and last the result.
        target: gives the path of the result from that of the photo; missing folders are made, and a path that a
            result of this run already has gets a number.
        quality: of JPEG and WebP, 1 to 100.
    """
    used = set[Path]()
    for number, photo in enumerate(photos, 1):
        image = None
        try:
            path = reserve_name(target(photo), used)
            for item in work(open_image(photo)):
                if isinstance(item, Image.Image):
                    image = item
                else:
                    yield Event(number, photo, item)
            if image is None:
                raise InputError("The job gave no result.")
            make_parent_folder(path)
            save_picture(image, path, quality)
        except (ImggenError, OSError) as error:
            yield Event(number, photo, problem=str(error))
        else:
            yield Event(number, photo, result=path)


def reserve_name(target: Path, used: set[Path]) -> Path:
    """Return a path that no result of this run has yet, with a number before its ending if needed, and note it."""
    number, free = 1, target
    while free in used:
        number += 1
        free = target.with_stem(f"{target.stem}-{number}")
    used.add(free)
    return free


def unpack_archives(files: Sequence[Path], folder: Path) -> list[Path]:
    """Unpack the photos of ZIP archives into a folder, without the archives' own folders; other files stay as they are.

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
        make_parent_folder(folder / file.name)
        with _opened(file) as archive:
            for member in filter(_is_photo, archive.infolist()):
                left -= member.file_size  # zipfile reads no more of it
                if left < 0:
                    raise InputError(f"Unpacked, the photos have more than {MAX_BYTES // 10**6} MB. Send fewer.")
                path = reserve_name(folder / PurePosixPath(member.filename).name, used)
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
    """A file in an archive; no bytes where it is damaged, so that it is reported like any damaged photo."""
    try:
        return archive.read(member)
    except RuntimeError as error:  # a password, or a compression that zipfile does not know
        raise _unreadable(Path(str(archive.filename))) from error
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
        return b""


def _unreadable(file: Path) -> InputError:
    return InputError(f"The archive {file.name!r} is damaged or locked. Pack it again.")


def make_parent_folder(target: Path) -> None:
    """Make the folder that a file is to be in. Raises :class:`InputError`."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder {str(target.parent)!r} cannot be made: {error.strerror}.") from error
