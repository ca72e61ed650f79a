"""Find the pictures of a dataset: a folder, or a dataset on the Hub."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from imggen.errors import InputError
from imggen.imaging.folders import SUFFIXES, find_files, find_pictures


class Picture(NamedTuple):
    """A picture of a dataset, not yet decoded.

    Attributes:
        name: its path inside the data folder, with ``/`` between the parts; of a Parquet file, the file and the row.
        source: the file, or the bytes of one that was stored inside another file.
    """

    name: str
    source: Path | bytes


@dataclass(frozen=True)
class Identity:
    """What identifies the pictures of a training.

    Attributes:
        images: how many.
        fingerprint: sha256 of the names and sizes of all files, in order.
    """

    images: int
    fingerprint: str


def identify(pictures: Sequence[Picture]) -> Identity:
    """Identify pictures by their names inside the data folder, which may move, and by the sizes of their files."""
    sha256 = hashlib.sha256()
    for picture in pictures:
        size = len(picture.source) if isinstance(picture.source, bytes) else picture.source.stat().st_size
        sha256.update(f"{picture.name}\0{size}\0".encode("utf-8", "surrogateescape"))
    return Identity(len(pictures), sha256.hexdigest())


def find_images(data: str) -> list[Picture]:
    """List the pictures of a folder (with all folders below it) or of a Hub dataset ``owner/name``, in a fixed order.

    Which files count is said in :mod:`imggen.imaging.folders`.

    Raises:
        InputError: when there is no such folder or dataset, or it holds no picture.
    """
    folder = find_folder(data)
    images = pictures_in(folder)
    images += [row[0] for shard in find_files(folder, (".parquet",)) for row in read_rows(shard, 1) if row[0].source]
    if not images:
        raise InputError(f"There is no image in {data!r}; looked for {', '.join(SUFFIXES)} and Parquet files.")
    return images


def find_folder(data: str) -> Path:
    """The folder itself, or where a Hub dataset ``owner/name`` was downloaded to.

    Raises:
        InputError: when there is no such folder or dataset.
    """
    folder = Path(data)
    if folder.is_dir():
        return folder
    if data.count("/") != 1 or data.startswith((".", "/", "~")) or folder.exists():
        raise InputError(f"{data!r} is neither a folder of images nor a Hub dataset owner/name.")
    return _download(data)


def pictures_in(folder: Path, inside: str = ".") -> list[Picture]:
    """List the pictures in ``folder / inside`` and below it, in a fixed order, named by their paths from ``folder``."""
    return [Picture(path.relative_to(folder).as_posix(), path) for path in find_pictures(folder / inside)]


def data_name(data: str) -> str:
    """The name under which a dataset is recorded: the folder's own name, or the Hub id."""
    folder = Path(data)
    return folder.resolve().name if folder.is_dir() else data


def _download(dataset_id: str) -> Path:
    from huggingface_hub import snapshot_download  # half a second to import, and most data is local

    from imggen.store.download import use_plain_http

    use_plain_http()
    patterns = [f"*{suffix}" for suffix in (*SUFFIXES, ".parquet")]
    patterns += [pattern.upper() for pattern in patterns]
    try:
        return Path(snapshot_download(dataset_id, repo_type="dataset", allow_patterns=patterns))
    except Exception as error:  # the client raises its own, httpx's and the operating system's errors
        raise InputError(
            f"{dataset_id!r} is no folder here, and no dataset of that name can be downloaded from the Hub now."
        ) from error


def read_rows(shard: Path, columns: int) -> list[tuple[Picture, ...]]:
    """Read the encoded images of a Parquet file: the first columns of struct{bytes, path}, row by row.

    Args:
        shard: the file.
        columns: images in a row; a file with fewer such columns has no rows.

    Returns:
        The pictures of each row, which share a name. An empty cell gives a picture of zero bytes.

    Raises:
        InputError: when pyarrow is not installed or the file is damaged.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise InputError(
            "This dataset is stored as Parquet; install pyarrow (pip install pyarrow) to read it."
        ) from error
    try:
        schema = pq.read_schema(shard)
        names = [f.name for f in schema if pa.types.is_struct(f.type) and f.type.get_field_index("bytes") >= 0]
        if len(names) < columns:
            return []
        table = pq.read_table(shard, columns=names[:columns])
        read = [table[name].to_pylist() for name in names[:columns]]
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"The Parquet file {shard.name!r} is damaged.") from error
    return [
        tuple(Picture(f"{shard.name}, row {number}", (cell or {}).get("bytes") or b"") for cell in row)
        for number, row in enumerate(zip(*read, strict=True))
    ]
