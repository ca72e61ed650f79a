"""What a visitor sees before any click, on a laptop and on a phone: a finished result, and the button that starts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from imggen.tasks import TASKS
from tests.app.conftest import PATIENCE

pytestmark = pytest.mark.browser

#: For each task, the beginning of its elements' ids, and the element with the stored result.
TABS = {
    "sampling": ("sampling", "#sampling-gallery"),
    "conditional": ("conditional", "#conditional-gallery"),
    "interpolation": ("interpolation", "#interpolation-film"),
    "day_night": ("dn", "#dn-pair"),
    "style_transfer": ("style", "#style-pair"),
    "super_resolution": ("sr", "#sr-pair"),
}


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_every_tab_opens_with_a_result_and_its_button_in_view(
    browser: Browser, app_url: str, size: tuple[int, int]
) -> None:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.set_default_timeout(PATIENCE)
    page.goto(app_url, wait_until="domcontentloaded")
    rows = set()
    for task in TASKS.values():
        tab = page.get_by_role("tab", name=task.title, exact=True)
        tab.click()
        name, result = TABS[task.id]
        picture = page.locator(f"{result} img").first
        expect(picture).to_be_visible()
        page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=picture.element_handle())
        page.evaluate("scrollTo(0, 0)")
        expect(page.locator(f"#{name}-start")).to_be_in_viewport(ratio=1)
        expect(page.locator(f"#{name}-stop")).to_be_hidden()
        box = tab.bounding_box()
        assert box is not None
        rows.add(box["y"])
    assert len(rows) == 1  # all tabs are in one row
    page.close()


def test_a_phone_scrolls_to_the_result(browser: Browser, app_url: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_default_timeout(PATIENCE)
    page.goto(app_url, wait_until="domcontentloaded")
    page.get_by_role("tab", name=TASKS["sampling"].title, exact=True).click()
    page.locator("#sampling-more").scroll_into_view_if_needed()
    page.locator("#sampling-start").click()
    expect(page.locator("#sampling-status")).to_contain_text("Click on a picture")
    expect(page.locator("#sampling-status")).to_be_in_viewport(ratio=1)
    expect(page.locator("#sampling-gallery img").first).to_be_in_viewport()
    page.close()


def test_opening_the_page_runs_no_handler(browser: Browser, app_url: str) -> None:
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/queue/join" in request.url else None)
    page.goto(app_url, wait_until="domcontentloaded")
    page.get_by_role("tab", name=TASKS["sampling"].title, exact=True).click()
    expect(page.locator("#sampling-start")).to_be_visible()
    page.wait_for_timeout(2000)
    assert not asked
    page.close()
