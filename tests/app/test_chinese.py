"""The page in a browser whose language is Chinese."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from imggen.engine.engine import Engine
from imggen.tasks import TASKS
from imggen.ui import words
from tests.app.conftest import PATIENCE, open_all
from tests.app.test_first_look import TABS

pytestmark = pytest.mark.browser

#: What stays as it is: names of formats, models, styles and classes.
NAMES = {"imggen", "PNG", "JPEG", "WebP"}
#: Names of the models of these tests, and of their styles, which are chosen for comparisons.
OF_TESTS = re.compile(r"Tiny [\w-]+|\w+ \((Ann|Ben)(, \d+)?\)")
#: English of Gradio's own.
OF_GRADIO = {"select the draw tool to start"}
#: What authors of models wrote: cards, measures, names of styles.
OF_AUTHORS = "[id$=-about], #models-quality, #models-facts, #models-table, #style-gallery"
#: The texts that are seen, but for those.
SEEN = """hidden => {
  const walker = document.createTreeWalker(document.querySelector('.gradio-container'), NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const within = walker.currentNode.parentElement;
    if (within.checkVisibility() && !within.closest(hidden)) found.push(walker.currentNode.data);
  }
  return found;
}"""


def test_every_tab_is_chinese_and_gives_a_result(browser: Browser, app_url: str) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(app_url, wait_until="domcontentloaded")
    seen = {}
    titles = {words.chinese(task.title): f"#{TABS[task.id][0]}-start" for task in TASKS.values()}
    for title, there in {"首页": "#start-photo", **titles, "模型": "#models-table td"}.items():
        page.get_by_role("tab", name=title, exact=True).click()
        expect(page.locator(there).first).to_be_visible()
        open_all(page)
        seen[title] = page.evaluate(SEEN, f"script, style, {OF_AUTHORS}")
    names = (
        NAMES
        | OF_GRADIO
        | {name for info in Engine(offline=True).catalog.models() for name in (info.title, info.license)}
    )
    english = {
        title: {
            text.strip() for text in texts if re.search("[A-Za-z]{3}", text) and not re.search("[\u4e00-\u9fff]", text)
        }
        for title, texts in seen.items()
    }
    left = {title: [text for text in found - names if not OF_TESTS.fullmatch(text)] for title, found in english.items()}
    assert not any(left.values()), left
    assert not [text for texts in seen.values() for text in texts if "__i18n__" in text]

    page.get_by_role("tab", name="随机采样", exact=True).click()
    page.locator("#sampling-seed input, #sampling-seed textarea").fill("3")
    page.get_by_role("button", name="生成", exact=True).click()
    expect(page.locator("#sampling-status")).to_contain_text("随机种子 3-18。点击图片可放大查看。")
    page.locator("#sampling-seed input, #sampling-seed textarea").fill("three")
    page.get_by_role("button", name="生成", exact=True).click()
    expect(page.locator("[data-testid='toast-body']")).to_contain_text(
        re.compile("出错了.*随机种子必须是 0 到", re.DOTALL)
    )
    expect(page.locator("#sampling-status")).to_contain_text("随机种子必须是 0 到")
    context.close()
