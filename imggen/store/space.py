"""A Hugging Face Space of the app: the folder that is its repository."""

from __future__ import annotations

import json
import re
import shutil
from importlib import metadata
from pathlib import Path

import imggen
from imggen.store.catalogue import HUB_CATALOG, WEIGHTS_DIR
from imggen.store.file_names import DISCRIMINATOR_NAME

#: Libraries that the app itself does not need, but training and measuring do.
_NOT_SERVED = frozenset({"accelerate", "tensorboard", "tqdm"})
_APP = '''"""Start the app in a Space, where one proxy of the host stands in front and names the visitors."""

import os
import sys

os.environ.setdefault("IMGGEN_TRUSTED_PROXIES", "1")

from imggen.cli.serve import main

if __name__ == "__main__":
    sys.exit(main())
'''
_IN_LFS = ("safetensors", "png", "webp", "jpg")


def assemble(folder: Path) -> None:
    """Write the repository of a Space into an empty folder: the package, the weights, and what a Space asks for.

    The libraries are pinned to the versions of this environment, so that the Space runs what was tried here.
    """
    package = Path(imggen.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__", "weights", DISCRIMINATOR_NAME)
    shutil.copytree(package, folder / "imggen", ignore=ignored)
    shutil.copytree(WEIGHTS_DIR, folder / "weights", ignore=shutil.ignore_patterns("__pycache__", DISCRIMINATOR_NAME))
    (folder / "app.py").write_text(_APP, encoding="utf-8")
    attributes = "".join(f"*.{ending} filter=lfs diff=lfs merge=lfs -text\n" for ending in _IN_LFS)
    (folder / ".gitattributes").write_text(attributes, encoding="utf-8")
    (folder / "requirements.txt").write_text("".join(f"{pin}\n" for pin in _pins()), encoding="utf-8")
    (folder / "README.md").write_text(_card(), encoding="utf-8")


def _pins() -> list[str]:
    """The libraries that the app needs, each at the version that is installed here."""
    names = (_library(line) for line in _requirements())
    return [f"{name}=={metadata.version(name)}" for name in names if name not in _NOT_SERVED]


def _requirements() -> list[str]:
    beside = Path(imggen.__file__).parents[1] / "requirements.txt"
    if beside.is_file():
        return [line for line in beside.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [line for line in metadata.requires("imggen") or [] if "extra ==" not in line]


def _library(requirement: str) -> str:
    return re.split(r"[<>=!~;\[ ]", requirement, maxsplit=1)[0]


def _card() -> str:
    repositories = sorted({model["repo_id"] for model in json.loads(HUB_CATALOG.read_text(encoding="utf-8"))})
    models = "".join(f"- {repository}\n" for repository in repositories)
    return f"""---
title: imggen
emoji: 🖼️
colorFrom: indigo
colorTo: green
sdk: gradio
sdk_version: {metadata.version("gradio")}
python_version: "3.11"
app_file: app.py
license: apache-2.0
short_description: Paint, relight, enlarge and invent pictures
tags: [image-generation, style-transfer, image-to-image, super-resolution]
models:
{models}---

# imggen

Paint, relight, enlarge and invent pictures, with small networks that run on a CPU in about a second.
"""
