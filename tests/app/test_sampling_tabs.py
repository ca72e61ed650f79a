"""The random-sampling and conditional tabs as a person uses them, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from imggen.imaging.decode import open_image
from imggen.imaging.recipe import read_recipe
from tests.app.conftest import open_more
from tests.conftest import picture

pytestmark = pytest.mark.browser


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def open_tiny(page: Page, name: str) -> None:
    """Open a tab and choose a model of the tests', which is none of those that ship."""
    open_tab(page, name)
    box, title = {
        "Random sampling": ("sampling", "Tiny tiny-gan"),
        "Conditional generation": ("conditional", "Tiny tiny-classes"),
    }[name]
    page.locator(f"#{box}-model input").click()
    page.get_by_role("option", name=title).click()
    if box == "conditional":
        expect(page.locator("#conditional-class input")).to_have_value("daisy")


def seed_box(page: Page, task: str) -> Locator:
    return page.locator(f"#{task}-seed").locator("input, textarea")


def slider(page: Page, name: str) -> Locator:
    return page.locator(f"#{name} input[type=number]")


def generate(page: Page, task: str, count: int) -> None:
    page.locator(f"#{task}-start").click()
    expect(page.locator(f"#{task}-gallery .thumbnail-item")).to_have_count(count)
    expect(page.locator(f"#{task}-status")).to_contain_text("Click on a picture")


def choose_picture(page: Page, task: str, index: int) -> None:
    page.locator(f"#{task}-gallery .thumbnail-item").nth(index).click()
    expect(page.locator(f"#{task}-keep")).to_be_visible()


def bytes_of(page: Page, task: str, index: int) -> bytes:
    source = page.locator(f"#{task}-gallery .thumbnail-item img").nth(index).get_attribute("src")
    assert source is not None
    return page.request.get(source).body()


def parameters_of(data: bytes) -> dict[str, Any]:
    recipe = read_recipe(open_image(data))
    assert recipe is not None
    found = recipe["parameters"]
    assert isinstance(found, dict)
    return found


