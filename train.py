"""Train a model: ``accelerate launch train.py RECIPE --data DIR_OR_HUB_DATASET --output DIR``.

Plain ``python train.py ...`` works as well. On CPUs ``accelerate launch`` uses one thread unless told
``--num_cpu_threads_per_process N``, and one process whatever it is told; for several processes use
``torchrun --standalone --nproc_per_node 2 train.py ...``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from imggen.errors import ImggenError
from imggen.training import recipe_names, train


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and train. Returns the exit code: 0, or 2 after a mistake that the user can put right."""
    parser = argparse.ArgumentParser(prog="train.py", description="Train a model from a recipe.")
    parser.add_argument("recipe", help=f"one of {', '.join(recipe_names())}, or the path of a YAML file")
    parser.add_argument("--data", required=True, help="folder of images, or a Hub dataset owner/name")
    parser.add_argument("--output", required=True, type=Path, help="checkpoint folder to write")
    parser.add_argument("--resume", action="store_true", help="go on from the training state in the output folder")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides", help="change one recipe setting"
    )
    options = parser.parse_args(arguments)
    try:
        train(options.recipe, options.data, options.output, options.resume, options.overrides)
    except ImggenError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
