"""Choosing styles in the browser: by name, by thumbnail, by a picture of one's own, mixed, and where on the photo."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.components.image_editor import EditorData
from gradio_client.utils import is_file_obj_with_meta
from PIL import Image

from imggen.errors import CheckpointError, ImageError, InputError
from imggen.imaging.decode import open_image
from imggen.store.abilities import takes_any_style
from imggen.store.model_info import ModelInfo
from imggen.store.style_names import NamedStyle, picture_of, styles_in
from imggen.ui.shared.parts import QUIET, empty_if_unreadable, photo_input, shown_errors, unchecked
from imggen.ui.showcase_pictures import STYLE

if TYPE_CHECKING:
    from imggen.pipelines.style.styles import Mix, Style

#: Styles that can be mixed.
MIXED = 3
#: JSON schema of what :func:`given_mix` takes: a name, an uploaded file, or a mixture.
SCHEMA = {"anyOf": [{"type": "string"}, {"type": "object"}, {"type": "array", "items": {}}]}
#: Longest side of the copy of the photo that is painted on.
CANVAS = 768
_BRUSH = ("#ff0000", 0.5)  # red, for painted() to find, and the photo shows through
_PAINTED = 224  # green below this is paint


@dataclass(frozen=True)
class Slot:
    """The inputs for one style: a name, or a picture that comes before the name."""

    name: gr.Dropdown
    picture: gr.Image


def styles_of(info: ModelInfo) -> list[NamedStyle]:
    """The styles that ship with a model. Damaged ones are reported when the model is loaded."""
    if not isinstance(info.source, Path):
        return [] if takes_any_style(info) else [NamedStyle(info.id, info.title, "", "")]
    with suppress(CheckpointError):
        return styles_in(info.source)
    return []


def caption(style: NamedStyle) -> str:
    """Title, artist and year, as far as they are known."""
    maker = ", ".join(part for part in (style.artist, style.year) if part)
    return f"{style.title} ({maker})" if maker else style.title


def choices(info: ModelInfo) -> list[tuple[str, str]]:
    """The styles of a model for a dropdown."""
    return [(caption(style), style.id) for style in styles_of(info)]


def first_choice(info: ModelInfo) -> str | None:
    """The style that is chosen at first: the one of the tab's stored result, where the model has it."""
    ids = [style for _, style in choices(info)]
    return STYLE if STYLE in ids else next(iter(ids), None)


def thumbnails(info: ModelInfo) -> list[tuple[str, Image.Image, str]]:
    """Id, picture and caption of the styles that have a thumbnail."""
    found: list[tuple[str, Image.Image, str]] = []
    if not isinstance(info.source, Path):
        return found
    for style in styles_of(info):
        picture = picture_of(info.source, style.id)
        if picture is not None:
            with suppress(ImageError):
                found.append((style.id, open_image(picture), caption(style)))
    return found


def slot(info: ModelInfo, elem_id: str, label: str, chosen: str | None = None) -> Slot:
    """Add the inputs for one style to the current Blocks."""
    known = choices(info)
    with gr.Row():
        name = unchecked(
            gr.Dropdown(known, value=chosen, label=label, visible=bool(known), elem_id=f"{elem_id}-name", min_width=160)
        )
        picture = photo_input(
            label="Your picture",
            visible=takes_any_style(info),
            elem_id=f"{elem_id}-picture",
            height=220,
            min_width=160,
            sources=["upload", "clipboard"],
        )
    empty_if_unreadable(picture, replaced=name)
    name.input(lambda: None, None, picture, **QUIET)
    return Slot(name, picture)


def chosen(name: Any, picture: Style | None) -> Style | None:
    """What a slot holds."""
    return picture if picture is not None else name or None


def given(value: Any) -> Style | None:
    """What a client of the API gives for a style: a name, or a picture that it uploaded.

    Raises:
        InputError: when it is neither.
        ImageError: when the picture is none, or damaged.
    """
    if value is None or isinstance(value, str):
        return value or None
    if is_file_obj_with_meta(value):  # Gradio has checked that it was uploaded
        return open_image(value["path"])
    raise InputError("A style is the name of one, or a picture that was uploaded.")


def given_mix(value: Any) -> Mix | None:
    """What a client of the API gives for a style or for several: a style, or a list of pairs of style and weight.

    Raises:
        InputError: when it is neither, or more styles than the tab mixes.
        ImageError: when a picture is none, or damaged.
    """
    if not isinstance(value, list):
        return given(value)
    if len(value) > MIXED or any(not isinstance(pair, list) or len(pair) != 2 for pair in value):
        raise InputError(
            f"A mixture of styles is a list of up to {MIXED} pairs: the name of a style or a picture that was "
            "uploaded, and its weight."
        )
    return mixture([(given(style), weight) for style, weight in value])


def mixture(parts: list[tuple[Style | None, Any]]) -> Mix | None:
    """The mix of what slots hold, each with its weight; None when none holds anything."""
    held = [(style, weight) for style, weight in parts if style is not None]
    return held[0][0] if len(held) == 1 else held or None


def canvas(photo: Image.Image | None) -> dict[str, Any] | None:
    """What to paint the mask on: a copy of the photo that a browser handles with ease."""
    if photo is None:
        return None
    small = photo.copy()
    small.thumbnail((CANVAS, CANVAS))
    return {"background": small, "layers": [], "composite": None}


def mask_input(**options: Any) -> gr.ImageEditor:
    """A photo to paint on. Handlers get the mask: an L image, white where painted, or None when nothing is.

    Only the painted layers are decoded, with :func:`imggen.imaging.decode.open_image`, for the reasons of
    :func:`imggen.ui.shared.parts.photo_input`.
    """
    editor = gr.ImageEditor(
        type="pil",
        format="png",
        sources=(),
        transforms=(),
        layers=False,
        brush=gr.Brush(colors=[_BRUSH], default_color=_BRUSH, color_mode="fixed"),
        **options,
    )

    def preprocess(payload: EditorData | None) -> Image.Image | None:
        if payload is None:
            return None
        stored = editor.blob_storage.pop(payload.id, None) if payload.id else payload
        with shown_errors():
            for layer in stored.layers if stored else []:
                if layer is not None:
                    mask = painted(open_image(layer if isinstance(layer, bytes) else layer.path))
                    return mask if mask.getbbox() else None
        return None

    editor.preprocess = preprocess  # type: ignore[method-assign, assignment]
    return editor


def painted(layer: Image.Image) -> Image.Image:
    """White where a layer, over white, shows the brush; black elsewhere."""
    return layer.getchannel("G").point(lambda green: 255 if green < _PAINTED else 0)
