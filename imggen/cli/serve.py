"""``imggen app``, and ``python app.py``: start the app in the browser."""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imggen.errors import ImggenError
from imggen.imaging.limits import WORKING_PIXELS

#: Exit code after Ctrl-C, as shells count it: 128 and the number of the signal.
INTERRUPTED = 130


def add_to(commands: Any) -> None:
    """Add the verb to the parser."""
    parser = commands.add_parser("app", help="start the app in the browser")
    _add_arguments(parser)
    parser.set_defaults(run=lambda options: start(_checked(options, parser)))


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the arguments of app.py; ends the process with an error message where they are wrong."""
    parser = argparse.ArgumentParser(prog="app.py", description="imggen in the browser")
    _add_arguments(parser)
    return _checked(parser.parse_args(arguments), parser)


def main() -> int:
    """Start the app with the arguments of the process. Returns the exit code."""
    return start(parse())


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default=None, help="address to listen on; 0.0.0.0 for the whole network")
    parser.add_argument("--port", type=int, default=None, help="default: the first free one from 7860")
    parser.add_argument("--share", action="store_true", help="also make a public link through gradio.live")
    parser.add_argument("--share-anyone", action="store_true", help="let --share do without a login")
    parser.add_argument("--auth", metavar="USER:PASS", help="ask for this login")
    parser.add_argument("--offline", action="store_true", help="never contact the Hugging Face Hub")
    parser.add_argument("--models", nargs="+", default=[], metavar="DIR_OR_REPO", help="your own checkpoints")
    parser.add_argument("--runs", type=Path, metavar="DIR", help="also show the trainings in this folder")
    parser.add_argument("--no-visitor-models", action="store_true", help="visitors may not load models from the Hub")
    parser.add_argument("--vgg16", type=Path, metavar="PATH", help="VGG-16 (safetensors), for style optimisation")
    parser.add_argument(
        "--ray", metavar="ADDRESS", help="run the jobs on this Ray cluster; visitors load no models then"
    )
    parser.add_argument(
        "--mcp", action="store_true", help="also offer the jobs as tools to language models, over MCP; has no login"
    )
    parser.add_argument("--queue-size", type=int, help="most jobs at once, waiting and running; more are refused")
    parser.add_argument(
        "--max-pixels", type=int, default=WORKING_PIXELS, help="shrink larger photos to so many pixels first"
    )


def _checked(options: argparse.Namespace, parser: argparse.ArgumentParser) -> argparse.Namespace:
    if options.auth is not None and not all(options.auth.partition(":")):
        parser.error("--auth needs a user and a password: --auth USER:PASS")
    if options.share and not options.auth and not options.share_anyone:
        parser.error("--share opens this machine to all who have the link: add --auth USER:PASS, or --share-anyone")
    if options.mcp and options.auth:
        parser.error("--mcp has no login: leave --auth out, or do without --mcp")
    if options.max_pixels < 1 or (options.queue_size is not None and options.queue_size < 1):
        parser.error("--max-pixels and --queue-size must be positive")
    if options.port is not None and not 0 < options.port < 65536:
        parser.error("--port must be a number from 1 to 65535")
    if options.vgg16 is not None and not options.vgg16.is_file():
        parser.error(f"--vgg16: there is no file {str(options.vgg16)!r}")
    return options


def start(options: argparse.Namespace) -> int:
    """Build the app and serve it until the process is stopped. Returns the exit code."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    if options.offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    temporary = _own_temporary_folder()
    # Until the page answers nearly all that is imported and built stays: to look for garbage in it again and again
    # would take a tenth of that time.
    gc.disable()
    try:
        from imggen.engine.memory import share_memory
        from imggen.ui.quick_gradio import import_gradio

        import_gradio(with_mcp=options.mcp)
        from imggen.ui.serving.server import serve

        share_memory()
        code = serve(options)
    except ImggenError as error:
        print(error, file=sys.stderr)
        code = 2
    except KeyboardInterrupt:  # while it starts; from then on it ends in order
        print("Stopped.", file=sys.stderr)
        code = INTERRUPTED
    finally:
        gc.enable()
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
    if code == 0:
        sys.stdout.flush()
        sys.stderr.flush()
        # Threads inside PyTorch that still run would make the interpreter abort while it takes itself apart.
        os._exit(0)
    return code


def _own_temporary_folder() -> Path | None:
    """A folder for uploads and results that goes with the process; None where the user names one.

    Gradio reads its place when it is imported.
    """
    if os.environ.get("GRADIO_TEMP_DIR"):
        return None
    folder = Path(tempfile.mkdtemp(prefix="imggen-"))
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    return folder
