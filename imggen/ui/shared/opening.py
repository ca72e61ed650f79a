"""Open a tab with the settings of a result: from a saved file, a link, or a picture that another tab was given.

A link has the same settings as the recipe of a result: ``?tab=sampling&model=flowers-128&seed=7``. Both become a file
that carries a recipe, so that a tab reads and checks all of them in one place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import gradio as gr
from gradio.blocks import Block
from PIL import Image

from imggen.imaging.animation import film_recipe
from imggen.imaging.recipe import RECIPE_KEY
from imggen.tasks import TASKS, Task
from imggen.ui.shared.jobs import Changes
from imggen.ui.shared.parts import QUIET, png_file, shown_errors
from imggen.ui.words import say

#: Writes a query into the address of the page; what begins with two underscores is Gradio's own.
_WRITE = """const address = new URL(location);
  for (const name of [...address.searchParams.keys()]) if (!name.startsWith('__')) address.searchParams.delete(name);
  new URLSearchParams(query).forEach((value, name) => address.searchParams.set(name, value));
  history.replaceState(null, '', address);"""
#: Gives the tab that the address names, and the whole query where it describes a result; empty texts where it does not.
READ_ADDRESS = """() => {
  const query = new URLSearchParams(location.search);
  return [query.get('tab') ?? '', query.has('model') ? location.search : ''];
}"""
#: A script that says in the address which tab is open, so that it is open again when the page is loaded anew. A link
#: with settings that has just opened its tab stays as it is.
TAB_IN_ADDRESS = f"""() => setTimeout(() => {{
  const tab = document.querySelector('#tabs [role=tab][aria-selected=true]').dataset.tabId;
  if (new URL(location).searchParams.get('tab') === tab) return;
  const query = {{tab}};
  {_WRITE}
}})"""
#: Copies the address; a page that did not come over https, or from this machine, may only show it.
_COPY = f"(query) => {{ {_WRITE} navigator.clipboard?.writeText(address.href); }}"


def task_of(made: dict[str, Any] | None) -> Task | None:
    """The task whose tab restores a recipe."""
    return TASKS.get(made["task"]) if made else None


def on_saved(
    saved: gr.UploadButton, restore: Callable[..., Any], more: list[Block], outputs: list[Block], **options: Any
) -> gr.State:
    """Let a tab restore its settings from a file, whether it is uploaded or comes from elsewhere in the page.

    Args:
        saved: takes a file.
        restore: gets its path, and the values of ``more``; gives the values of ``outputs``.
        more: further inputs.
        outputs: of ``restore``.
        options: of the events.

    Returns:
        What takes the path of a file from elsewhere.
    """
    path = gr.State(None)

    def restore_if_any(file: str | None, *values: Any) -> Any:
        return restore(file, *values) if file else {outputs[0]: gr.skip()}  # a page that loads changes it to None

    saved.upload(restore, [saved, *more], outputs, **options)
    path.change(restore_if_any, [path, *more], outputs, **options)
    return path


def opened(made: dict[str, Any], bar: gr.Tabs, places: Mapping[str, gr.State]) -> Changes:
    """Values that open the tab of a recipe with its settings.

    Args:
        made: the recipe.
        bar: the tabs.
        places: what :func:`on_saved` gave, by task.
    """
    task = task_of(made)
    if task is None or task.id not in places:
        return {bar: gr.skip()}
    carrier = Image.new("RGB", (1, 1))
    carrier.info[RECIPE_KEY] = made
    return {bar: gr.Tabs(selected=task.tab), places[task.id]: png_file(bar, carrier, "recipe.png")}


def query_of(made: dict[str, Any] | None, tab: str) -> str:
    """The query of a link to a tab with the settings of a recipe, or with none."""
    settings: dict[str, str] = {"tab": tab}
    if made is not None and isinstance(parameters := made.get("parameters"), dict):
        settings["model"] = str(made.get("model"))
        for name, value in parameters.items():
            if value is not None:
                settings[name] = value if _value(value) == value else json.dumps(value)
    return urlencode(settings)


def recipe_from(search: str | None) -> dict[str, Any] | None:
    """The recipe that a link's query describes; None for one that only names a tab. The tab checks what is in it."""
    query = dict(parse_qsl((search or "").removeprefix("?"), keep_blank_values=True))
    task = next((task for task in TASKS.values() if task.tab == query.get("tab")), None)
    if task is None or "model" not in query:
        return None
    known = ("tab", "model")
    parameters = {name: _value(text) for name, text in query.items() if name not in known and not name.startswith("__")}
    return {"task": task.id, "model": query["model"], "parameters": parameters}


def connect_link(button: gr.Button, path: gr.components.Component, tab: str) -> None:
    """Let a button copy the link to a tab with the settings of the result whose file ``path`` names."""
    query = gr.Textbox(visible=False)

    def link(file: str | None) -> str:
        with shown_errors():
            made = film_recipe(file) if file else None
        gr.Info(say("The link is copied, and it is in the address of the page."))
        return query_of(made, tab)

    button.click(link, path, query, **QUIET).success(None, query, None, js=_COPY, api_visibility="private")


def _value(text: Any) -> Any:
    """What a word in a link stands for: JSON, or where it is none, a text."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return text if isinstance(text, str) else None
