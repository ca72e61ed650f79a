"""The names of the files in a checkpoint folder, which are those of its Hub repository."""

from __future__ import annotations

import hashlib
from pathlib import Path

CONFIG_NAME = "config.json"
WEIGHTS_NAME = "model.safetensors"
CARD_NAME = "README.md"
PREVIEW_NAME = "preview.webp"
STYLES_NAME = "styles.safetensors"
#: What judged a generator in training; only training on needs it, and it is not published.
DISCRIMINATOR_NAME = "discriminator.safetensors"
#: Where the pictures of the styles lie, as a pattern.
PICTURES = "styles/*.webp"
#: Sizes in bytes that these files may have in a repository of a stranger, and how many pictures it may hold. Ours have
#: a tenth of that.
LARGEST = {CONFIG_NAME: 64_000, CARD_NAME: 30_000, STYLES_NAME: 2_000_000, PICTURES: 200_000}
PICTURES_LIMIT = 200


def sha256_of(path: str | Path) -> str:
    """Hash a file."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
