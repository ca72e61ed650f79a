"""Cards and names come from strangers: nothing in them is loaded, sent or run."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from imggen.store.catalogue import WEIGHTS_DIR, checkpoint_folders
from imggen.store.file_names import LARGEST
from imggen.ui.shared.cards import card_html, plain

PLAIN = {"h1", "h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "ol", "li"}
PLAIN |= {"a", "code", "pre", "em", "strong", "blockquote", "br", "hr"}


class Tags(HTMLParser):
    """The tags and attributes in a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


def card(folder: Path, text: str) -> str:
    (folder / "README.md").write_text(text, encoding="utf-8")
    return card_html(folder)


@pytest.mark.parametrize(
    "text",
    [
        "![](http://evil.example/x.png)",
        "<img src=http://evil.example/x.png onerror=alert(1)>",
        "<script>alert(1)</script>",
        "<form action=http://evil.example><input name=password></form>",
        "<iframe src=http://evil.example></iframe><style>body{display:none}</style>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[![](http://evil.example/badge.svg)](http://evil.example)",
        "<http://evil.example/?a=b>",
        "[a]: javascript:alert(1)\n\n[x][a]",
        "| ![](//evil.example/x.png) |\n|---|\n| <b onclick=alert(1)>x</b> |",
        "`<img src=x>`\n\n    <img src=x>\n",
        "---\ntitle: <script>\n---\n&lt;script&gt;alert(1)&lt;/script&gt;",
    ],
)
def test_nothing_active_is_left(tmp_path: Path, text: str) -> None:
    found = Tags(card(tmp_path, text))
    assert found.tags <= PLAIN
    for name, value in found.attributes:
        assert name in ("href", "target", "rel", "title", "style", "class")
        assert name != "href" or (value or "").startswith(("http://", "https://"))


def test_text_links_and_tables_are_shown_and_front_matter_is_not(tmp_path: Path) -> None:
    page = card(tmp_path, "---\nlicense: mit\n---\n# A net\n\n[paper](https://arxiv.org) \n\n| a |\n|---|\n| 1.5 |\n")
    assert "license" not in page
    assert "<h1>A net</h1>" in page
    assert 'href="https://arxiv.org"' in page
    assert "<td>1.5</td>" in page


def test_a_missing_and_a_very_long_card(tmp_path: Path) -> None:
    assert card_html(tmp_path) == "This model has no card."
    assert len(card(tmp_path, "a" * 10**6)) < 2 * LARGEST["README.md"]
    (tmp_path / "README.md").write_bytes(b"\xff\xfe caf\xe9")
    assert "caf" in card_html(tmp_path)


def test_the_shipped_cards_fit() -> None:
    for folder in checkpoint_folders(WEIGHTS_DIR):
        assert (folder / "README.md").stat().st_size < LARGEST["README.md"]
        assert "<h1>" in card_html(folder)


@pytest.mark.parametrize(
    "text",
    [
        "**bold** _it_ `x`",
        "<img src=x>",
        "[a](http://b)",
        "$$x$$ &amp; a\\b",
        "1. x",
        "# x",
        "- x",
        "http://a.b www.a.b",
    ],
)
def test_a_name_stands_for_itself(text: str) -> None:
    shown = MarkdownIt("gfm-like", {"linkify": False}).render(plain(text)).strip()
    assert Tags(shown).tags == {"p"}
    assert MarkdownIt().renderInline(plain(text)) == text.replace("&", "&amp;").replace("<", "&lt;").replace(
        ">", "&gt;"
    )
