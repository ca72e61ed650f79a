"""``imggen refine``: put a super-resolution network behind a generator."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from imggen.cli.named import find_model, folder_of
from imggen.errors import CheckpointError


def add_to(commands: Any) -> None:
    """Add the verb to the parser."""
    parser = commands.add_parser("refine", help="put a super-resolution network behind a generator, for finer detail")
    parser.add_argument("generator", metavar="MODEL", help="id of a model, or a checkpoint folder")
    parser.add_argument("upscaler", metavar="UPSCALER", help="the same, of a super-resolution network")
    parser.add_argument("output", type=Path, metavar="FOLDER", help="where the result goes; may not exist yet")
    parser.add_argument("--enlarge", action="store_true", help="make the pictures larger, not only finer")
    parser.set_defaults(run=_refine)


def _refine(options: argparse.Namespace) -> None:
    from imggen.training.gan.refine import refine

    generator, upscaler = (folder_of(find_model(model)) for model in (options.generator, options.upscaler))
    if generator is None or upscaler is None:
        raise CheckpointError("Only checkpoint folders can be put together: download what is on the Hub first.")
    refine(generator, upscaler, options.output, options.enlarge)
    print(options.output)
