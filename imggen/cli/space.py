"""``imggen space``: make a Hugging Face Space of the app."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any


def add_to(commands: Any) -> None:
    """Add the verb to the parser."""
    parser = commands.add_parser("space", help="publish the app as a Hugging Face Space")
    parser.add_argument("repo_id", metavar="REPO_ID", help="where to: owner/name")
    parser.add_argument("--folder", type=Path, help="write the Space's files there, and publish nothing")
    parser.set_defaults(run=_space)


def _space(options: argparse.Namespace) -> None:
    from imggen.errors import InputError
    from imggen.store.push import upload
    from imggen.store.space import assemble

    if options.folder is not None:
        if options.folder.exists():
            raise InputError(f"{str(options.folder)!r} exists already: name a folder that does not.")
        options.folder.mkdir(parents=True)
        assemble(options.folder)
        print(options.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        assemble(Path(folder))
        print(f"Publishing the app as the Space {options.repo_id}.", file=sys.stderr, flush=True)
        print(upload(Path(folder), options.repo_id, as_space=True))
