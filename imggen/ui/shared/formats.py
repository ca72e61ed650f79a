"""The format that a result is downloaded in: PNG, JPEG or WebP. All of them carry its recipe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from imggen.errors import InputError
from imggen.imaging.decode import open_image
from imggen.imaging.save import save_picture
from imggen.pipelines.arguments import number
from imggen.ui.shared.jobs import Changes, Running
from imggen.ui.shared.parts import QUIET, as_html, new_folder, shown_errors, unchecked
from imggen.ui.words import say

#: Endings of file names, by format.
ENDINGS = {"PNG": "png", "JPEG": "jpg", "WebP": "webp"}
PNG = next(iter(ENDINGS))
QUALITY = 92
#: Pixels of a result that is opened again: more than any has.
_ANY_SIZE = 10**9


class Format(NamedTuple):
    """The download button of a result, and the choice beside it.

    Attributes:
        download: its value is the file in the format that is chosen.
        form: a key of :data:`ENDINGS`.
        quality: of JPEG and WebP; it shows only when one of them is chosen.
    """

    download: gr.DownloadButton
    form: gr.Dropdown
    quality: gr.Slider


def build(name: str) -> Format:
    """Add button and choice to the current Blocks; ``name`` begins the elements' ids."""
    with gr.Row():
        download = gr.DownloadButton(_label(PNG), interactive=False, min_width=180, scale=4, elem_id=f"{name}-download")
        form = unchecked(
            gr.Dropdown(
                list(ENDINGS),
                value=PNG,
                label="Format of downloads",
                show_label=False,
                container=False,
                filterable=False,
                min_width=90,
                scale=1,
                elem_id=f"{name}-format",
            )
        )
    quality = unchecked(
        gr.Slider(
            1,
            100,
            QUALITY,
            step=1,
            label="Quality",
            info="Less makes a smaller file, which carries the recipe like a PNG.",
            visible=False,
            elem_id=f"{name}-quality",
        )
    )
    return Format(download, form, quality)


def checked(form: Any, quality: Any) -> tuple[str, int]:
    """The ending of file names, and the quality. Raises :class:`InputError`."""
    if not isinstance(form, str) or form not in ENDINGS:
        raise InputError(f"Choose a format: {', '.join(ENDINGS)}.")
    return ENDINGS[form], int(number(quality, 1, 100, "The quality is a number from 1 to 100."))


def offered_png(shown: Format, path: str) -> Changes:
    """Values that offer a PNG at once, also while its job goes on; at the end :func:`connect` offers what is chosen."""
    return {shown.download: gr.DownloadButton(say(_label(PNG)), value=path, interactive=True)}


def connect(shown: Format, result: gr.State, jobs: list[Running]) -> None:
    """Let the button offer a result in the format that is chosen, before its job or after.

    Args:
        shown: of :func:`build`.
        result: the path of the result, a PNG, or None.
        jobs: those that give it.
    """

    def offer(path: str | None, form: Any, quality: Any) -> Iterator[Changes]:
        with shown_errors():
            ending, share = checked(form, quality)
            slider: Changes = {shown.quality: gr.Slider(visible=form != PNG)}
            if path is None:
                yield {**slider, shown.download: gr.DownloadButton(say(_label(form)), value=None, interactive=False)}
                return
            if form != PNG:  # large ones take seconds
                waiting = gr.DownloadButton(say(f"Preparing the {form}"), value=None, interactive=False)
                yield {**slider, shown.download: waiting}
            try:
                file = path if form == PNG else encoded(path, ending, share)
            except InputError as error:  # it has more pixels than the format holds
                gr.Warning(as_html(say(str(error))))
                form, file = PNG, path
                slider = {shown.form: PNG, shown.quality: gr.Slider(visible=False)}
        yield {**slider, shown.download: gr.DownloadButton(say(_label(form)), value=file, interactive=True)}

    def encoded(path: str, ending: str, quality: int) -> str:
        image = open_image(path, _ANY_SIZE)
        return str(save_picture(image, new_folder(shown.download) / f"{Path(path).stem}.{ending}", quality))

    inputs, outputs = [result, shown.form, shown.quality], list(shown)
    gr.on([shown.form.change, shown.quality.input], offer, inputs, outputs, trigger_mode="always_last", **QUIET)
    # Not by the job itself: who chooses another format while it runs gets that one. A stopped job counts as failed.
    for running in jobs:
        for ended in (running.event.success, running.event.failure):
            ended(offer, inputs, outputs, **QUIET)


def _label(form: str) -> str:
    return f"Download the full {form}"
