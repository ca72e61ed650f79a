"""Train a model: ``accelerate launch train.py RECIPE --data DIR_OR_HUB_DATASET --output DIR``."""

import sys

from imggen.cli.train import main

if __name__ == "__main__":
    sys.exit(main())
