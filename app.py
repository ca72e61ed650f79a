"""Start the app: ``python app.py``, then open the address it prints."""

import sys

from imggen.cli.serve import main, parse

__all__ = ["main", "parse"]

if __name__ == "__main__":
    sys.exit(main())
