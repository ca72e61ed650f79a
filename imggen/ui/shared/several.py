"""Several photos at once, in every photo tab: files or a ZIP of them in, one ZIP out."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from imggen.engine.jobs import Progress
from imggen.errors import InputError
from imggen.imaging.batch import each_photo, unpack_archives
from imggen.ui.photo_job import result_name, steps
from imggen.ui.photo_tab import Made, PhotoTab
from imggen.ui.shared import formats
from imggen.ui.shared.cards import plain
from imggen.ui.shared.jobs import Changes, build_buttons, connect_job
from imggen.ui.shared.parts import QUIET, chosen_model, new_folder, progress_line
from imggen.ui.words import say


def build(tab: PhotoTab) -> None:
    """Add the inputs and events to a photo tab, whose settings count for all photos."""
    name = tab.name
    with tab.several, gr.Accordion("Several photos at once", open=False, elem_id=f"{name}-several"):
        files = gr.File(
            label="Photos, or a ZIP of them", file_count="multiple", file_types=["image", ".zip"],
            elem_id=f"{name}-several-photos",
        )  # fmt: skip
        start, stop = build_buttons(f"{name}-several", "Do it to all of them", main=False)
        status = gr.Markdown(
            "With the settings of this tab, in the format beside its download button.",
            elem_id=f"{name}-several-status",
        )
        archive = gr.State("")
        download = gr.DownloadButton("Download the ZIP", interactive=False, elem_id=f"{name}-several-download")

    def run(paths: list[str] | None, form: Any, quality: Any, model_id: Any, *values: Any) -> Iterator[Changes]:
        if not paths:
            raise InputError("Choose photos, or a ZIP of them, first.")
        ending, share = formats.checked(form, quality)
        info = chosen_model(tab.surroundings.engine, model_id)
        arguments = tab.job.arguments(info, dict(zip(tab.job.settings, values, strict=True)))
        folder = new_folder(download)
        photos = unpack_archives([Path(path) for path in paths], folder / "photos")

        def work(photo: Image.Image) -> Iterator[Progress[Made] | Image.Image]:
            for progress in steps(tab, tab.job, photo, model_id, arguments):
                yield progress if progress.result is None else progress.result.image

        def target(photo: Path) -> Path:
            return folder / f"{result_name(tab.job, photo.stem, arguments)}.{ending}"

        done, left_out = 0, list[str]()
        results = folder / f"{tab.name}_results.zip"
        yield {archive: ""}
        for event in each_photo(photos, work, target, share):
            place = f"Photo {event.number} of {len(photos)}"
            if event.progress is not None:
                yield {status: f"{say(place)}, {plain(event.photo.name)}. {progress_line(event.progress)}"}
                continue
            if event.result is None:
                left_out.append(f"{say('Left out')}: {plain(event.photo.name)}. {plain(say(event.problem))}")
                yield {status: say(f"{place} is left out.")}
                continue
            done += 1
            with zipfile.ZipFile(results, "a") as packed:  # after each photo, so that Stop keeps what is done
                packed.write(event.result, event.result.name)
            yield {status: say(f"{place} is done."), archive: str(results)}
        yield {status: "\n\n".join([say(f"{done} of {len(photos)} photos are done."), *left_out])}

    def offer(path: str) -> Any:
        return gr.DownloadButton(value=path or None, interactive=bool(path))

    inputs = [files, tab.form.form, tab.form.quality, tab.model, *tab.job.settings.values()]
    stopped = "Stopped. The ZIP holds what was done until then."
    running = connect_job([start.click], stop, status, run, inputs, [archive], stopped)
    # Events of their own, because of what :func:`connect_job` says about values that follow each other at once.
    for ended in (running.event.success, running.event.failure):
        ended(offer, archive, download, **QUIET, queue=False)
