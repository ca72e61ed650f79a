"""The super-resolution tab as a person uses it, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from imggen.imaging.decode import open_image
from imggen.imaging.recipe import read_recipe, save_png
from tests.conftest import picture
from tests.uploads import DECODABLE, UNUSABLE

pytestmark = pytest.mark.browser


def reopen(page: Page) -> None:
    page.reload(wait_until="domcontentloaded")
    page.get_by_role("tab", name="4x super-resolution", exact=True).click()


def upload(page: Page, path: Path) -> None:
    clear = page.locator("#sr-photo").get_by_label("Remove Image")
    if clear.is_visible():
        clear.click()
    page.locator("#sr-photo input[type=file]").set_input_files(path)


def choose_model(page: Page, title: str) -> None:
    page.locator("#sr-model input").click()
    page.get_by_role("option", name=title, exact=True).click()


def upscale(page: Page) -> None:
    page.locator("#sr-start").click()
    expect(page.locator("#sr-status")).to_contain_text(" s.")


def downloaded(page: Page) -> Path:
    with page.expect_download() as download:
        page.locator("#sr-download").click()
    return Path(download.value.path())


def test_a_photo_is_upscaled_and_its_download_restores_the_tab(page: Page, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    picture(96, 64).save(photo)
    upload(page, photo)
    choose_model(page, "Tiny tiny")
    page.locator("#sr-detail input[type=number]").fill("0.8")
    page.locator("#sr-detail input[type=number]").press("Tab")
    upscale(page)
    expect(page.locator("#sr-status")).to_contain_text("96 x 64 to 384 x 256")
    for slider in ("#sr-pair", "#sr-close-up"):
        expect(page.locator(f"{slider} img").first).to_be_visible()
    result = open_image(downloaded(page))
    assert result.size == (384, 256)
    recipe = read_recipe(result)
    assert recipe is not None
    assert (recipe["model"], recipe["parameters"]) == ("tiny", {"detail": 0.8})

    reopen(page)
    upload(page, save_png(result, tmp_path / "result.png"))
    expect(page.locator("#sr-detail input[type=number]")).to_have_value("0.8")
    expect(page.locator("#sr-model input")).to_have_value("Tiny tiny")
    expect(page.get_by_text("Recipe this picture carries")).to_be_visible()


def test_a_saved_result_larger_than_any_photo_restores_the_tab(page: Page, tmp_path: Path) -> None:
    large = Image.new("RGB", (2600, 2000))
    large.info["imggen"] = {"task": "super_resolution", "model": "tiny", "parameters": {"detail": 0.3}}
    page.locator("#sr-restore").locator("xpath=preceding-sibling::input | .//input").first.set_input_files(
        save_png(large, tmp_path / "large.png")
    )
    expect(page.locator("#sr-model input")).to_have_value("Tiny tiny")
    expect(page.locator("#sr-detail input[type=number]")).to_have_value("0.3")


@pytest.mark.parametrize("name", list(DECODABLE))
def test_unusual_but_valid_files_are_upscaled(page: Page, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(DECODABLE[name])
    upload(page, tmp_path / name)
    choose_model(page, "Tiny tiny")
    upscale(page)
    expect(page.locator("#sr-status")).to_contain_text("32 x 24 to 128 x 96")


def test_the_source_chooses_the_model_and_the_result_says_what_was_done(page: Page, tmp_path: Path) -> None:
    clean_up = page.locator("#sr-clean-up input[type=number]")
    choose_model(page, "SPAN x4 for photos")
    expect(clean_up).to_have_value("1")
    page.locator("#sr-source").get_by_label("Drawing or render").check()
    expect(page.locator("#sr-model input")).to_have_value("SPAN x4")
    expect(clean_up).to_have_value("0")
    page.locator("#sr-source").get_by_label("Photo").check()
    expect(clean_up).to_have_value("1")
    picture(64, 48).save(tmp_path / "photo.jpg")
    upload(page, tmp_path / "photo.jpg")
    upscale(page)
    expect(page.locator("#sr-status")).to_contain_text("cleaned up (100%)")
    expect(page.locator("#sr-close-up img").first).to_be_visible()
    recipe = read_recipe(open_image(downloaded(page)))
    assert recipe is not None
    assert recipe["model"] == "sr-photo-x4"
    assert recipe["parameters"] == {"detail": 0.5, "clean_up": 1}


def test_clicking_the_photo_moves_the_close_up(page: Page, tmp_path: Path) -> None:
    image = Image.new("RGB", (400, 400), "black")
    image.paste("white", (0, 0, 200, 400))
    image.save(tmp_path / "halves.png")
    upload(page, tmp_path / "halves.png")
    choose_model(page, "Tiny tiny")
    upscale(page)
    close_up = page.locator("#sr-close-up img").first
    expect(close_up).to_be_visible()
    before = close_up.get_attribute("src")
    page.locator("#sr-photo img").first.click(position={"x": 20, "y": 20})
    expect(close_up).not_to_have_attribute("src", before or "")


@pytest.mark.parametrize("name", list(UNUSABLE))
def test_an_unusable_file_gets_one_sentence_and_loses_nothing(page: Page, tmp_path: Path, name: str) -> None:
    data, sentence = UNUSABLE[name]
    path = tmp_path / name
    path.write_bytes(data)
    upload(page, path)
    toast = page.locator("[data-testid='toast-body']").first
    expect(toast).to_contain_text(sentence)
    assert "Traceback" not in toast.inner_text()
    expect(page.locator("#sr-status")).to_have_text("This file cannot be used as a photo. Choose another one.")
    expect(page.locator("#sr-photo img")).to_have_count(0)
    assert toast.inner_text().count(sentence) == 1
    good = tmp_path / "good.png"
    picture(32, 32).save(good)
    reopen(page)
    upload(page, good)
    choose_model(page, "Tiny tiny")
    upscale(page)


def test_the_model_card_can_be_read(page: Page) -> None:
    choose_model(page, "Tiny tiny")
    page.get_by_role("button", name="About this model").click()
    expect(page.locator("#sr-about").get_by_role("heading", name="Tiny")).to_be_visible()


def test_who_only_presses_the_button_gets_the_example_and_is_told_so(page: Page) -> None:
    choose_model(page, "Tiny tiny")
    page.locator("#sr-start").click()
    expect(page.locator("#sr-status")).to_contain_text("No photo was chosen, so this is the example photo.")
    expect(page.locator("#sr-status")).to_contain_text("240 x 135 to 960 x 540")
    expect(page.locator("#sr-photo img")).to_be_visible()
    expect(page.locator("#sr-stop")).to_be_hidden()
    expect(page.get_by_text("Error", exact=True).filter(visible=True)).to_have_count(0)


def test_a_job_started_during_the_upload_runs_to_its_end(page: Page, tmp_path: Path) -> None:
    def arrive_late(route: Route) -> None:
        page.wait_for_timeout(1500)
        route.continue_()

    picture(96, 64).save(tmp_path / "photo.png")
    choose_model(page, "Tiny tiny")
    page.route("**/upload?*", arrive_late)
    upload(page, tmp_path / "photo.png")
    upscale(page)
    expect(page.locator("#sr-pair img").first).to_be_visible()


def test_another_photo_ends_the_job_and_takes_the_result_away(page: Page, tmp_path: Path) -> None:
    for name, side in (("large", 1400), ("small", 32)):
        picture(side, side).save(tmp_path / f"{name}.png")
    upload(page, tmp_path / "large.png")
    page.locator("#sr-start").click()
    expect(page.locator("#sr-stop")).to_be_visible()
    expect(page.locator("#sr-status")).to_contain_text("Working")
    upload(page, tmp_path / "small.png")
    expect(page.locator("#sr-status")).to_contain_text("Choose a photo")
    expect(page.locator("#sr-stop")).to_be_hidden()
    upscale(page)
    expect(page.locator("#sr-status")).to_contain_text("32 x 32 to 128 x 128")
    page.locator("#sr-photo").get_by_label("Remove Image").click()
    expect(page.locator("#sr-pair img")).to_have_count(0)
    expect(page.locator("#sr-download")).to_be_disabled()


def test_a_click_on_an_example_upscales_it(page: Page) -> None:
    choose_model(page, "Tiny tiny")
    page.locator("#sr-examples .gallery-item").first.click()
    expect(page.locator("#sr-status")).to_contain_text("240 x 135 to 960 x 540")
    expect(page.locator("#sr-photo img").first).to_be_visible()
    page.locator("#sr-examples .gallery-item").nth(1).click()
    expect(page.locator("#sr-status")).to_contain_text("800 x 534 to 3200 x 2136")
