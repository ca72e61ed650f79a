"""Publish a checkpoint folder on the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path

import httpx2
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from imggen.errors import ImggenError
from imggen.store.background import in_background
from imggen.store.file_names import CARD_NAME, CONFIG_NAME, PICTURES, PREVIEW_NAME, STYLES_NAME, WEIGHTS_NAME

#: What a repository of a checkpoint holds; other files in the folder are not uploaded.
FILES = [CONFIG_NAME, WEIGHTS_NAME, CARD_NAME, PREVIEW_NAME, STYLES_NAME, PICTURES]
ANSWER_LIMIT = 15.0  # seconds for the Hub's first answer: its client would wait for ever


def push_folder(folder: Path, repo_id: str) -> str:
    """Create the repository ``owner/name`` where it is missing, upload a checkpoint folder, and return its address.

    Raises:
        ImggenError: when the Hub refuses or cannot be reached.
    """
    return upload(folder, repo_id, allow_patterns=FILES)


def upload(folder: Path, repo_id: str, allow_patterns: list[str] | None = None, as_space: bool = False) -> str:
    """Create a repository where it is missing and upload a folder in one commit; returns the repository's address.

    Args:
        folder: what to upload.
        repo_id: ``owner/name``.
        allow_patterns: the files to upload; all by default.
        as_space: make it a Gradio Space instead of a model.

    Raises:
        ImggenError: when the Hub refuses or cannot be reached.
    """
    api = HfApi()
    kind, sdk = ("space", "gradio") if as_space else ("model", None)
    try:
        repository = in_background(
            lambda: api.create_repo(repo_id, repo_type=kind, space_sdk=sdk, exist_ok=True), limit=ANSWER_LIMIT
        )
        api.upload_folder(
            repo_id=repository.repo_id,
            repo_type=kind,
            folder_path=folder,
            allow_patterns=allow_patterns,
        )
    except (httpx2.HTTPError, OSError, RuntimeError, ValueError) as error:
        if isinstance(error, HfHubHTTPError) and error.response.status_code in (401, 403):
            raise ImggenError(
                f"The Hub does not let you publish {repo_id!r}: log in with a token that may write there "
                "(`hf auth login`)."
            ) from error
        raise ImggenError(
            f"{repo_id!r} could not be published ({type(error).__name__}): check the name, the network, "
            "and that you are logged in (`hf auth login`)."
        ) from error
    return str(repository)
