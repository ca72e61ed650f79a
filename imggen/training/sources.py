"""Find the image files of a dataset: a folder, or a dataset on the Hub."""

from __future__ import annotations

from pathlib import Path

from imggen.errors import InputError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif")

#: An image file, or the bytes of one that was stored inside another file.
ImageSource = Path | bytes


def find_images(data: str) -> list[ImageSource]:
    """List the images of a folder (with all folders below it) or of a Hub dataset ``owner/name``, in a fixed order.

    Raises:
        InputError: when there is no such folder or dataset, or it holds no image.
    """
    folder = Path(data)
    if not folder.is_dir():
        if data.count("/") != 1 or data.startswith((".", "/", "~")) or folder.exists():
            raise InputError(f"{data!r} is neither a folder of images nor a Hub dataset owner/name.")
        folder = _download(data)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    images: list[ImageSource] = [path for path in files if path.suffix.lower() in SUFFIXES]
    for shard in files:
        if shard.suffix.lower() == ".parquet":
            images += _read_shard(shard)
    if not images:
        raise InputError(f"There is no image in {data!r}; looked for {', '.join(SUFFIXES)} and Parquet files.")
    return images


def data_name(data: str) -> str:
    """The name under which a dataset is recorded: the folder's own name, or the Hub id."""
    folder = Path(data)
    return folder.resolve().name if folder.is_dir() else data


def _download(dataset_id: str) -> Path:
    from huggingface_hub import snapshot_download  # half a second to import, and most data is local

    patterns = [f"*{suffix}" for suffix in (*SUFFIXES, ".parquet")]
    patterns += [pattern.upper() for pattern in patterns]
    try:
        return Path(snapshot_download(dataset_id, repo_type="dataset", allow_patterns=patterns))
    except Exception as error:  # the client raises its own, httpx's and the operating system's errors
        raise InputError(
            f"{dataset_id!r} is no folder here, and no dataset of that name can be downloaded from the Hub now."
        ) from error


def _read_shard(shard: Path) -> list[ImageSource]:
    """Read the encoded images of a Parquet file: its first column of struct{bytes, path}."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise InputError(
            "This dataset is stored as Parquet; install pyarrow (pip install pyarrow) to read it."
        ) from error
    try:
        schema = pq.read_schema(shard)
        columns = [f.name for f in schema if pa.types.is_struct(f.type) and f.type.get_field_index("bytes") >= 0]
        if not columns:
            return []
        rows = pq.read_table(shard, columns=columns[:1])[columns[0]].to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"The Parquet file {shard.name!r} is damaged.") from error
    return [row["bytes"] for row in rows if row and row["bytes"]]
