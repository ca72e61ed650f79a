"""The page in the visitor's language: Chinese where the browser asks for it, English otherwise.

English stays where it is in the code. ``translations/zh-CN.json`` gives the Chinese of each text; where a text holds
values, ``{}`` stands for each in the English, and ``{0}``, ``{1}`` and so on in the Chinese. What the page is built
with (labels, buttons, choices) the browser translates, with :class:`gradio.I18n`; what a handler answers goes through
:func:`say`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.context import LocalContext

#: The languages of Gradio's page whose readers read simplified Chinese.
LOCALES = ("zh-CN", "zh-TW")
_FILE = Path(__file__).parent / "translations" / "zh-CN.json"
#: Properties of components that Gradio's page translates, and those of its components whose value is a text of ours.
_TEXTS = ("label", "info", "placeholder")
_SHOWN = ("button", "markdown")
_MARK = "__i18n__"
_SENTENCE_END = re.compile(r"(?<=[.?!]) (?=[A-Z0-9])")
#: A letter of a value, which holds no more than one sentence.
_VALUE = r"(?:(?![.?!] [A-Z0-9]).)"


def say(text: str, request: Any = None) -> str:
    """A text in the language of a visitor.

    Args:
        text: in English.
        request: of the visitor; the one whose event Gradio is handling in this thread where it is not given.

    Returns:
        The text in Chinese, or as it is where the visitor reads English or there is no translation.
    """
    request = request or LocalContext.request.get(None)
    header = request.headers.get("accept-language", "") if request is not None else ""
    first = re.split("[,;]", header)[0].strip()
    return (chinese(text) or text) if first in LOCALES else text


def chinese(text: str) -> str | None:
    """A text in Chinese, whole or else sentence by sentence; None where nothing of it is translated."""
    if "\n" in text:  # a model's card may hold sentences that look like ours
        return _table().get(text)
    whole = _whole(text)
    if whole is not None:
        return whole
    sentences = _SENTENCE_END.split(text)
    found = [_whole(sentence) for sentence in sentences]
    if not any(found):
        return None
    return " ".join(new or old for new, old in zip(found, sentences, strict=True)).replace("。 ", "。")


def translations() -> dict[str, str]:
    """The Chinese of every text, by the English; ``{}`` stands for values."""
    return dict(_table())


def for_page(page: gr.Blocks) -> gr.I18n:
    """What a page needs to translate the texts it was built with."""
    table = {english: words for english, words in _table().items() if "{}" not in english}
    for text in page_texts(page):
        if (words := chinese(text)) is not None:
            table[text] = words
    return gr.I18n(**dict.fromkeys(LOCALES, table))


def page_texts(page: gr.Blocks) -> Iterator[str]:
    """The texts that a page was built with: labels, what explains them, buttons, choices, captions."""
    for component in page.default_config.get_config()["components"]:
        for name in _translated(component):
            yield unmarked(component["props"][name])
        for choice in component["props"].get("choices") or []:
            yield choice[0]
        for picture in component["props"].get("value") or [] if component["type"] == "gallery" else []:
            yield picture["caption"]


def mark(components: list[dict[str, Any]]) -> None:
    """Mark the texts that have a translation for Gradio's page, in the components of a config."""
    for component in components:
        for name in _translated(component):
            text = component["props"][name]
            if chinese(text) is not None:
                component["props"][name] = str(gr.I18n()(text))


def unmarked(text: str) -> str:
    """A text in English, whether :func:`mark` has marked it or not."""
    return str(json.loads(text.removeprefix(_MARK))["key"]) if text.startswith(_MARK) else text


def _translated(component: dict[str, Any]) -> list[str]:
    names = [*_TEXTS, "value"] if component["type"] in _SHOWN else _TEXTS
    return [name for name in names if isinstance(component["props"].get(name), str) and component["props"][name]]


def _whole(text: str) -> str | None:
    table = _table()
    if text in table:
        return table[text]
    for pattern, words in _patterns():
        if found := pattern.fullmatch(text):
            return words.format(*(_value(value) for value in found.groups()))
    return None


def _value(value: str) -> str:
    """A value that may be a text of ours too, a title in quotes for example."""
    bare = value.strip()
    bare = bare[1:-1] if bare[:1] == bare[-1:] == "'" else bare
    return chinese(bare) or value


@cache
def _table() -> dict[str, str]:
    table: dict[str, str] = json.loads(_FILE.read_text(encoding="utf-8"))
    return table


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """How texts with values are recognised; those with most words of their own come first."""
    texts = sorted((text for text in _table() if "{}" in text), key=lambda text: -len(text.replace("{}", "")))
    return [(_pattern(text), _table()[text]) for text in texts]


def _pattern(text: str) -> re.Pattern[str]:
    """Each value ends where the words behind it begin, and before the end of its sentence.

    Words that are found are kept (?>), so that no text takes long.
    """
    first, *middle, last = (re.escape(part) for part in text.split("{}"))
    return re.compile(first + "".join(f"(?>({_VALUE}*?){words})" for words in middle) + f"({_VALUE}*){last}")
