"""The latent-interpolation tab: films between seeds, classes and photos, and what belongs to them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
from gradio.components import Component
from PIL import Image

from imggen.engine.engine import Engine, Progress
from imggen.engine.jobs import Kind
from imggen.errors import InputError
from imggen.imaging.animation import RATE, film_recipe, frame_of, save_mp4, save_webp, strip
from imggen.imaging.decode import recipe_of
from imggen.pipelines import Pipeline, Report
from imggen.pipelines.generators.interpolation import MAX_CLASSES, PACINGS, SPACES, interpolate
from imggen.ranges import MAX_FRAMES, MIN_KEYFRAMES
from imggen.store.abilities import has_styles
from imggen.store.model_info import HubFile, ModelInfo
from imggen.tasks import TASKS as APP_TASKS
from imggen.ui import showcase_pictures as showcase
from imggen.ui.photo_tab import Surroundings
from imggen.ui.shared import directions, opening, own_photo
from imggen.ui.shared.jobs import Changes, build_buttons, connect_job
from imggen.ui.shared.keyframes import Places, appended, parse, write
from imggen.ui.shared.latent_panel import Panel, generator, whole
from imggen.ui.shared.parts import (
    JOBS,
    SAVED,
    Sender,
    about,
    answered,
    build_footer,
    build_senders,
    model_label,
    new_folder,
    png_file,
    progress_line,
    shown_errors,
    unchecked,
)
from imggen.ui.shared.sampling_panel import Results
from imggen.ui.shared.saved import settings_of

TASKS = ("sampling", "conditional")
SEEDS = ", ".join(map(str, showcase.KEYFRAMES))
FRAMES = showcase.FRAMES
TRUNCATION = 1.0


def offered(engine: Engine) -> list[ModelInfo]:
    """The models to choose from: every generator, whatever its own tab; those that must be downloaded come last."""
    models = [info for task in TASKS for info in engine.catalog.models(task)]
    return sorted(models, key=lambda info: isinstance(info.source, HubFile))


def build(surroundings: Surroundings) -> Panel:
    """Add the tab's components and events to the current Blocks; the catalogue must have a generator.

    Returns:
        The components that say where in which latent space to go, for other tabs to fill; see :func:`with_sample`.
    """
    engine = surroundings.engine
    models = offered(engine)
    first = models[0]
    with gr.Row(elem_classes="result-first"):
        with gr.Column(scale=2, min_width=320):
            model = gr.Dropdown(
                [(model_label(info, engine), info.id) for info in models],
                value=first.id,
                label="Model",
                elem_id="interpolation-model",
            )
            text = gr.Textbox(
                SEEDS,
                label="Keyframes",
                info=_keyframe_help(first),
                max_length=2000,
                elem_id="interpolation-seeds",
            )
            class_name = unchecked(
                gr.Dropdown(
                    list(first.class_names),
                    value=next(iter(first.class_names), None),
                    label="Class of keyframes that name none",
                    visible=bool(first.class_names),
                    elem_id="interpolation-class",
                )
            )
            start, stop = build_buttons("interpolation", "Make the film")
            frames = unchecked(
                gr.Slider(
                    MIN_KEYFRAMES,
                    MAX_FRAMES,
                    FRAMES,
                    step=1,
                    label="Frames",
                    info=f"{RATE} make a second.",
                    elem_id="interpolation-frames",
                )
            )
            with gr.Accordion("More", open=False, elem_id="interpolation-more"):
                truncation = unchecked(
                    gr.Slider(
                        0,
                        1,
                        TRUNCATION,
                        step=0.05,
                        label="Variety",
                        info="Lower is more typical (truncation).",
                        elem_id="interpolation-truncation",
                    )
                )
                pacing = unchecked(
                    gr.Radio(
                        [("Rest at each keyframe", PACINGS[0]), ("Equally fast all the way", PACINGS[1])],
                        value=PACINGS[0],
                        label="Pace",
                        elem_id="interpolation-pacing",
                    )
                )
                space = unchecked(
                    gr.Radio(
                        [
                            ("Through random pictures (Z, along a sphere)", SPACES[0]),
                            ("From style to style (W, straight)", SPACES[1]),
                        ],
                        value=SPACES[0],
                        label="Way",
                        visible=has_styles(first),
                        elem_id="interpolation-space",
                    )
                )
                loop = gr.Checkbox(False, label="Return to the first keyframe", elem_id="interpolation-loop")
                together = gr.Checkbox(
                    False,
                    label="All classes at once",
                    info="Each frame is a sheet of them: a typeface turns into another.",
                    visible=_can_show_all(first),
                    elem_id="interpolation-all-classes",
                )
        with gr.Column(scale=3, min_width=320):
            status = gr.Markdown("Press **Make the film**. Here is an example.", elem_id="interpolation-status")
            with gr.Row():
                film = gr.Image(
                    str(showcase.FILM), label="Film", type="filepath", format="webp", height=320, interactive=False,
                    buttons=["download", "fullscreen"], elem_id="interpolation-film",
                )  # fmt: skip
                still = gr.Image(
                    visible=False, label="Frame", type="filepath", format="png", height=320, interactive=False,
                    buttons=["download", "fullscreen"], elem_id="interpolation-still",
                )  # fmt: skip
            scrubber = unchecked(
                gr.Slider(1, FRAMES, 1, step=1, label="Show frame", visible=False, elem_id="interpolation-scrubber")
            )
            preview = gr.Image(
                show_label=False, type="filepath", format="png", interactive=False,
                buttons=["download", "fullscreen"], visible=False, elem_id="interpolation-strip",
            )  # fmt: skip
            download = gr.DownloadButton("Download as MP4", interactive=False, elem_id="interpolation-mp4")
            with gr.Row():
                senders = build_senders("interpolation", "interpolation", interactive=False)
                link = gr.Button("Copy link", size="sm", min_width=90, elem_id="interpolation-link")
    places, film_path, frame_path = gr.State(Places()), gr.State(""), gr.State("")
    panel = Panel(engine, model, text, class_name, truncation, places, status)
    own_box, own = own_photo.build(panel)
    moving = directions.build(panel)
    card, saved = build_footer("interpolation", first, ".mp4", *SAVED)
    settings: dict[str, Component] = {
        "frames": frames, "truncation": truncation, "loop": loop, "all_classes": together, "space": space,
        "pacing": pacing,
    }  # fmt: skip
    api_film = gr.File(visible=False, label="film")
    api_strip = gr.Image(visible=False, type="filepath", format="png", label="strip")

    def make_in_tab(
        model_id: str,
        seeds: str,
        chosen: Any,
        known: Places,
        count: Any,
        back: Any,
        way: Any,
        pace: Any,
        share: Any,
        every: Any,
    ) -> Iterator[Changes]:
        began = time.monotonic()
        for progress in film_steps(engine, model_id, seeds, chosen, known, count, back, way, pace, share, every):
            if progress.result is None:
                yield {status: progress_line(progress)}
                continue
            images = progress.result
            folder = new_folder(film)
            path = str(save_webp(images, folder / "film.webp"))
            frame = png_file(still, images[0], "frame_1.png")
            yield {
                status: f"{len(images)} frames in {time.monotonic() - began:.1f} s.",
                film: path,
                still: gr.Image(frame, visible=True),
                frame_path: frame,
                **{button: gr.Button(interactive=True) for button in senders.values()},
                scrubber: gr.Slider(maximum=len(images), value=1, visible=True),
                preview: gr.Image(png_file(preview, strip(images), "strip.png"), visible=True),
                download: gr.DownloadButton(value=str(save_mp4(images, folder / "film.mp4")), interactive=True),
                film_path: path,
            }

    def make_for_api(model: str, seeds: str, frames: Any, loop: Any, all_classes: Any) -> Iterator[Any]:
        def save(images: list[Image.Image]) -> list[str]:
            path = save_webp(images, new_folder(api_film) / "film.webp")
            return [str(path), png_file(api_strip, strip(images), "strip.png")]

        with shown_errors():
            settings = [None, Places(), frames, loop, SPACES[0], PACINGS[0], TRUNCATION, all_classes]
            yield from answered(film_steps(engine, model, seeds, *settings), save)

    def scrub(path: str, number: Any) -> Any:
        if not path:
            return gr.skip(), gr.skip()
        with shown_errors():
            index = whole(number, "The frame")
            frame = png_file(still, frame_of(path, index - 1), f"frame_{index}.png")
        return frame, frame

    def restore(path: str | None, known: Places) -> dict[Any, Any]:
        if path is None:
            return {}
        with shown_errors():
            info, values = settings_of(film_recipe(path), offered(engine), "interpolation", "projection", "directions")
            words, known = write(values["seeds"], info.id, known)
        changes: dict[Any, Any] = {model: info.id, places: known, status: "Settings restored."}
        changes.update((component, values[name]) for name, component in settings.items() if name in values)
        if "amounts" in values:  # a picture that was moved along directions
            amounts = [*values["amounts"], *[0] * len(moving.amounts)][: len(moving.amounts)]
            return {**changes, moving.base: words, **dict(zip(moving.amounts, amounts, strict=True))}
        return {**changes, text: words}

    def model_changed(model_id: str, chosen: Any, way: Any) -> list[Any]:
        info = engine.catalog.get(model_id)
        names = list(info.class_names)
        kept = chosen if chosen in names else next(iter(names), None)
        styled = has_styles(info)
        return [
            gr.Textbox(info=_keyframe_help(info)),
            gr.Dropdown(choices=names, value=kept, visible=bool(names)),
            gr.Radio(value=way if styled else SPACES[0], visible=styled),
            gr.Checkbox(visible=True) if _can_show_all(info) else gr.Checkbox(value=False, visible=False),
            about(info),
        ]

    inputs = [model, text, class_name, places, frames, loop, space, pacing, truncation, together]
    outputs = [film, still, scrubber, preview, download, film_path, frame_path, *senders.values()]
    running = connect_job([start.click, text.submit], stop, status, make_in_tab, inputs, outputs)
    gr.Button(visible=False).click(
        make_for_api,
        [model, text, frames, loop, together],
        [api_film, api_strip],
        api_name="interpolate",
        **JOBS,
    )
    scrubber.input(
        scrub,
        [film_path, scrubber],
        [still, frame_path],
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="always_last",
    )
    opening.connect_link(link, film_path, APP_TASKS["interpolation"].tab)
    reopened = opening.on_saved(
        saved,
        restore,
        [places],
        [model, text, places, status, *settings.values(), moving.base, *moving.amounts],
        api_visibility="private",
        show_progress="hidden",
    )
    model.change(
        model_changed,
        [model, class_name, space],
        [text, class_name, space, together, card],
        api_visibility="private",
        show_progress="hidden",
    )
    return replace(
        panel, own_photo=own, own_box=own_box, film=film_path, frame=frame_path, senders=senders, running=running,
        reopened=reopened,
    )  # fmt: skip


def film_steps(
    engine: Engine,
    model_id: Any,
    seeds: Any,
    class_name: Any,
    places: Places,
    frames: Any,
    loop: Any,
    space: Any,
    pacing: Any,
    truncation: Any,
    all_classes: Any = False,
) -> Iterator[Progress[list[Image.Image]]]:
    """Interpolate and yield progress, the last with the frames. Raises :class:`ImggenError` with a sentence."""
    if not isinstance(model_id, str):
        raise InputError("Choose a model first.")
    count = whole(frames, "The number of frames")
    names = engine.catalog.get(model_id).class_names
    keyframes = parse(seeds, names, names[0] if all_classes and names else class_name, places.of(model_id))

    def work(pipeline: Pipeline, report: Report) -> list[Image.Image]:
        film_of = generator(pipeline)
        return interpolate(film_of, keyframes, count, space, loop, pacing, truncation, report, all_classes)

    yield from engine.stream(model_id, work, Kind("interpolation", count))


def take_from(shown: Results, tabs: gr.Tabs, panel: Panel) -> None:
    """Let a sampling tab's button make the chosen picture a keyframe, and open this tab."""

    def take(path: str, model_id: str, text: str, known: Places) -> list[Any]:
        with shown_errors():
            return [gr.Tabs(selected="interpolation"), *with_sample(path, model_id, text, known)]

    shown.interpolate.click(
        take,
        [shown.chosen, panel.model, panel.text, panel.places],
        [tabs, panel.model, panel.text, panel.places],
        api_visibility="private",
        show_progress="hidden",
    )


