"""What the tabs share: a safe photo input, plain error messages, progress lines, and files to download."""

from __future__ import annotations

import base64
import html
import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import gradio as gr
from gradio.blocks import Block
from gradio.data_classes import ImageData
from PIL import Image

from imggen.engine.engine import Engine
from imggen.engine.jobs import Progress
from imggen.errors import ImageError, ImggenError, InputError
from imggen.imaging.decode import open_image, recipe_of
from imggen.imaging.recipe import save_png
from imggen.store.model_info import HubFile, ModelInfo
from imggen.ui.shared.cards import card_html
from imggen.ui.words import say

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: Longest side of before/after pictures in the page; downloads are never reduced.
PREVIEW = 1280
#: How handlers that run models are queued: Gradio lets all of them in, and the engine's queue puts them in order.
JOBS: dict[str, Any] = {"concurrency_limit": None}
#: Options of an event that only the page uses, and whose handler answers at once: it is no endpoint for programs, and
#: shows no progress.
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


#: Key of ``Image.info`` that holds what is wrong with the recipe of a photo that was uploaded.
DAMAGED = "damaged recipe"
#: Key of ``Image.info`` that holds the name of the file that was uploaded, without its ending.
FILE = "file"
#: What stays to be read after the toast about a file that is no picture has faded.
UNUSABLE_PHOTO = "This file cannot be used as a photo. Choose another one."
#: Endings of the pictures that carry recipes.
SAVED = (".png", ".jpg", ".jpeg", ".webp")
#: What to tell when a result, or an upload, cannot be written.
CANNOT_SAVE = (
    "The folder for uploads and results is full or cannot be written. Start the app with GRADIO_TEMP_DIR set to a "
    "folder that can."
)


class Sender(NamedTuple):
    """A button that sends a result to another tab, and the component whose value is the path of the result's file."""

    button: gr.Button
    path: gr.components.Component


#: What sends a picture to the tab of a task: the end of the button's id, and its words.
_SENDING = {
    "super_resolution": ("upscale", "Upscale it 4x"),
    "style_transfer": ("paint", "Paint it"),
    "day_night": ("relight", "Day or night"),
    "interpolation": ("film", "Film from it"),
}


def build_senders(name: str, *without: str, interactive: bool = True) -> dict[str, gr.Button]:
    """Add the buttons that send a result to other tabs.

    Args:
        name: begins the elements' ids.
        without: tasks whose tabs do not take it.
        interactive: whether there is a result already.

    Returns:
        The buttons by the task whose tab they open.
    """
    return {
        task: gr.Button(words, size="sm", min_width=90, interactive=interactive, elem_id=f"{name}-{ending}")
        for task, (ending, words) in _SENDING.items()
        if task not in without
    }


@contextmanager
def shown_errors() -> Iterator[None]:
    """Turn what goes wrong into Gradio's errors, which the browser shows as a toast and the API returns as text."""
    try:
        yield
    except ImggenError as error:
        raise gr.Error(as_html(error), print_exception=False) from None
    except OSError as error:  # models and pictures are read elsewhere: here only results are written
        logger.warning("A result cannot be saved: %s", error)
        raise gr.Error(CANNOT_SAVE, print_exception=False) from None


def answered(steps: Iterator[Progress[T]], save: Callable[[T], Any]) -> Iterator[Any]:
    """Answer a call over HTTP with the outputs that ``save`` makes of a job's result.

    Every progress yields, without a change of the outputs: only then does Gradio end the job of a client that has left.
    """
    for progress in steps:
        yield gr.skip() if progress.result is None else save(progress.result)


def as_html(message: object) -> str:
    """A message for a toast, which takes HTML: a stranger's name for something must not become part of the page."""
    return html.escape(str(message), quote=False)


def photo_input(**options: Any) -> gr.Image:
    """An image input that decodes every upload with :func:`imggen.imaging.decode.open_image`.

    Gradio's own decoding drops transparency onto black, clips 16-bit pictures and opens decompression bombs. The
    method is replaced on the instance because Gradio writes a ``.pyi`` file beside every module that subclasses one
    of its components.
    """
    photo = gr.Image(type="pil", format="png", image_mode="RGB", **options)

    def preprocess(payload: ImageData | None) -> Image.Image | None:
        if payload is None:
            return None
        with shown_errors():
            if payload.url and payload.url.startswith("data:"):
                try:
                    data = base64.b64decode(payload.url.partition(",")[2])
                except ValueError as error:
                    raise ImageError("This picture is damaged: its data URL cannot be decoded.") from error
                return open_image(data)
            if payload.path is None:
                raise ImageError("No picture arrived. Upload it again.")
            return photo_from(payload.path, payload.orig_name)

    photo.preprocess = preprocess  # type: ignore[method-assign]
    return photo


def photo_from(path: str, name: str | None = None) -> Image.Image:
    """Open the file of a photo; ``info`` then holds its name, and what is wrong with its recipe. Raises ImageError."""
    image = open_image(path)
    image.info[FILE] = Path(name or path).stem
    try:
        recipe_of(path)
    except ImageError as error:
        image.info[DAMAGED] = str(error)
    return image


