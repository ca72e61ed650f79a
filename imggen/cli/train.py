"""``imggen train``, and ``accelerate launch train.py``: train a model from a recipe.

On CPUs ``accelerate launch`` uses one thread unless told ``--num_cpu_threads_per_process N``, and one process whatever
it is told; for several processes use ``torchrun --standalone --nproc_per_node 2 train.py ...``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from imggen.errors import ImggenError


def add_to(commands: Any) -> None:
    """Add the verb to the parser."""
    parser = commands.add_parser("train", help="train a model from a recipe")
    _add_arguments(parser)
    parser.set_defaults(run=_train)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the arguments of train.py and train. Returns the exit code: 0, or 2 after an error message."""
    parser = argparse.ArgumentParser(prog="train.py", description="Train a model from a recipe.")
    _add_arguments(parser)
    options = parser.parse_args(arguments)
    try:
        _train(options)
    except ImggenError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    return 0


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", help="name of a recipe, see the README, or the path of a YAML file")
    parser.add_argument("--data", required=True, help="folder of images, or a Hub dataset owner/name")
    parser.add_argument("--output", required=True, type=Path, help="checkpoint folder to write")
    parser.add_argument("--resume", action="store_true", help="go on from the training state in the output folder")
    parser.add_argument(
        "--watch", action="store_true", help="also show losses and sample sheets in the browser, on this machine"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides", help="change one recipe setting"
    )


def _train(options: argparse.Namespace) -> None:
    from imggen.training import train
    from imggen.ui.watch_app import shown_in_browser

    with shown_in_browser(options.output) if options.watch else nullcontext():
        train(options.recipe, options.data, options.output, options.resume, options.overrides)