def take_photo_from(sender: Sender, tabs: gr.Tabs, panel: Panel) -> None:
    """Let another tab's button make its result a photo to begin a film with, and open this tab."""
    sender.button.click(
        lambda path: [gr.Tabs(selected=APP_TASKS["interpolation"].tab), gr.Accordion(open=True), path],
        sender.path,
        [tabs, panel.own_box, panel.own_photo],
        api_visibility="private",
        show_progress="hidden",
    )


def with_sample(path: str, model_id: str, text: str, places: Places) -> tuple[str, str, Places]:
    """Add a picture of the sampling tabs to the keyframes, or begin anew when it is of another model.

    Args:
        path: of the picture's PNG, which carries its recipe.
        model_id: the model chosen so far.
        text: the keyframes so far.
        places: the named places so far.

    Returns:
        What belongs into the panel's ``model``, ``text`` and ``places``.

    Raises:
        InputError: when the picture carries no recipe of a sample.
    """
    made = recipe_of(path) or {}
    values = made.get("parameters", {})
    if made.get("task") not in TASKS or not isinstance(values.get("seed"), int) or "model" not in made:
        raise InputError("This picture is no sample that was made here.")
    keyframe = [values["seed"], values["classes"]] if "classes" in values else values["seed"]
    word, places = write([keyframe], made["model"], places)
    return made["model"], appended(text, word) if made["model"] == model_id else word, places


def _can_show_all(info: ModelInfo) -> bool:
    return 2 <= len(info.class_names) <= MAX_CLASSES


def _keyframe_help(info: ModelInfo) -> str:
    if info.class_names:
        return f"2 to 16 seeds, each with a class if you like: 3 {info.class_names[0]}, 14 {info.class_names[-1]}"
    return "2 to 16 seeds."
