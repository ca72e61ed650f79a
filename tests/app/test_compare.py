"""The same photo in several styles, models or times of day on one sheet."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from imggen.imaging.decode import recipe_of
from tests.conftest import picture


@pytest.mark.browser
def test_styles_are_compared_and_the_sheet_restores_what_was_compared(page: Page, tmp_path: Path) -> None:
    picture(96, 64).save(tmp_path / "castle.png")
    page.get_by_role("tab", name="Style transfer", exact=True).click()
    page.locator("#style-model input").click()
    page.get_by_role("option", name="Tiny any style", exact=True).click()
    page.locator("#style-photo input[type=file]").set_input_files(tmp_path / "castle.png")
    page.locator("#style-compare button.label-wrap").first.click()
    chosen = page.locator("#style-compare-chosen")
    expect(chosen).to_contain_text("Waves")
    expect(chosen).to_contain_text("Hills")
    page.locator("#style-compare-start").click()
    expect(page.locator("#style-compare-status")).to_have_text("2 of 2 pictures are on the sheet.")
    expect(page.locator("#style-compare-sheet img")).to_be_visible()
    with page.expect_download() as download:
        page.locator("#style-compare-download").click()
    assert download.value.suggested_filename == "castle_compared.png"
    sheet = tmp_path / "sheet.png"
    download.value.save_as(sheet)
    with Image.open(sheet) as opened:
        assert opened.width > 2 * 96
    made = recipe_of(sheet)
    assert made is not None
    assert made["compared"] == {"styles": ["ann-waves", "ben-hills"]}

    page.locator("#style-compare-kind").get_by_label("Models").check()
    expect(chosen).not_to_contain_text("Waves")
    page.locator("#style-restore").locator("xpath=preceding-sibling::input | .//input").first.set_input_files(sheet)
    expect(chosen).to_contain_text("Waves")
    expect(page.locator("#style-compare-kind").get_by_label("Styles")).to_be_checked()
