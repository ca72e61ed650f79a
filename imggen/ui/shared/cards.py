"""Show what strangers wrote: model cards as pages without anything active in them, and names as plain text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from imggen.store.card import card_text
from imggen.ui.words import say

_FRONT_MATTER = re.compile(r"\A---\s*\n.*?\n---\s*(\n|\Z)", re.DOTALL)
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")


def card_html(folder: Path) -> str:
    """The card of a checkpoint folder as HTML.

    It comes from a stranger: HTML in it is shown as text, pictures are left out, and links lead to web pages only, so
    that nothing is loaded from elsewhere, sent anywhere, or run.
    """
    text = card_text(folder)
    return say("This model has no card.") if text is None else safe_html(_FRONT_MATTER.sub("", text))


def safe_html(text: str) -> str:
    """A stranger's Markdown as HTML without anything active in it."""
    html: str = _markdown().render(text)
    return html


def plain(text: str) -> str:
    """Text that stands for itself where Markdown or HTML is shown."""
    return _PUNCTUATION.sub(lambda found: f"&#{ord(found[0])};", text)


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("image", lambda *_: "")
    markdown.add_render_rule("link_open", _open_link)
    return markdown


def _open_link(renderer: Any, tokens: Any, index: int, options: Any, environment: Any) -> str:
    to = str(tokens[index].attrs.pop("href", ""))
    if to.startswith(("https://", "http://")):
        tokens[index].attrs |= {"href": to, "target": "_blank", "rel": "noopener noreferrer nofollow"}
    rendered: str = renderer.renderToken(tokens, index, options, environment)
    return rendered
