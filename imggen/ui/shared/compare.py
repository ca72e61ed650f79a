"""The same photo in several styles, models or times of day, as one sheet with captions, in every photo tab."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import gradio as gr
from PIL import Image

from imggen.errors import ImggenError, InputError
from imggen.imaging.contact_sheet import captioned, shrink
from imggen.imaging.decode import open_image, recipe_of
from imggen.imaging.limits import MAX_PIXELS
from imggen.imaging.recipe import RECIPE_KEY, parse_recipe
from imggen.imaging.save import save_picture
from imggen.ranges import MAX_COMPARED
from imggen.ui.photo_job import file_of, steps
from imggen.ui.photo_tab import PhotoTab, Values
from imggen.ui.shared import result_names
from imggen.ui.shared.cards import plain
from imggen.ui.shared.jobs import Changes, build_buttons, connect_job
from imggen.ui.shared.parts import PREVIEW, QUIET, model_label, new_folder, png_file, progress_line, unchecked
from imggen.ui.words import say

MODELS = "models"
_TITLES = {"styles": "Styles", "times": "Times of day", MODELS: "Models"}
#: How many are chosen at first.
_AT_FIRST = 3
#: Pixels of all pictures of a sheet: with its captions, the app can still open it.
_ALL_PIXELS = int(0.9 * MAX_PIXELS)


class Entry(NamedTuple):
    """A picture of a sheet.

    Attributes:
        caption: what is written below it.
        model: id of the model that makes it.
        arguments: of the tab's job.
    """

    caption: str
    model: str
    arguments: Values


def build(tab: PhotoTab) -> None:
    """Add the inputs and events to a photo tab, whose other settings count for all pictures."""
    name, kinds = tab.name, [*tab.job.compared, MODELS]
    with tab.several, gr.Accordion("Compare on one sheet", open=False, elem_id=f"{name}-compare"):
        kind = unchecked(
            gr.Radio(
                [(_TITLES[one], one) for one in kinds], value=kinds[0], show_label=False, label="What to compare",
                visible=len(kinds) > 1, elem_id=f"{name}-compare-kind",
            )
        )  # fmt: skip
        known = offered(tab, tab.model.value, kinds[0])
        chosen = unchecked(
            gr.Dropdown(
                known, value=at_first(tab, kinds[0], known), multiselect=True, max_choices=MAX_COMPARED,
                label=f"Two to {MAX_COMPARED} of them", elem_id=f"{name}-compare-chosen",
            )
        )  # fmt: skip
        start, stop = build_buttons(f"{name}-compare", "Compare", main=False)
        status = gr.Markdown("With the other settings of this tab.", elem_id=f"{name}-compare-status")
        picture = gr.Image(
            type="filepath", format="png", label="Side by side", interactive=False, visible=False,
            buttons=["fullscreen"], elem_id=f"{name}-compare-sheet",
        )  # fmt: skip
        made = gr.State("")
        download = gr.DownloadButton("Download the sheet", visible=False, elem_id=f"{name}-compare-download")

    def run(photo: Image.Image | None, model_id: Any, what: Any, values: Any, *settings: Any) -> Iterator[Changes]:
        if photo is None:
            raise InputError("Choose a photo first.")
        entries = compared(tab, model_id, what, values, dict(zip(tab.job.settings, settings, strict=True)))
        yield {made: ""}
        for line, sheet in draw_sheet(tab, photo, entries, {what: list(values)}):
            name = f"{result_names.of_photo(file_of(photo), 'compared')}.png"
            yield {status: line} if sheet is None else {status: line, made: png_file(download, sheet, name)}

    def show(path: str) -> Changes:
        if not path:
            return dict.fromkeys((picture, download), gr.update(value=None, visible=False))
        small = open_image(path)
        small.thumbnail((2 * PREVIEW, 2 * PREVIEW), Image.Resampling.LANCZOS)
        preview = save_picture(small, new_folder(picture) / "sheet.webp")
        return {
            picture: gr.Image(value=str(preview), visible=True),
            download: gr.DownloadButton(value=path, visible=True),
        }

    inputs = [tab.photo, tab.model, kind, chosen, *tab.job.settings.values()]
    stopped = "Stopped. The sheet holds what was done until then."
    running = connect_job([start.click], stop, status, run, inputs, [made], stopped)
    # Events of their own, because of what :func:`connect_job` says about values that follow each other at once.
    for ended in (running.event.success, running.event.failure):
        ended(show, made, [picture, download], **QUIET)
    # A sheet of the photo before goes with it.
    tab.photo.clear(lambda: {made: "", **show("")}, None, [made, picture, download], cancels=[running.event], **QUIET)
    _connect_choice(tab, kinds, kind, chosen)


def _connect_choice(tab: PhotoTab, kinds: list[str], kind: gr.Radio, chosen: gr.Dropdown) -> None:
    """Offer what the kind and the model have, and take both from the recipe of a sheet."""

    def choose(model_id: Any, what: Any, values: Any) -> Any:
        """What there is to choose from; what was chosen stays where it can."""
        known = offered(tab, model_id, what)
        ids = [value for _, value in known]
        kept = [value for value in values or [] if value in ids]
        return gr.Dropdown(choices=known, value=kept if len(kept) > 1 else at_first(tab, what, known))

    def restored(recipe: Any) -> Changes:
        """What the recipe of a sheet compares; that of another picture changes nothing."""
        made_here = recipe is not None and recipe["task"] == tab.task
        found = [(what, values) for what, values in recipe.get("compared", {}).items() if values] if made_here else []
        if not found or found[0][0] not in kinds:
            return {kind: gr.skip()}
        what, values = found[0]
        known = offered(tab, recipe.get("model"), what)
        ids = [value for _, value in known]
        return {kind: what, chosen: gr.Dropdown(choices=known, value=[value for value in values if value in ids])}

    def restore(file_or_recipe: Any) -> Changes:
        """What is wrong with a file or a recipe, the tab tells."""
        read = recipe_of if isinstance(file_or_recipe, str) else parse_recipe
        with suppress(ImggenError):
            return restored(read(file_or_recipe))
        return {kind: gr.skip()}

    gr.on([kind.input, tab.model.change], choose, [tab.model, kind, chosen], chosen, **QUIET)
    tab.recipe.change(restore, tab.recipe, [kind, chosen], **QUIET)
    tab.saved.upload(restore, tab.saved, [kind, chosen], **QUIET)
    tab.reopened.change(restore, tab.reopened, [kind, chosen], **QUIET)


def draw_sheet(
    tab: PhotoTab, photo: Image.Image, entries: list[Entry], chosen: Values
) -> Iterator[tuple[str, Image.Image | None]]:
    """Make the pictures of a sheet, one after the other; one that cannot be made is left out.

    Args:
        tab: whose job makes them.
        photo: what they are made of.
        entries: of :func:`compared`.
        chosen: what is compared, by its kind, for the sheet's recipe.

    Yields:
        A line about the progress; after each picture, with the sheet so far, which Stop keeps.
    """
    images, captions, left_out = list[Image.Image](), list[str](), list[str]()
    recipe: Values = {}
    for number, entry in enumerate(entries, 1):
        place = f"{say(f'Picture {number} of {len(entries)}')}, {plain(say(entry.caption))}"
        try:
            for progress in steps(tab, tab.job, photo, entry.model, entry.arguments):
                if progress.result is None:
                    yield f"{place}. {progress_line(progress)}", None
                else:
                    image = progress.result.image
        except ImggenError as error:
            left_out.append(f"{say('Left out')}: {plain(say(entry.caption))}. {plain(say(str(error)))}")
            continue
        recipe = recipe or {**image.info[RECIPE_KEY], "compared": chosen}
        images.append(shrink(image, _ALL_PIXELS // len(entries)))  # now: several large ones fill the memory
        captions.append(entry.caption)
        sheet = captioned(images, captions, _ALL_PIXELS)
        sheet.info[RECIPE_KEY] = recipe
        yield say(f"{place} is done."), sheet
    yield "\n\n".join([say(f"{len(images)} of {len(entries)} pictures are on the sheet."), *left_out]), None


def offered(tab: PhotoTab, model_id: Any, what: Any) -> list[tuple[str, Any]]:
    """Words and values of what can be compared of a kind, such as the styles of a model."""
    engine = tab.surroundings.engine
    if what == MODELS:
        return [(model_label(info, engine), info.id) for info in tab.offered(engine)]
    if what not in tab.job.compared or not isinstance(model_id, str):
        return []
    known: list[tuple[str, Any]] = tab.job.compared[what].offered(engine.catalog.get(model_id))
    return known


def at_first(tab: PhotoTab, what: Any, known: list[tuple[str, Any]]) -> list[Any]:
    """Some of them to begin with, from all over the list; of models, those that need no download."""
    engine = tab.surroundings.engine
    values = [value for _, value in known if what != MODELS or not engine.needs_download(engine.catalog.get(value))]
    count = min(_AT_FIRST, len(values))
    return [values[round(place * (len(values) - 1) / max(1, count - 1))] for place in range(count)]


def compared(tab: PhotoTab, model_id: Any, what: Any, values: Any, settings: Values) -> list[Entry]:
    """The pictures of a sheet.

    Args:
        tab: whose job makes them.
        model_id: id of the model that is chosen.
        what: the kind of what is compared.
        values: what is compared; not checked, as ``what`` and ``model_id``.
        settings: the values of the job's settings.

    Raises:
        InputError: when there are too few or too many, or one is not offered.
    """
    words = {value: text for text, value in offered(tab, model_id, what)}
    if not isinstance(values, list) or not 2 <= len(values) <= MAX_COMPARED:
        raise InputError(f"Choose two to {MAX_COMPARED} to compare.")
    if any(not isinstance(value, str | int | float) or value not in words for value in values):
        raise InputError("Choose what to compare from the list.")
    return [_entry(tab, model_id, what, value, words[value], settings) for value in values]


def _entry(tab: PhotoTab, model_id: str, what: str, value: Any, words: str, settings: Values) -> Entry:
    catalog = tab.surroundings.engine.catalog
    if what == MODELS:
        info = catalog.get(value)
        suited = settings if value == model_id else tab.job.suited(info, settings)
        return Entry(info.title, value, tab.job.arguments(info, suited))
    info, comparable = catalog.get(model_id), tab.job.compared[what]
    return Entry(words, model_id, tab.job.arguments(info, comparable.chosen(settings, value)))
