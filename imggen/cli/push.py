"""``imggen push``: publish a checkpoint folder on the Hugging Face Hub."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from imggen.cli.named import find_model, folder_of
from imggen.errors import CheckpointError


def add_to(commands: Any) -> None:
    """Add the verb to the parser."""
    parser = commands.add_parser("push", help="publish a checkpoint folder on the Hugging Face Hub")
    parser.add_argument("model", metavar="MODEL", help="id of a model, or a checkpoint folder")
    parser.add_argument("repo_id", metavar="REPO_ID", help="where to: owner/name")
    parser.set_defaults(run=_push)


def _push(options: argparse.Namespace) -> None:
    from imggen.store.push import push_folder

    info = find_model(options.model)
    folder = folder_of(info)
    if folder is None:
        raise CheckpointError(f"{options.model!r} is on the Hub already; only a checkpoint folder can be published.")
    print(f"Publishing {info.title} on the Hub as {options.repo_id}.", file=sys.stderr, flush=True)
    print(push_folder(folder, options.repo_id))
