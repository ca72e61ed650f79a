"""Trust on first use: what a file without a published checksum was when it was first loaded.

One small text file for each, in a folder beside the Hub client's cache: it outlives a cache that is emptied, two
processes do not get in each other's way, and whoever trusts a changed file deletes the one that speaks of it.
"""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import constants

from imggen.store.model_info import HubFile

FOLDER_NAME = "imggen-first-copies"


def known_sha256(file: HubFile) -> str | None:
    """What a file hashed to when it was first loaded; None when it never was."""
    record = _record(file)
    return record.read_text(encoding="utf-8").strip() if record.is_file() else None


def remember(file: HubFile, sha256: str) -> None:
    """Note what a file that has loaded hashes to. Raises :class:`OSError` when the note cannot be written."""
    record = _record(file)
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(f"{sha256}\n", encoding="utf-8")


def _record(file: HubFile) -> Path:
    folder = Path(constants.HF_HUB_CACHE).with_name(FOLDER_NAME)
    return folder / file.repo_id / file.revision / f"{file.filename}.sha256"