def downloaded(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.locator(button).click()
    download.value.save_as(folder / "downloaded.png")
    return folder / "downloaded.png"


def restore(page: Page, tab: str, task: str, path: Path) -> None:
    page.reload(wait_until="domcontentloaded")
    open_tab(page, tab)
    page.locator(f"#{task}-restore").locator("xpath=preceding-sibling::input | .//input").first.set_input_files(path)


def add_class(page: Page, name: str) -> None:
    if not page.locator("#conditional-others input").is_visible():
        open_more(page, "conditional")
    page.locator("#conditional-others input").fill(name)
    page.get_by_role("option", name=name).last.click()
    page.keyboard.press("Escape")


def test_a_picture_is_shown_large_and_its_seed_can_be_kept(page: Page, tmp_path: Path) -> None:
    open_tiny(page, "Random sampling")
    seed_box(page, "sampling").fill("40")
    slider(page, "sampling-count").fill("4")
    generate(page, "sampling", 4)
    expect(page.locator("#sampling-status")).to_contain_text("Seeds 40-43")
    saved = tmp_path / "saved.png"
    saved.write_bytes(bytes_of(page, "sampling", 2))
    choose_picture(page, "sampling", 2)
    expect(page.locator("#sampling-chosen")).to_contain_text("seed 42")
    large = page.locator("#sampling-gallery [data-testid='detailed-image']").bounding_box()
    assert large is not None
    assert large["height"] > 250
    page.locator("#sampling-keep").click()
    expect(seed_box(page, "sampling")).to_have_value("42")

    restore(page, "Random sampling", "sampling", saved)
    expect(seed_box(page, "sampling")).to_have_value("42")
    expect(slider(page, "sampling-count")).to_have_value("1")


def test_seed_lists_make_one_sheet_that_restores_them(page: Page, tmp_path: Path) -> None:
    open_tiny(page, "Random sampling")
    seed_box(page, "sampling").fill("5, 9, 20-23")
    generate(page, "sampling", 6)
    sheet = downloaded(page, "#sampling-download", tmp_path)
    assert open_image(sheet).width > 3 * 16

    restore(page, "Random sampling", "sampling", sheet)
    expect(seed_box(page, "sampling")).to_have_value("5, 9, 20-23")


def test_truncation_is_shown_and_taken(page: Page) -> None:
    open_tiny(page, "Random sampling")
    open_more(page, "sampling")
    page.locator("#sampling-compare").click()
    expect(page.locator("#sampling-strip .thumbnail-item")).to_have_count(6)
    page.locator("#sampling-strip .thumbnail-item").nth(2).click()
    expect(slider(page, "sampling-truncation")).to_have_value("0.4")


def test_a_sample_is_upscaled_and_the_result_remembers_it(page: Page, tmp_path: Path) -> None:
    open_tiny(page, "Random sampling")
    seed_box(page, "sampling").fill("0")
    generate(page, "sampling", 16)
    choose_picture(page, "sampling", 3)
    page.locator("#sampling-upscale").click()
    expect(page.locator("#sr-photo img")).to_be_visible()
    page.locator("#sr-start").click()
    expect(page.locator("#sr-status")).to_contain_text("16 x 16 to 64 x 64")
    recipe = read_recipe(open_image(downloaded(page, "#sr-download", tmp_path)))
    assert recipe is not None
    (source,) = recipe["sources"]
    assert source["model"] == "tiny-gan"
    assert source["parameters"]["seed"] == 3


def test_a_sample_becomes_a_keyframe(page: Page) -> None:
    open_tiny(page, "Conditional generation")
    seed_box(page, "conditional").fill("77, 78")
    generate(page, "conditional", 2)
    choose_picture(page, "conditional", 1)
    page.locator("#conditional-interpolate").click()
    expect(page.locator("#interpolation-seeds").locator("input, textarea")).to_have_value("78 daisy")


def test_wrong_seeds_and_files_get_one_sentence(page: Page, tmp_path: Path) -> None:
    open_tiny(page, "Random sampling")
    seed_box(page, "sampling").fill("a few")
    page.locator("#sampling-start").click()
    toast = page.locator("[data-testid='toast-body']")
    expect(toast.first).to_contain_text("seeds must be whole numbers")
    picture(16, 16).save(tmp_path / "plain.png")
    restore(page, "Random sampling", "sampling", tmp_path / "plain.png")
    expect(toast.first).to_contain_text("carries no recipe for this tab")
    expect(page.locator("#sampling-seed .wrap:has(.error)")).to_have_css("opacity", "0")  # nothing covers the settings


def test_another_seed_and_enter_generate(page: Page) -> None:
    open_tiny(page, "Random sampling")
    before, status = seed_box(page, "sampling").input_value(), page.locator("#sampling-status")
    page.locator("#sampling-dice").click()
    expect(seed_box(page, "sampling")).not_to_have_value(before)
    expect(status).to_contain_text(f"Seeds {seed_box(page, 'sampling').input_value()}")
    expect(page.locator("#sampling-stop")).to_be_hidden()
    seed_box(page, "sampling").fill("7")
    seed_box(page, "sampling").press("Enter")
    expect(status).to_contain_text("Seeds 7-22")


def test_classes_found_by_typing_make_labelled_rows(page: Page, tmp_path: Path) -> None:
    open_tiny(page, "Conditional generation")
    page.locator("#conditional-class input").fill("tul")
    page.get_by_role("option", name="tulip").click()
    add_class(page, "rose")
    seed_box(page, "conditional").fill("3, 7, 8")
    generate(page, "conditional", 6)
    made = [parameters_of(bytes_of(page, "conditional", index)) for index in range(6)]
    assert [one["classes"] for one in made] == ["tulip"] * 3 + ["rose"] * 3
    assert [one["seed"] for one in made] == [3, 7, 8] * 2
    expect(page.locator("#conditional-whole img")).to_be_visible()
    sheet = downloaded(page, "#conditional-download", tmp_path)

    restore(page, "Conditional generation", "conditional", sheet)
    expect(page.locator("#conditional-class input")).to_have_value("tulip")
    open_more(page, "conditional")
    expect(page.locator("#conditional-others")).to_contain_text("rose")
    expect(seed_box(page, "conditional")).to_have_value("3, 7-8")


def test_classes_are_mixed_by_weight_and_a_saved_mix_is_made_again(page: Page, tmp_path: Path) -> None:
    open_tiny(page, "Conditional generation")
    expect(page.locator("#conditional-together")).to_be_hidden()
    add_class(page, "violet")
    page.get_by_role("radio", name="Mixed into one").check()
    expect(page.locator("#conditional-weight-1")).to_contain_text("Weight of violet")
    slider(page, "conditional-weight-1").fill("0.37")
    slider(page, "conditional-count").fill("1")
    generate(page, "conditional", 1)
    mixed = bytes_of(page, "conditional", 0)
    assert parameters_of(mixed)["classes"] == pytest.approx({"daisy": 1 / 1.37, "violet": 0.37 / 1.37})
    saved = tmp_path / "mix.png"
    saved.write_bytes(mixed)

    restore(page, "Conditional generation", "conditional", saved)
    open_more(page, "conditional")
    expect(page.locator("#conditional-weight-1")).to_contain_text("Weight of violet")
    expect(slider(page, "conditional-weight-1")).to_have_value("0.37")
    expect(slider(page, "conditional-count")).to_have_value("1")
    generate(page, "conditional", 1)
    assert open_image(bytes_of(page, "conditional", 0)).tobytes() == open_image(mixed).tobytes()


def test_on_a_phone_all_pictures_are_on_the_page(page: Page) -> None:
    open_tiny(page, "Random sampling")
    page.set_viewport_size({"width": 390, "height": 844})
    seed_box(page, "sampling").fill("0")
    generate(page, "sampling", 16)
    for picture_box in page.locator("#sampling-gallery .thumbnail-item").all():
        box = picture_box.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
