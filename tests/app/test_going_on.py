"""Results go on: to other tabs, into links, to other photos, and back from the strip below the page."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from imggen.imaging.decode import open_image
from imggen.imaging.recipe import read_recipe
from imggen.ui.shared import chain
from tests.conftest import picture

pytestmark = pytest.mark.browser


def seed(page: Page) -> str:
    return page.locator("#sampling-seed textarea, #sampling-seed input").input_value()


def opened(page: Page, title: str) -> None:
    expect(page.get_by_role("tab", name=title, exact=True)).to_have_attribute("aria-selected", "true")


def upload(page: Page, button: str, path: Path) -> None:
    page.locator(f"#{button}").locator("xpath=preceding-sibling::input | .//input").first.set_input_files(path)


def test_a_sample_from_a_link_is_painted_and_relit_and_the_same_is_done_to_another_photo(
    page: Page, app_url: str, tmp_path: Path
) -> None:
    page.goto(f"{app_url}/?tab=sampling&model=tiny-gan&seed=33&count=2&truncation=0.5", wait_until="domcontentloaded")
    opened(page, "Random sampling")
    expect(page.locator("#sampling-model input")).to_have_value("Tiny tiny-gan")
    expect(page.locator("#sampling-count input[type=number]")).to_have_value("2")
    assert seed(page) == "33"
    page.locator("#sampling-start").click()
    expect(page.locator("#sampling-status")).to_contain_text("Seeds 33-34")
    page.locator("#sampling-gallery .thumbnail-item").nth(1).click()
    page.locator("#sampling-paint").click()

    opened(page, "Style transfer")
    page.locator("#style-start").click()
    expect(page.locator("#style-chain")).to_contain_text("seed 34) → Style transfer")
    page.locator("#style-relight").click()
    opened(page, "Day and night")
    page.locator("#dn-start").click()
    expect(page.locator("#dn-chain")).to_contain_text("→ Day and night")

    picture(60, 40).save(tmp_path / "other.png")
    upload(page, "dn-again", tmp_path / "other.png")
    expect(page.locator("#dn-status")).to_contain_text("2 jobs done to this photo.")
    with page.expect_download() as download:
        page.locator("#dn-download").click()
    image = open_image(download.value.path())
    made = read_recipe(image)
    assert made is not None
    assert image.size == (60, 40)
    assert [step["task"] for step in chain.steps(made)] == ["style_transfer", "day_night"]

    page.locator("#dn-link").click()
    expect(page.locator("[data-testid='toast-body']").first).to_contain_text("The link is copied")
    page.wait_for_url("**direction=day2night**")
    assert parse_qs(urlsplit(page.url).query)["tab"] == ["day-night"]
    expect(page.locator("#session-strip .thumbnail-item")).to_have_count(4)
    page.locator("#session-strip .thumbnail-item").last.click()
    opened(page, "Random sampling")
    page.wait_for_url("**/?tab=sampling")
    page.reload(wait_until="domcontentloaded")
    opened(page, "Random sampling")


def test_a_result_dropped_in_another_tab_opens_its_own(page: Page, tmp_path: Path) -> None:
    picture(48, 32).save(tmp_path / "photo.png")
    page.locator("#sr-photo input[type=file]").set_input_files(tmp_path / "photo.png")
    page.locator("#sr-model input").click()
    page.get_by_role("option", name="Tiny tiny", exact=True).click()
    page.locator("#sr-detail input[type=number]").fill("0.8")
    page.locator("#sr-start").click()
    expect(page.locator("#sr-chain")).to_contain_text("detail 0.8")
    with page.expect_download() as download:
        page.locator("#sr-download").click()
    download.value.save_as(tmp_path / "large.png")
    page.goto(page.url.replace("super-resolution", "day-night"), wait_until="domcontentloaded")
    opened(page, "Day and night")
    page.locator("#dn-photo input[type=file]").set_input_files(tmp_path / "large.png")
    page.get_by_role("button", name="Recipe this picture carries").click()
    page.locator("#dn-elsewhere").click()
    opened(page, "4x super-resolution")
    expect(page.locator("#sr-detail input[type=number]")).to_have_value("0.8")


def test_a_link_with_settings_that_make_no_sense_is_told_in_a_sentence(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/?tab=sampling&model=nothing&seed=%5B%5B&count=x", wait_until="domcontentloaded")
    opened(page, "Random sampling")
    expect(page.locator("[data-testid='toast-body']").first).to_contain_text("make no sense")
