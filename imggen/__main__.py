"""``python -m imggen``: see :mod:`imggen.cli`."""

import sys

from imggen.cli import main

if __name__ == "__main__":
    sys.exit(main())
