"""``python -m imggen``: measure, refine and publish models."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from imggen.errors import CheckpointError, ImggenError, InputError
from imggen.version import __version__

if TYPE_CHECKING:
    from imggen.store.catalogue import ModelInfo

DTYPES = ("float32", "bfloat16", "float16")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0, or 2 after a mistake that is told in one sentence."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except ImggenError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m imggen", description="Measure, refine and publish models.")
    parser.add_argument("--version", action="version", version=f"imggen {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    evaluate = commands.add_parser("evaluate", help="measure models and write the numbers into their model cards")
    evaluate.add_argument("models", metavar="MODEL", nargs="+", help="id of a model, or a checkpoint folder")
    evaluate.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of test images")
    evaluate.add_argument("--vgg16", type=Path, metavar="PATH", help="VGG-16 features (safetensors)")
    evaluate.add_argument("--dtype", choices=DTYPES, help="precision; the fastest on this machine by default")
    evaluate.set_defaults(run=_evaluate)

    refine = commands.add_parser("refine", help="put a super-resolution network behind a generator, for finer detail")
    refine.add_argument("generator", metavar="MODEL", help="id of a model, or a checkpoint folder")
    refine.add_argument("upscaler", metavar="UPSCALER", help="the same, of a super-resolution network")
    refine.add_argument("output", type=Path, metavar="FOLDER", help="where the result goes; may not exist yet")
    refine.set_defaults(run=_refine)

    push = commands.add_parser("push", help="publish a checkpoint folder on the Hugging Face Hub")
    push.add_argument("model", metavar="MODEL", help="id of a model, or a checkpoint folder")
    push.add_argument("repo_id", metavar="REPO_ID", help="where to: owner/name")
    push.set_defaults(run=_push)
    return parser


def _evaluate(options: argparse.Namespace) -> None:
    from imggen.metrics.evaluators import EVALUATORS

    if not options.data.is_dir():
        raise InputError(f"The folder {str(options.data)!r} does not exist.")
    infos = [_find(model) for model in options.models]
    for info in infos:
        if info.task not in EVALUATORS:
            known = ", ".join(EVALUATORS)
            raise InputError(f"{info.id!r} is made for {info.task!r}; this version can measure {known}.")
    for model, info in zip(options.models, infos, strict=True):
        _measure(model, info, options)


def _measure(model: str, info: ModelInfo, options: argparse.Namespace) -> None:
    import torch

    import imggen
    from imggen.metrics import card
    from imggen.metrics.evaluators import EVALUATORS

    dtype = getattr(torch, options.dtype) if options.dtype else None
    evaluation = EVALUATORS[info.task](
        lambda precision: imggen.load(model, dtype=precision), options.data, options.vgg16, dtype
    )
    made_by = f"Made by imggen {__version__} with `{_command(info, options)}`."
    evaluation = replace(evaluation, notes=[*evaluation.notes, made_by])
    print(evaluation.to_markdown())
    folder = _folder(info)
    if folder is None:
        print(f"The card of {info.id} is on the Hub and was not changed.", file=sys.stderr)
    else:
        card.write(folder, info.title, evaluation)


def _refine(options: argparse.Namespace) -> None:
    from imggen.training.gan.refine import refine

    generator, upscaler = (_folder(_find(model)) for model in (options.generator, options.upscaler))
    if generator is None or upscaler is None:
        raise CheckpointError("Only checkpoint folders can be put together: download what is on the Hub first.")
    refine(generator, upscaler, options.output)


def _push(options: argparse.Namespace) -> None:
    from imggen.store.push import publish

    info = _find(options.model)
    folder = _folder(info)
    if folder is None:
        raise CheckpointError(f"{options.model!r} is on the Hub already; only a checkpoint folder can be published.")
    print(f"Publishing {info.title} on the Hub as {options.repo_id}.", file=sys.stderr, flush=True)
    print(publish(folder, options.repo_id))


def _find(model: str) -> ModelInfo:
    """Describe the one model that the user named."""
    from imggen.store.catalogue import Catalog, resolve

    catalog = Catalog()
    if model in (info.id for info in catalog.models()):
        return catalog.get(model)
    found = list(resolve(model))
    if len(found) > 1:
        raise CheckpointError(f"The folder {model!r} holds {len(found)} checkpoints; name one of them.")
    return found[0]


def _folder(info: ModelInfo) -> Path | None:
    """The checkpoint folder of a model; None for one on the Hub, whose cached copy is not ours to change."""
    return info.source if isinstance(info.source, Path) and "/" not in info.id else None


def _command(info: ModelInfo, options: argparse.Namespace) -> str:
    """The command as another person would type it: without the folders of this machine."""
    words = ["python", "-m", "imggen", "evaluate", info.id, "--data", options.data.resolve().name]
    if options.vgg16:
        words += ["--vgg16", options.vgg16.name]
    if options.dtype:
        words += ["--dtype", options.dtype]
    return shlex.join(words)


if __name__ == "__main__":
    sys.exit(main())
