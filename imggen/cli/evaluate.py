"""``imggen evaluate``: measure models and write the numbers into their cards."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imggen.cli.named import find_model, folder_of
from imggen.errors import InputError
from imggen.version import __version__

if TYPE_CHECKING:
    from imggen.store.model_info import ModelInfo

DTYPES = ("float32", "bfloat16", "float16")


def add_to(commands: Any) -> None:
    """Add the verb to the parser."""
    parser = commands.add_parser("evaluate", help="measure models and write the numbers into their model cards")
    parser.add_argument("models", metavar="MODEL", nargs="+", help="id of a model, or a checkpoint folder")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of test images")
    parser.add_argument("--vgg16", type=Path, metavar="PATH", help="VGG-16 features (safetensors)")
    parser.add_argument("--dtype", choices=DTYPES, help="precision; the fastest on this machine by default")
    parser.add_argument(
        "--jpeg",
        type=int,
        nargs="+",
        default=[],
        metavar="QUALITY",
        help="of upscalers: measure on inputs stored as JPEGs of these qualities too, 1 to 100",
    )
    parser.set_defaults(run=_evaluate)


def _evaluate(options: argparse.Namespace) -> None:
    from imggen.metrics.evaluators import EVALUATORS

    if not options.data.is_dir():
        raise InputError(f"The folder {str(options.data)!r} does not exist.")
    infos = [find_model(model) for model in options.models]
    for info in infos:
        if info.task not in EVALUATORS:
            known = ", ".join(EVALUATORS)
            raise InputError(f"{info.id!r} is made for {info.task!r}; this version can measure {known}.")
        if options.jpeg and info.task != "super_resolution":
            raise InputError(f"--jpeg is for upscalers; {info.id!r} is made for {info.task!r}.")
    if any(not 1 <= quality <= 100 for quality in options.jpeg):
        raise InputError("A JPEG quality of --jpeg must be a whole number from 1 to 100.")
    for model, info in zip(options.models, infos, strict=True):
        _measure(model, info, options)


def _measure(model: str, info: ModelInfo, options: argparse.Namespace) -> None:
    import torch

    import imggen
    from imggen.metrics import card
    from imggen.metrics.evaluators import EVALUATORS

    dtype = getattr(torch, options.dtype) if options.dtype else None
    further = {"jpeg": options.jpeg} if options.jpeg else {}
    evaluation = EVALUATORS[info.task](
        lambda precision: imggen.load(model, dtype=precision), options.data, options.vgg16, dtype, **further
    )
    made_by = f"Made by imggen {__version__} with `{_command(info, options)}`."
    evaluation = replace(evaluation, notes=[*evaluation.notes, made_by])
    print(evaluation.to_markdown())
    folder = folder_of(info)
    if folder is None:
        print(f"The card of {info.id} is on the Hub and was not changed.", file=sys.stderr)
    else:
        card.write(folder, info.title, evaluation)


def _command(info: ModelInfo, options: argparse.Namespace) -> str:
    """The command as another person would type it: without the folders of this machine."""
    words = ["python", "-m", "imggen", "evaluate", info.id, "--data", options.data.resolve().name]
    if options.vgg16:
        words += ["--vgg16", options.vgg16.name]
    if options.dtype:
        words += ["--dtype", options.dtype]
    if options.jpeg:
        words += ["--jpeg", *map(str, options.jpeg)]
    return shlex.join(words)
