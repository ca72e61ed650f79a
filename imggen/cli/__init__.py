"""The command line, ``imggen VERB`` or ``python -m imggen VERB``: one file for each verb or group of verbs.

Each of these files has ``add_to(commands)``, which adds its verbs to the parser.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from imggen.cli import benchmark, evaluate, jobs, push, refine, serve, space, train
from imggen.cli.serve import INTERRUPTED
from imggen.errors import ImggenError, InputError, closest
from imggen.version import __version__

VERBS = (serve, jobs, train, evaluate, benchmark, refine, push, space)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0, 2 after an error message, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="imggen", description="Generate, interpolate, paint, relight and enlarge pictures, and train the models."
    )
    parser.add_argument("--version", action="version", version=f"imggen {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for verb in VERBS:
        verb.add_to(commands)
    typed = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if typed and not typed[0].startswith("-") and typed[0] not in commands.choices:
            raise InputError(f"There is no command {typed[0]!r}.{closest(typed[0], commands.choices)}")
        options = parser.parse_args(typed)
        return options.run(options) or 0
    except ImggenError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
