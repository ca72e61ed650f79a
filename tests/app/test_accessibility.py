"""The page for people who use a screen reader, a keyboard, or need strong contrast, checked by axe-core."""

from __future__ import annotations

import io
import re
import urllib.error
import urllib.request

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from imggen.tasks import TASKS
from tests.app.conftest import PATIENCE, open_all
from tests.app.test_first_look import TABS

pytestmark = pytest.mark.browser


def violations(page: Page) -> list[str]:
    """What axe-core calls critical or serious, each with the element."""
    found = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for violation in found
        if violation["impact"] in ("critical", "serious")
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_critical_and_no_serious_violation(browser: Browser, app_url: str, theme: str) -> None:
    """With every part open, a result chosen, on a laptop and on a phone."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE)
    page.goto(f"{app_url}/?__theme={theme}", wait_until="domcontentloaded")
    # Colours on their way from one to another are no colours of the page.
    page.add_style_tag(content="*, ::before, ::after { transition: none !important; animation: none !important; }")
    found = {}
    shown = {
        "Start": ".start-card",
        **{TASKS[task].title: f"{result} img" for task, (_, result) in TABS.items()},
        "Models": "#models-table td",
    }
    for title, picture in shown.items():
        page.get_by_role("tab", name=title, exact=True).click()
        expect(page.locator(picture).first).to_be_visible()
        open_all(page)
        if title == TASKS["sampling"].title:
            page.locator("#sampling-start").click()
            expect(page.locator("#sampling-status")).to_contain_text("Click on a picture")
            page.locator("#sampling-gallery .thumbnail-item").first.click()
            expect(page.locator("#sampling-chosen")).to_contain_text("Chosen")
        expect(page.locator("button.gallery-item:not([aria-label])")).to_have_count(0)
        for name, size in {"desktop": (1280, 900), "phone": (390, 844)}.items():
            page.set_viewport_size({"width": size[0], "height": size[1]})
            found[f"{title}, {name}"] = violations(page)
    page.close()
    assert not any(found.values()), found


def test_the_start_button_is_within_five_tab_stops_of_its_tab(page: Page) -> None:
    for task, (name, _) in TABS.items():
        tab = page.get_by_role("tab", name=TASKS[task].title, exact=True)
        tab.click()
        expect(page.locator(f"#{name}-start")).to_be_visible()
        expect(tab).to_have_attribute("tabindex", "0")
        tab.focus()
        stops = []
        while f"{name}-start" not in stops and len(stops) < 5:
            page.keyboard.press("Tab")
            stops.append(page.evaluate("document.activeElement.id || document.activeElement.outerHTML.slice(0, 80)"))
        assert f"{name}-start" in stops, (task, stops)


def test_arrow_keys_choose_a_tab_and_move_the_handle(page: Page) -> None:
    tabs = [page.get_by_role("tab", name=TASKS[task].title, exact=True) for task in ("style_transfer", "day_night")]
    page.get_by_role("tab", name=TASKS["super_resolution"].title, exact=True).focus()
    for tab in tabs:
        page.keyboard.press("ArrowLeft")
        expect(tab).to_have_attribute("aria-selected", "true")
        expect(tab).to_be_focused()
    handle = page.locator("#dn-pair").get_by_role("slider")
    before = page.locator("#dn-pair img.fixed")
    expect(before).to_have_attribute("style", re.compile("50%"))
    handle.focus()
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    expect(handle).to_have_attribute("aria-valuenow", "40")
    expect(before).to_have_attribute("style", re.compile("40%|39.9"))


def test_the_browser_shows_our_own_icon(app_url: str) -> None:
    with urllib.request.urlopen(f"{app_url}/favicon.ico") as answer:
        assert Image.open(io.BytesIO(answer.read())).size == (64, 64)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{app_url}/pwa_icon/64")
