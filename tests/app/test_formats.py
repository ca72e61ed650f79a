"""Size and format of a result, chosen before and after it is made, and kept by the file that is downloaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from imggen.imaging.decode import recipe_of
from imggen.imaging.save import save_picture
from tests.app.conftest import open_more
from tests.conftest import picture

pytestmark = pytest.mark.browser


def choose_format(page: Page, form: str) -> None:
    page.locator("#sr-format input").click()
    page.get_by_role("option", name=form, exact=True).click()
    expect(page.locator("#sr-download")).to_have_text(f"Download the full {form}")


def downloaded(page: Page, folder: Path) -> Path:
    with page.expect_download() as download:
        page.locator("#sr-download").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_result_in_any_size_and_format_restores_the_tab(page: Page, tmp_path: Path) -> None:
    picture(96, 64).save(tmp_path / "castle.png")
    page.locator("#sr-photo input[type=file]").set_input_files(tmp_path / "castle.png")
    page.locator("#sr-model input").click()
    page.get_by_role("option", name="Tiny tiny", exact=True).click()
    open_more(page, "sr")
    page.locator("#sr-size").get_by_label("Longest side").check()
    page.locator("#sr-longest input").fill("1000")
    page.locator("#sr-start").click()
    expect(page.locator("#sr-status")).to_contain_text("from 1 to 384, 4 times that of the photo")
    page.locator("#sr-longest input").fill("240")
    page.locator("#sr-longest input").press("Tab")
    page.locator("#sr-start").click()
    expect(page.locator("#sr-status")).to_contain_text("96 x 64 to 240 x 160")
    choose_format(page, "WebP")
    webp = downloaded(page, tmp_path)
    with Image.open(webp) as opened:
        assert (webp.name, opened.format, opened.size) == ("castle_240px.webp", "WEBP", (240, 160))
    made = recipe_of(webp)
    assert made is not None
    assert made["parameters"] == {"detail": 0.5, "size": 240}
    choose_format(page, "JPEG")
    page.locator("#sr-quality input[type=number]").fill("30")
    page.locator("#sr-quality input[type=number]").press("Tab")
    page.locator("#sr-size").get_by_label("2x").check()
    expect(page.locator("#sr-start")).to_have_text("Upscale 2x")
    page.locator("#sr-start").click()
    expect(page.locator("#sr-status")).to_contain_text("96 x 64 to 192 x 128")
    expect(page.locator("#sr-download")).to_have_text("Download the full JPEG")
    jpeg = downloaded(page, tmp_path)
    with Image.open(jpeg) as opened:
        assert (jpeg.name, opened.format, opened.size) == ("castle_2x.jpg", "JPEG", (192, 128))
        finer = save_picture(opened.convert("RGB"), tmp_path / "finer.jpg", 92)
    assert jpeg.stat().st_size < finer.stat().st_size

    page.reload(wait_until="domcontentloaded")
    page.get_by_role("tab", name="4x super-resolution", exact=True).click()
    page.locator("#sr-photo input[type=file]").set_input_files(jpeg)
    expect(page.locator("#sr-status")).to_have_text("Settings restored.")
    open_more(page, "sr")
    expect(page.locator("#sr-size").get_by_label("2x")).to_be_checked()
