"""The start page in a browser: finished pictures at once, and a photo of one's own in three versions."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import picture

pytestmark = pytest.mark.browser


@pytest.fixture
def start(page: Page) -> Page:
    page.get_by_role("tab", name="Start", exact=True).click()
    return page


def test_pictures_are_there_before_anything_is_clicked(start: Page) -> None:
    for image in [*start.locator(".start-compare img").all(), *start.locator(".start-card").all()]:
        expect(image).to_be_visible()
        start.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=image.element_handle())


def test_the_handle_moves_by_keyboard(start: Page) -> None:
    handle = start.get_by_label("Where day ends and dusk begins")
    handle.focus()
    for _ in range(5):
        start.keyboard.press("ArrowLeft")
    assert start.locator(".start-compare").evaluate("box => box.style.getPropertyValue('--left')") == "45%"


def test_a_card_opens_its_tab(start: Page) -> None:
    start.locator("#start-open-style_transfer").click()
    expect(start.get_by_role("tab", name="Style transfer", exact=True)).to_have_attribute("aria-selected", "true")


def test_a_dropped_photo_comes_back_in_three_versions_and_goes_to_a_tab(start: Page, tmp_path: Path) -> None:
    picture(48, 32).save(tmp_path / "mine.png")
    start.locator("#start-photo input[type=file]").set_input_files(tmp_path / "mine.png")
    for task in ("style_transfer", "day_night", "super_resolution"):
        expect(start.locator(f"#start-{task} img")).to_be_visible(timeout=120_000)
    start.locator("#start-refine-super_resolution").click()
    expect(start.locator("#sr-photo img")).to_be_visible(timeout=120_000)
