"""Pictures that a command reads and writes: files, folders and patterns in; one file for each out."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

from imggen.errors import InputError
from imggen.imaging.folders import SUFFIXES
from imggen.imaging.folders import find_pictures as find_in_folder


def find_pictures(names: Sequence[str]) -> list[Path]:
    """The files that are meant: files as they are, what matches a pattern, and the pictures right inside a folder.

    Raises:
        InputError: when a name matches nothing.
    """
    found: dict[Path, None] = {}
    for name in names:
        matches = sorted(Path(match) for match in glob.glob(name)) or [Path(name)]  # noqa: PTH207 (absolute patterns)
        pictures = [picture for match in matches for picture in _pictures_at(match)]
        if not pictures:
            raise InputError(f"There is no picture at {name!r}.")
        found.update(dict.fromkeys(pictures))
    return list(found)


def _pictures_at(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (each for each in find_in_folder(path) if each.parent == path)
    elif path.is_file():
        yield path


def output_path(output: Path, single: bool, stem: str, ending: str) -> Path:
    """Where a result goes: ``output`` itself where it names the file of a single result, else a file in that folder.

    Args:
        output: what the user gave.
        single: whether there is only one result.
        stem: name of the file in a folder, without its ending.
        ending: such as ``"png"``; one that ``output`` has itself is left as it is.
    """
    if single and output.suffix.lower() in {*SUFFIXES, ".mp4"} and not output.is_dir():
        return output
    return output / f"{stem}.{ending}"
