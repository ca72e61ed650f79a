"""The part of the conditional tab for models of characters: a word, a drawn letter's alphabet, a font to keep."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import gradio as gr
from gradio.components.image_editor import EditorData
from PIL import Image

from imggen.engine.engine import Engine
from imggen.engine.jobs import Progress
from imggen.errors import ImageError, InputError
from imggen.imaging.decode import open_image, recipe_of
from imggen.imaging.recipe import RECIPE_KEY
from imggen.pipelines import Pipeline, Report
from imggen.pipelines.generators.point import Point
from imggen.ranges import MAX_WORD
from imggen.store.class_names import are_characters
from imggen.store.model_info import ModelInfo
from imggen.tasks import TASKS
from imggen.ui import showcase_pictures as showcase
from imggen.ui.shared import result_names
from imggen.ui.shared.jobs import Changes, Running, connect_job
from imggen.ui.shared.latent_panel import generator
from imggen.ui.shared.parts import (
    JOBS,
    QUIET,
    answered,
    chosen_model,
    new_folder,
    photo_input,
    png_file,
    progress_line,
    shown_errors,
)
from imggen.ui.shared.seeds import half_width
from imggen.ui.words import say

if TYPE_CHECKING:
    from imggen.pipelines.generators.typeface import Face, Specimen, Typeface

T = TypeVar("T")

WORD, SEED, LETTER = showcase.WORD, str(showcase.FACE), "R"
EXAMPLE = f"Press **Set the word**. Here is an example of {TASKS['conditional'].default_model}."
#: What stands for the face of the visitor's own letter where a seed can be typed.
OWN = "my letter"
#: Side of the drawing pad, in pixels.
_PAD = 400
#: Side of the letter so far, while it is looked for; small pictures are shown enlarged.
_SHOWN = 256


class TypefacePanel(NamedTuple):
    """What other parts of the page need of the panel.

    Attributes:
        restorable: word, face and own letter: what :func:`restored_word` gives the values of.
        picture: the word; a file with its recipe.
        jobs: those that set a word.
    """

    restorable: list[gr.components.Component]
    picture: gr.Image
    jobs: list[Running]


def build(engine: Engine, models: list[ModelInfo], model: gr.Dropdown, truncation: gr.Slider) -> TypefacePanel:
    """Add the panel, which is seen only while a model of characters is chosen.

    Args:
        engine: runs the models.
        models: those of the tab, the one chosen at first in front.
        model: id of the model.
        truncation: of seeds.
    """
    first = next((info for info in models if are_characters(info.class_names)), models[0])
    with gr.Column(visible=models[0] is first and are_characters(first.class_names), elem_id="typeface") as panel:
        gr.Markdown("### A typeface from one seed")
        with gr.Row():
            with gr.Column(scale=2, min_width=320):
                word = gr.Textbox(
                    _first_word(first),
                    label="Word",
                    info=_word_help(first),
                    max_length=MAX_WORD,
                    elem_id="typeface-word",
                )
                face = gr.Textbox(
                    SEED, label="Face", info="A seed: each is a typeface of its own.", max_length=40,
                    elem_id="typeface-face",
                )  # fmt: skip
                start = gr.Button("Set the word", variant="primary", elem_id="typeface-start")
                with gr.Accordion("Your own letter", open=False, elem_id="typeface-own"):
                    pad = _pad()
                    upload = gr.UploadButton(
                        "Upload a picture of one instead", file_types=["image"], size="sm", elem_id="typeface-upload"
                    )
                    letter = gr.Dropdown(
                        _characters(first), value=_preferred(first), label="It is the letter", elem_id="typeface-letter"
                    )
                    letter.preprocess = lambda payload: payload  # type: ignore[method-assign]
                    with gr.Row():
                        project = gr.Button("Draw its alphabet", min_width=100, elem_id="typeface-project")
                        stop = gr.Button("Stop", variant="stop", min_width=100, visible=False, elem_id="typeface-stop")
            with gr.Column(scale=3, min_width=320):
                status = gr.Markdown(EXAMPLE, elem_id="typeface-status")
                shown = _picture("Word", "typeface-result", showcase.WORD_PICTURE)
                sheet = _picture("Characters", "typeface-sheet", showcase.CHARACTERS)
                download = gr.DownloadButton("Download as a font", interactive=False, elem_id="typeface-font")
    own = gr.State(None)
    outputs = [shown, sheet, download, face, own]

    def results(made: Specimen) -> dict[Any, Any]:
        name = result_names.of_seeds(made.sheet.info[RECIPE_KEY])
        return {
            shown: png_file(shown, made.word, f"{name}_word.png"),
            sheet: png_file(sheet, made.sheet, f"{name}_characters.png"),
            download: gr.DownloadButton(value=font_file(download, made.font, f"{name}.ttf"), interactive=True),
        }

    def set_in_tab(model_id: Any, text: Any, named: Any, share: Any, place: Any) -> Iterator[Changes]:
        began = time.monotonic()
        chosen = read_face(named, place)
        for progress in specimen_steps(engine, model_id, text, chosen, share):
            if progress.result is None:
                yield {status: progress_line(progress)}
            else:
                yield {status: say(f"Set in {time.monotonic() - began:.1f} s."), **results(progress.result)}

    def draw_alphabet(model_id: Any, drawing: Any, character: Any, text: Any) -> Iterator[Changes]:
        began = time.monotonic()
        for progress in own_letter_steps(engine, model_id, drawing, character, text):
            if progress.result is not None:
                place, made = progress.result
                seconds = f"{time.monotonic() - began:.1f} s"
                line = say(f"The alphabet of your letter, found in {seconds}. It is now the face “{OWN}”.")
                yield {status: line, face: OWN, own: place, **results(made)}
            elif progress.preview is not None:
                so_far = progress.preview.resize((_SHOWN, _SHOWN), Image.Resampling.BICUBIC)
                yield {status: progress_line(progress), shown: png_file(shown, so_far, "so_far.png")}
            else:
                yield {status: progress_line(progress)}

    def take_upload(path: str | None) -> Any:
        with shown_errors():
            return open_image(path) if path else gr.skip()

    def model_changed(model_id: str, character: Any) -> list[Any]:
        info = engine.catalog.get(model_id)
        if not are_characters(info.class_names):
            return [gr.Column(visible=False), gr.skip(), gr.skip()]
        kept = character if character in info.class_names else _preferred(info)
        return [gr.Column(visible=True), gr.Textbox(info=_word_help(info)), gr.Dropdown(_characters(info), value=kept)]

    triggers = [start.click, word.submit, face.submit]
    jobs = [
        connect_job(triggers, stop, status, set_in_tab, [model, word, face, truncation, own], outputs),
        connect_job([project.click], stop, status, draw_alphabet, [model, pad, letter, word], outputs),
    ]
    upload.upload(take_upload, upload, pad, **QUIET)
    model.change(model_changed, [model, letter], [panel, word, letter], **QUIET)
    _endpoints(engine, first)
    return TypefacePanel([word, face, own], shown, jobs)


def _endpoints(engine: Engine, first: ModelInfo) -> None:
    def write(made: Specimen) -> list[str]:
        name = result_names.of_seeds(made.sheet.info[RECIPE_KEY])
        return [png_file(picture, made.word, f"{name}_word.png"), font_file(file, made.font, f"{name}.ttf")]

    def set_word(model: Any, text: Any, seed: Any, truncation: Any) -> Iterator[Any]:
        """Set a word in the typeface of a seed.

        Args:
            model: id of a model whose classes are characters, see models.
            text: the word.
            seed: chooses the typeface.
            truncation: variety, towards 0 for an ever more typical typeface, to 1.
        Returns:
            The word as a PNG.
            The typeface as a TrueType font.
        """
        with shown_errors():
            yield from answered(specimen_steps(engine, model, text, read_face(seed, None), truncation), write)

    def own_letter(image: Any, character: Any, text: Any, model: Any) -> Iterator[Any]:
        """Find the typeface that a drawn letter could belong to, and set a word in it.

        Args:
            image: of the letter, dark on light.
            character: which letter it is.
            text: the word.
            model: id of a model whose classes are characters, see models.
        Returns:
            The word as a PNG.
            The typeface as a TrueType font.
        """
        with shown_errors():
            steps = own_letter_steps(engine, model, image, character, text)
            yield from answered(steps, lambda found: write(found[1]))

    model = gr.Textbox(first.id, visible=False, label="model")
    text = gr.Textbox(_first_word(first), visible=False, label="text")
    seed = gr.Textbox(SEED, visible=False, label="seed")
    share = gr.Number(1.0, visible=False, label="truncation")
    image = photo_input(visible=False, label="image")
    character = gr.Textbox(LETTER, visible=False, label="character")
    picture = gr.Image(visible=False, type="filepath", format="png", label="word")
    file = gr.File(visible=False, label="font")
    gr.Button(visible=False).click(set_word, [model, text, seed, share], [picture, file], api_name="set_word", **JOBS)
    gr.Button(visible=False).click(
        own_letter, [image, character, text, model], [picture, file], api_name="own_letter", **JOBS
    )


def specimen_steps(
    engine: Engine, model_id: Any, text: Any, face: Face, truncation: Any
) -> Iterator[Progress[Specimen]]:
    """Set a word and yield progress, the last with the result. Raises :class:`ImggenError`."""
    yield from _steps(engine, model_id, lambda typeface, report: typeface.specimen(text, face, truncation, report))


def own_letter_steps(
    engine: Engine, model_id: Any, drawing: Any, character: Any, text: Any
) -> Iterator[Progress[tuple[Point, Specimen]]]:
    """Find the face of a drawn letter and set a word in it; the last progress has both. Raises :class:`ImggenError`."""
    if drawing is None:
        raise InputError("Draw a letter first, or upload a picture of one.")

    def work(typeface: Typeface, report: Report) -> tuple[Point, Specimen]:
        typeface.line(text)  # a word that cannot be set is told before the search
        place = typeface.from_letter(drawing, character, report)
        return place, typeface.specimen(text, place)

    yield from _steps(engine, model_id, work)


def _steps(engine: Engine, model_id: Any, work: Callable[[Typeface, Report], T]) -> Iterator[Progress[T]]:
    chosen_model(engine, model_id)

    def of_typeface(pipeline: Pipeline, report: Report) -> T:
        from imggen.pipelines.generators.typeface import Typeface

        return work(Typeface(generator(pipeline)), report)

    yield from engine.stream(model_id, of_typeface)


def read_face(text: Any, own: Any) -> int | Point:
    """What was typed as the face: a seed, or the words for the visitor's own letter. Raises :class:`InputError`."""
    named = half_width(str(text)).strip()
    if named == OWN:
        if not isinstance(own, Point):
            raise InputError("There is no letter of yours yet. Draw one below, or type a seed.")
        return own
    if not re.fullmatch(r"[0-9]{1,10}", named):
        raise InputError(f"{named[:40]!r} is no face. Type a seed, which is a whole number from 0.")
    return int(named)


