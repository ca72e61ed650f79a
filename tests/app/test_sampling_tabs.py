"""The random-sampling and conditional tabs as a person uses them, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from imggen.images import open_image, read_recipe, save_png
from tests.conftest import picture

pytestmark = pytest.mark.browser


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def generate(page: Page, task: str, count: int) -> None:
    page.locator(f"#{task}-count input[type=number]").fill(str(count))
    page.locator(f"#{task}-start").click()
    expect(page.locator(f"#{task}-gallery .thumbnail-item")).to_have_count(count)


def seed_of(page: Page, task: str) -> str:
    return page.locator(f"#{task}-seed input").input_value()


def test_clicking_a_picture_keeps_its_seed_and_its_file_restores_the_tab(page: Page, tmp_path: Path) -> None:
    open_tab(page, "Random sampling")
    page.locator("#sampling-seed input").fill("40")
    generate(page, "sampling", 4)
    expect(page.locator("#sampling-status")).to_contain_text("Seeds 40 to 43")
    page.locator("#sampling-gallery .thumbnail-item").nth(2).click()
    expect(page.locator("#sampling-seed input")).to_have_value("42")
    source = page.locator("#sampling-gallery img").first.get_attribute("src")
    assert source is not None
    image = open_image(page.request.get(source).body())
    recipe = read_recipe(image)
    assert recipe is not None
    assert recipe["model"] == "tiny-gan"

    page.reload(wait_until="domcontentloaded")
    open_tab(page, "Random sampling")
    page.get_by_role("button", name="Restore the settings").click()
    upload = page.locator("#sampling-saved input[type=file]")
    upload.set_input_files(save_png(image, tmp_path / "saved.png"))
    expect(page.locator("#sampling-seed input")).to_have_value(str(recipe["parameters"]["seed"]))
    expect(page.locator("#sampling-count input[type=number]")).to_have_value("1")


def test_a_picture_without_a_recipe_says_so(page: Page, tmp_path: Path) -> None:
    picture(16, 16).save(tmp_path / "plain.png")
    open_tab(page, "Random sampling")
    page.get_by_role("button", name="Restore the settings").click()
    page.locator("#sampling-saved input[type=file]").set_input_files(tmp_path / "plain.png")
    expect(page.locator("[data-testid='toast-body']").first).to_contain_text("carries no recipe for this tab")


def test_the_dice_change_the_seed(page: Page) -> None:
    open_tab(page, "Random sampling")
    before = seed_of(page, "sampling")
    page.locator("#sampling-dice").click()
    expect(page.locator("#sampling-seed input")).not_to_have_value(before)


def test_a_class_can_be_found_by_typing(page: Page) -> None:
    open_tab(page, "Conditional generation")
    page.locator("#conditional-class input").fill("tul")
    page.get_by_role("option", name="tulip").click()
    generate(page, "conditional", 2)
    source = page.locator("#conditional-gallery img").first.get_attribute("src")
    assert source is not None
    recipe = read_recipe(open_image(page.request.get(source).body()))
    assert recipe is not None
    assert recipe["parameters"]["classes"] == "tulip"
