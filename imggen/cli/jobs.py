"""``imggen upscale``, ``stylize``, ``night``, ``day``, ``sample`` and ``morph``: the jobs of the app on many files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from imggen.cli.pictures import find_pictures, output_path
from imggen.errors import InputError, join_names
from imggen.imaging.batch import make_parent_folder
from imggen.imaging.folders import SUFFIXES
from imggen.pipelines.day_night.tuning import DUSK, SKIES
from imggen.pipelines.generators.point import keyframes
from imggen.tasks import TASKS

_FORMATS = ("png", "jpg", "webp")


def add_to(commands: Any) -> None:
    """Add the verbs to the parser."""
    upscale = _photo_verb(commands, "upscale", "enlarge photos, up to four times", "super_resolution", _upscale)
    upscale.add_argument("--detail", type=float, default=0.5, help="0 faithful to 1 detailed (default: 0.5)")
    large = upscale.add_mutually_exclusive_group()
    large.add_argument("--scale", type=float, default=4, help="factor on width and height, 1 to 4 (default: 4)")
    large.add_argument("--size", type=int, metavar="PIXELS", help="longest side of the result instead")

    stylize = _photo_verb(commands, "stylize", "paint photos in a style", "style_transfer", _stylize)
    stylize.add_argument("--style", required=True, help="name of a style of the model, or a picture file")
    stylize.add_argument("--strength", type=float, default=1.0, help="0 the photo to 1 the style (default: 1)")
    stylize.add_argument("--keep-colors", action="store_true", help="keep the colours of the photo")

    night = _photo_verb(commands, "night", "turn photos of the day into night", "day_night", _relight)
    _add_light(night, "day2night", DUSK, "dusk 0.7, full night 1")
    night.add_argument("--sky", choices=list(SKIES), default=next(iter(SKIES)), help="(default: %(default)s)")
    night.add_argument("--seed", type=int, default=0, help="number that chooses which windows are lit (default: 0)")
    day = _photo_verb(commands, "day", "turn photos of the night into day", "day_night", _relight)
    _add_light(day, "night2day", 1.0, "dawn 0.5, full day 1")

    sample = commands.add_parser("sample", help="draw new pictures, each from a seed")
    _add_output(sample, "sampling", "folder for the pictures, or the file of a single one")
    sample.add_argument("--count", type=int, default=1, help="number of pictures (default: 1)")
    sample.add_argument("--seed", type=int, default=0, help="seed of the first picture (default: 0)")
    sample.add_argument("--truncation", type=float, default=1.0, help="0 typical to 1 varied (default: 1)")
    sample.add_argument("--class", dest="classes", action="append", help="class to draw; may be repeated")
    sample.set_defaults(run=_sample)

    morph = commands.add_parser("morph", help="make a film between seeds")
    _add_output(morph, "interpolation", "the film, .webp or .mp4, or a folder for it")
    morph.add_argument("seeds", nargs="+", type=int, metavar="SEED", help="at least two, in the order of the film")
    morph.add_argument(
        "--class",
        dest="class_name",
        metavar="NAME",
        help="class of all keyframes, with a model that has classes (default: its first)",
    )
    morph.add_argument("--frames", type=int, default=60, help="number of frames (default: 60)")
    morph.add_argument("--loop", action="store_true", help="go back to the first seed")
    morph.set_defaults(run=_morph)


def _add_light(parser: argparse.ArgumentParser, direction: str, time: float, times: str) -> None:
    """Add the options that both directions, day to night and night to day, have."""
    parser.add_argument("--strength", type=float, default=1.0, help="0 the photo to 1 the result (default: 1)")
    words = f"time of day, from 0, that of the photo: {times} (default: {time:g})"
    parser.add_argument("--time", type=float, default=time, help=words)
    parser.add_argument(
        "--glow", type=float, default=1.0, help="light of lamps: 0 none, 1 as they are, up to 2 (default: 1)"
    )
    parser.set_defaults(direction=direction)


def _photo_verb(
    commands: Any, verb: str, words: str, task: str, work: Callable[[Any, argparse.Namespace], Any]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(verb, help=words)
    parser.add_argument("inputs", nargs="+", metavar="IN", help="pictures, folders, or patterns such as '*.jpg'")
    _add_output(parser, task, "folder for the results, or the file of a single one")
    parser.set_defaults(run=lambda options: _each_photo(options, work))
    return parser


def _add_output(parser: argparse.ArgumentParser, task: str, words: str) -> None:
    default = TASKS[task].default_model
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help=words)
    parser.add_argument("--model", default=default, help=f"id, checkpoint folder or owner/name (default: {default})")
    parser.add_argument("--format", choices=_FORMATS, default="png", help="format of files in a folder (default: png)")
    parser.add_argument("--quality", type=int, default=92, help="quality of JPEG and WebP, 1 to 100 (default: 92)")


def _each_photo(
    options: argparse.Namespace, work: Callable[[Any, argparse.Namespace], tuple[Callable[[Image.Image], Any], str]]
) -> int:
    """Run a job on every photo. A photo that fails is reported and skipped; the exit code is 1 then."""
    import imggen
    from imggen.imaging.batch import each_photo

    photos = find_pictures(options.inputs)
    _check_output(options, len(photos) == 1)
    job, suffix = work(imggen.load(options.model), options)

    def target(path: Path) -> Path:
        return output_path(options.output, len(photos) == 1, f"{path.stem}_{suffix}", options.format)

    failed = 0
    said = ""
    for event in each_photo(photos, lambda photo: iter([job(photo)]), target, options.quality):
        if event.problem:
            failed += 1
            problem = "the same." if event.problem == said else event.problem  # a wrong setting fails with every photo
            said = event.problem
            print(f"{event.photo}: {problem}", file=sys.stderr)
        else:
            print(f"{event.number}/{len(photos)} {event.result}", flush=True)
    return 1 if failed else 0


def _upscale(pipeline: Any, options: argparse.Namespace) -> tuple[Callable[[Image.Image], Any], str]:
    from imggen.pipelines.result_size import in_words

    size = {"scale": options.scale, "size": options.size}
    return lambda photo: pipeline.upscale(photo, detail=options.detail, **size), in_words(*size.values())


def _stylize(pipeline: Any, options: argparse.Namespace) -> tuple[Callable[[Image.Image], Any], str]:
    from imggen.imaging.decode import open_image

    file = Path(options.style)
    if file.suffix.lower() in SUFFIXES and not file.is_file():
        raise InputError(f"There is no picture at {options.style!r}.")
    style = open_image(file) if file.is_file() else options.style
    return (
        lambda photo: pipeline.stylize(photo, style, strength=options.strength, keep_colors=options.keep_colors),
        file.stem,
    )


def _relight(pipeline: Any, options: argparse.Namespace) -> tuple[Callable[[Image.Image], Any], str]:
    target = options.direction.partition("2")[2]
    names = ("strength", "time", "glow", "sky", "seed")
    light = {name: getattr(options, name) for name in names if hasattr(options, name)}  # days have no sky and seed
    return lambda photo: pipeline.translate(photo, options.direction, **light), target


def _sample(options: argparse.Namespace) -> None:
    import imggen
    from imggen.imaging.save import save_picture

    _check_output(options, options.count * len(options.classes or [""]) == 1)
    pipeline = imggen.load(options.model)
    arguments: dict[str, Any] = {"count": options.count, "seed": options.seed, "truncation": options.truncation}
    if pipeline.task == "conditional":
        if not options.classes:
            names = join_names(pipeline.info.class_names[:8])
            raise InputError(f"{pipeline.info.id} has classes: choose with --class, such as {names}.")
        arguments["classes"] = options.classes
    elif options.classes:
        raise _no_classes(pipeline)
    pictures = pipeline.sample(**arguments)
    stems = options.classes or [pipeline.info.id.rpartition("/")[2]]
    for number, picture in enumerate(pictures):
        stem = f"{stems[number // options.count]}_seed{options.seed + number % options.count}"
        target = output_path(options.output, len(pictures) == 1, stem, options.format)
        make_parent_folder(target)
        print(save_picture(picture, target, options.quality))


def _check_output(options: argparse.Namespace, single: bool) -> None:
    """Check how pictures are to be saved, before they are made. Raises :class:`InputError`."""
    from imggen.imaging.save import check_saving

    check_saving(output_path(options.output, single, "picture", options.format), options.quality)


def _no_classes(pipeline: Any) -> InputError:
    return InputError(f"{pipeline.info.id} has no classes: leave --class out.")


def _morph(options: argparse.Namespace) -> None:
    import imggen
    from imggen.imaging.animation import save_mp4, save_webp

    pipeline = imggen.load(options.model)
    stem = f"{pipeline.info.id.rpartition('/')[2]}_{'-'.join(map(str, options.seeds))}"
    target = output_path(options.output, True, stem, "webp")
    if target.suffix.lower() not in (".webp", ".mp4"):
        raise InputError(f"Films are saved as .webp or .mp4, not as {target.name!r}.")
    if options.class_name and not pipeline.info.class_names:
        raise _no_classes(pipeline)
    places = keyframes(options.seeds, pipeline.info.class_names, options.class_name)
    frames = pipeline.interpolate(places, frames=options.frames, loop=options.loop)
    make_parent_folder(target)
    print((save_mp4 if target.suffix.lower() == ".mp4" else save_webp)(frames, target))