def restored_word(path: str | None) -> tuple[Any, Any, Any]:
    """Word, face and own letter of a saved word or sheet of characters; what the file does not hold stays as it is."""
    try:
        made = recipe_of(path) if path else None
    except ImageError:  # the tab tells of it
        made = None
    if made is None or made["task"] != "conditional":
        return gr.skip(), gr.skip(), gr.skip()
    parameters = made.get("parameters", {})
    word, seed = parameters.get("word"), parameters.get("seed")
    if isinstance(seed, dict):
        return word or gr.skip(), OWN, Point.from_json(seed)
    return word or gr.skip(), (str(seed) if word and isinstance(seed, int) else gr.skip()), gr.skip()


def font_file(component: gr.components.Component, font: bytes, name: str) -> str:
    """Save a font where Gradio serves it and cleans it up; return its path. Raises OSError."""
    path = new_folder(component) / name
    path.write_bytes(font)
    return str(path)


def _characters(info: ModelInfo) -> list[str]:
    return sorted(info.class_names, key=lambda name: (not name.isalpha(), name))


def _preferred(info: ModelInfo) -> str:
    """The letter chosen at first."""
    return LETTER if LETTER in info.class_names else _characters(info)[0]


def _first_word(info: ModelInfo) -> str:
    """The word that stands there at first: of characters that the model has, where it is one of characters."""
    names = _characters(info)
    if not are_characters(names) or all(letter in names or letter.upper() in names for letter in WORD):
        return WORD
    return "".join(names[: len(WORD)])


