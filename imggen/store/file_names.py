"""The names of the files in a checkpoint folder, which are those of its Hub repository."""

from __future__ import annotations

import hashlib
from pathlib import Path

CONFIG_NAME = "config.json"
WEIGHTS_NAME = "model.safetensors"
CARD_NAME = "README.md"
PREVIEW_NAME = "preview.webp"
#: Samples beside the training pictures nearest to them; ``imggen evaluate`` writes it.
NEAREST_NAME = "nearest.webp"
STYLES_NAME = "styles.safetensors"
#: The discriminator of a GAN: only further training needs it, and it is not published.
DISCRIMINATOR_NAME = "discriminator.safetensors"
#: Glob pattern of the pictures of the styles.
PICTURES = "styles/*.webp"
#: Largest size of each file in bytes that is accepted from a stranger's repository: ten times that of ours.
LARGEST = {CONFIG_NAME: 64_000, CARD_NAME: 30_000, STYLES_NAME: 2_000_000, PICTURES: 200_000}
#: Most pictures that are accepted from a stranger's repository.
PICTURES_LIMIT = 200


def sha256_of(path: str | Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