def empty_if_unreadable(photo: gr.Image, replaced: gr.components.Component | None = None) -> None:
    """Tell at once that an upload cannot be read, and not only when a job needs it; take its broken picture away.

    Args:
        photo: what is uploaded to.
        replaced: emptied by an upload that can be read.
    """
    photo.upload(lambda photo: None, photo, replaced, **QUIET).failure(lambda: None, None, photo, queue=False, **QUIET)


Input = TypeVar("Input", gr.Slider, gr.Dropdown, gr.Number, gr.Radio)


def unchecked(component: Input) -> Input:
    """Let an input's value reach the handler as it came.

    Gradio's own checks fail without words on a wrong type, and a dropdown knows only the choices it was built with;
    the pipelines answer with an error message. Clients are told no list of choices either: another model has others.
    """
    told = {name: value for name, value in component.api_info().items() if name != "enum"}
    component.preprocess = lambda payload: payload  # type: ignore[method-assign]
    component.api_info = lambda: told  # type: ignore[method-assign]
    return component


def json_input(label: str, schema: dict[str, Any]) -> gr.JSON:
    """A hidden argument of an endpoint that is neither a number nor a text; what Gradio tells of it is no JSON schema.

    Args:
        label: its name.
        schema: the JSON schema of its values.
    """
    component = gr.JSON(visible=False, label=label)
    component.api_info = lambda: schema  # type: ignore[method-assign]
    return component


def model_dropdown(engine: Engine, models: Sequence[ModelInfo], name: str) -> gr.Dropdown:
    """Add the choice between a tab's models, of which the first is chosen; ``name`` begins the element's id."""
    choices = [(model_label(info, engine), info.id) for info in models]
    return gr.Dropdown(choices, value=models[0].id if models else None, label="Model", elem_id=f"{name}-model")


def chosen_model(engine: Engine, model_id: Any) -> ModelInfo:
    """The model that was chosen. Raises :class:`InputError` where none is, or it is not on offer."""
    if not isinstance(model_id, str):
        raise InputError("Choose a model first.")
    return engine.catalog.get(model_id)


def build_footer(name: str, info: ModelInfo | None, *file_types: str) -> tuple[gr.Markdown, gr.UploadButton]:
    """Add the model's card, and the button that takes the settings from a saved result.

    Args:
        name: begins the elements' ids.
        info: the model chosen first.
        file_types: of results, such as ".png".
    """
    with gr.Accordion("About this model", open=False, elem_id=f"{name}-about"):
        card = gr.Markdown(about(info) if info else "")
    saved = gr.UploadButton(
        "Restore the settings of a saved result", file_types=list(file_types), size="sm", elem_id=f"{name}-restore"
    )
    return card, saved


def about(info: ModelInfo) -> str:
    """What to tell about a model: its card as HTML, or for a file on the Hub what the catalogue knows."""
    if isinstance(info.source, HubFile):
        size = f"{info.size_bytes / 1e6:.0f} MB"
        origin = (
            f"From `{info.source.repo_id}` on the Hugging Face Hub: {size}, downloaded once, licence {info.license}."
        )
        return f"{info.description} {say(origin)}{trust_note(info)}".strip()
    return card_html(info.source)


def trust_note(info: ModelInfo) -> str:
    """What to tell, after a space, about a download that nothing can be compared with."""
    if info.sha256:
        return ""
    return " " + say(
        "No checksum of it is on record: the first copy that loads is trusted, and a later one must equal it."
    )


def model_label(info: ModelInfo, engine: Engine) -> str:
    """A model's title, for the list to choose from, with what a download of it would mean."""
    if engine.needs_download(info):
        return say(f"{info.title} (download {info.size_bytes / 1e6:.0f} MB once, {info.license})")
    return info.title


def progress_line(progress: Progress[Any]) -> str:
    """Say in one line how far a job is, and tell for good what must be told."""
    if progress.notice:
        gr.Warning(as_html(say(progress.notice)), duration=None)  # stays, as the status line goes on to the result
        progress.told.set()
    message = say(progress.message)
    if progress.seconds_left is None or progress.done:
        return message
    left = say(f"about {max(1, round(progress.seconds_left))} s left")
    return f"{message}: {progress.fraction:.0%}, {left}"


def png_file(component: Block, image: Image.Image, name: str) -> str:
    """Save a result, recipe included, where Gradio serves it and cleans it up; return its path. Raises OSError."""
    return str(save_png(image, new_folder(component) / name))


def new_folder(component: Block) -> Path:
    """A new folder where Gradio serves files and cleans them up. Raises OSError."""
    folder = Path(component.GRADIO_CACHE) / secrets.token_hex(16)
    folder.mkdir(parents=True)
    return folder


def before_and_after(before: Image.Image, after: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Both at the size of ``after``, or at what a page can carry."""
    shrink = min(1.0, PREVIEW / max(after.size))
    size = max(1, round(after.width * shrink)), max(1, round(after.height * shrink))
    # Whole numbers of pixels are averaged first, down to three times the size: a third of the time, and looks the same.
    return before.resize(size, Image.Resampling.BICUBIC), after.resize(size, Image.Resampling.LANCZOS, reducing_gap=3)


def pair_files(component: gr.ImageSlider, pair: tuple[Image.Image, Image.Image]) -> tuple[str, str]:
    """Save what a slider shows, which takes a tenth of the time that Gradio would; return the paths. Raises OSError."""
    before, after = pair
    return png_file(component, before, "before.png"), png_file(component, after, "after.png")
