"""A film in the page: the film, one of its frames to look at and send on, a strip of them, and the download."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block
from PIL import Image

from imggen.imaging.animation import frame_of, save_mp4, save_webp, strip
from imggen.imaging.recipe import RECIPE_KEY
from imggen.ui import showcase_pictures as showcase
from imggen.ui.shared import result_names
from imggen.ui.shared.jobs import Changes
from imggen.ui.shared.latent_panel import whole
from imggen.ui.shared.parts import QUIET, build_senders, new_folder, png_file, shown_errors, unchecked


@dataclass(frozen=True)
class FilmResult:
    """The components.

    Attributes:
        film: plays.
        still: the frame that is shown.
        scrubber: chooses it.
        preview: the strip of frames.
        download: of the film as MP4.
        senders: send the frame to other tabs, by task.
        link: copies a link to the film's settings.
        film_path, frame_path: of the files of film and frame; empty when there is none.
    """

    film: gr.Image
    still: gr.Image
    scrubber: gr.Slider
    preview: gr.Image
    download: gr.DownloadButton
    senders: dict[str, gr.Button]
    link: gr.Button
    film_path: gr.State
    frame_path: gr.State

    def outputs(self) -> list[Block]:
        """What :meth:`showing` changes."""
        shown = [self.film, self.still, self.scrubber, self.preview, self.download, self.film_path, self.frame_path]
        return [*shown, *self.senders.values()]

    def showing(self, frames: list[Image.Image]) -> Changes:
        """Values that show a film. Raises OSError when it cannot be saved."""
        folder = new_folder(self.film)
        name = result_names.of_seeds(frames[0].info[RECIPE_KEY])
        path = str(save_webp(frames, folder / f"{name}.webp"))
        frame = png_file(self.still, frames[0], f"{name}_frame1.png")
        return {
            self.film: path,
            self.still: gr.Image(frame, visible=True),
            self.frame_path: frame,
            **{button: gr.Button(interactive=True) for button in self.senders.values()},
            self.scrubber: gr.Slider(maximum=len(frames), value=1, visible=True),
            self.preview: gr.Image(png_file(self.preview, strip(frames), f"{name}_strip.png"), visible=True),
            self.download: gr.DownloadButton(value=str(save_mp4(frames, folder / f"{name}.mp4")), interactive=True),
            self.film_path: path,
        }


def build() -> FilmResult:
    """Add the components and what choosing a frame does."""
    with gr.Row():
        film = _image("film", value=str(showcase.FILM), label="Film", format="webp", height=320)
        still = _image("still", label="Frame", format="png", height=320, visible=False)
    scrubber = unchecked(
        gr.Slider(1, showcase.FRAMES, 1, step=1, label="Show frame", visible=False, elem_id="interpolation-scrubber")
    )
    preview = _image("strip", show_label=False, format="png", visible=False)
    download = gr.DownloadButton("Download as MP4", interactive=False, elem_id="interpolation-mp4")
    with gr.Row():
        senders = build_senders("interpolation", "interpolation", interactive=False)
        link = gr.Button("Copy link", size="sm", min_width=90, elem_id="interpolation-link")
    film_path, frame_path = gr.State(""), gr.State("")

    def scrub(path: str, number: Any) -> Any:
        if not path:
            return gr.skip(), gr.skip()
        with shown_errors():
            index = whole(number, "The frame")
            frame = png_file(still, frame_of(path, index - 1), f"{Path(path).stem}_frame{index}.png")
        return frame, frame

    scrubber.input(
        scrub, [film_path, scrubber], [still, frame_path], **QUIET,
        trigger_mode="always_last",
    )  # fmt: skip
    return FilmResult(film, still, scrubber, preview, download, senders, link, film_path, frame_path)


def _image(name: str, **options: Any) -> gr.Image:
    return gr.Image(
        type="filepath", interactive=False, buttons=["download", "fullscreen"], elem_id=f"interpolation-{name}",
        **options,
    )  # fmt: skip