def _word_help(info: ModelInfo) -> str:
    """A sentence about a model that has capitals and no small letters; empty for others."""
    names = _characters(info)
    if not are_characters(names) or not any(map(str.isupper, names)) or any(map(str.islower, names)):
        return ""
    return say(f"Set in capitals: this model draws {_in_short(names)}.")


def _in_short(characters: list[str]) -> str:
    """Characters with a hyphen in place of those between the first and the last of a row, such as ``A-Z, 0-9``."""
    rows: list[str] = []
    for one in characters:
        if rows and ord(one) == ord(rows[-1][-1]) + 1:
            rows[-1] = f"{rows[-1][0]}-{one}"
        else:
            rows.append(one)
    return ", ".join(rows)


def _picture(label: str, elem_id: str, example: Path) -> gr.Image:
    return gr.Image(
        str(example), label=label, type="filepath", format="png", interactive=False, buttons=["download", "fullscreen"],
        elem_id=elem_id,
    )  # fmt: skip


def _pad() -> gr.Sketchpad:
    """A drawing pad that decodes what it gets with :func:`imggen.imaging.decode.open_image`."""
    pad = gr.Sketchpad(
        Image.new("RGB", (_PAD, _PAD), "white"),  # on an empty pad one would have to choose the pen first
        type="pil", format="png", canvas_size=(_PAD, _PAD), layers=False, transforms=(), elem_id="typeface-pad",
        brush=gr.Brush(default_size=24, colors=["#000000"], color_mode="fixed"), label="Draw one letter",
    )  # fmt: skip

    def preprocess(payload: EditorData | None) -> Image.Image | None:
        if payload is None:
            return None
        with shown_errors():
            if payload.id is not None:
                kept = pad.blob_storage.get(payload.id)
                return open_image(kept.composite) if kept and kept.composite else None
            if payload.composite is None or payload.composite.path is None:
                return None
            return open_image(payload.composite.path)

    pad.preprocess = preprocess  # type: ignore[method-assign, assignment]
    return pad
