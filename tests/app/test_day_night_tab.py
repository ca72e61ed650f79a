"""The day and night tab and its endpoint, as people and programs use them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from playwright.sync_api import Page, Route, expect

from imggen.imaging.decode import open_image
from imggen.imaging.recipe import read_recipe
from tests.app.conftest import open_more
from tests.conftest import picture

pytestmark = pytest.mark.browser


def open_tab(page: Page) -> None:
    page.get_by_role("tab", name="Day and night", exact=True).click()


def upload(page: Page, path: Path) -> None:
    page.locator("#dn-photo input[type=file]").set_input_files(path)


def choose_model(page: Page, title: str) -> None:
    page.locator("#dn-model input").click()
    page.get_by_role("option", name=title, exact=True).click()


def number(page: Page, name: str, value: str) -> None:
    box = page.locator(f"#dn-{name} input[type=number]")
    expect(box).to_be_visible()
    for _ in range(3):  # a busy page may still put the first value of a setting back that was just opened
        box.fill(value)
        box.press("Tab")
        page.wait_for_timeout(500)
        if box.input_value() == value:
            break
    expect(box).to_have_value(value)


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    picture(240, 160).save(path)
    return path


@pytest.fixture(scope="module")
def client(app_url: str) -> Client:
    return Client(app_url, verbose=False)


def test_a_photo_is_translated_and_its_download_restores_the_tab(page: Page, photo: Path, tmp_path: Path) -> None:
    open_tab(page)
    upload(page, photo)
    choose_model(page, "Tiny tiny-day-night")
    page.get_by_role("radio", name="Night to day").check()
    expect(page.locator("#dn-time input[type=number]")).to_have_value("1")  # a full day suits this photo
    number(page, "time", "0.6")
    open_more(page, "dn")
    number(page, "glow", "1.5")
    number(page, "strength", "0.9")
    page.locator("#dn-start").click()
    expect(page.locator("#dn-status")).to_contain_text("Structure kept")
    expect(page.locator("#dn-status")).to_contain_text("240 x 160")
    expect(page.locator("#dn-pair img").first).to_be_visible()
    with page.expect_download() as download:
        page.locator("#dn-download").click()
    saved = tmp_path / "saved.png"
    download.value.save_as(saved)
    recipe = read_recipe(open_image(saved))
    assert recipe is not None
    settings = {"direction": "night2day", "strength": 0.9, "time": 0.6, "glow": 1.5}
    assert (recipe["model"], recipe["parameters"]) == ("tiny-day-night", settings)

    page.reload(wait_until="domcontentloaded")
    open_tab(page)
    choose_model(page, "Tiny tiny-fruit")
    page.locator("#dn-restore").locator("xpath=preceding-sibling::input | .//input").first.set_input_files(saved)
    expect(page.locator("#dn-model input")).to_have_value("Tiny tiny-day-night")
    expect(page.get_by_role("radio", name="Night to day")).to_be_checked()
    open_more(page, "dn")
    for name, value in (("time", "0.6"), ("glow", "1.5"), ("strength", "0.9")):
        expect(page.locator(f"#dn-{name} input[type=number]")).to_have_value(value)


def test_a_night_has_a_choice_of_skies_and_of_lit_windows_that_its_download_restores(
    page: Page, photo: Path, tmp_path: Path
) -> None:
    city = page.get_by_role("radio", name="city glow")
    open_tab(page)
    expect(page.locator("#dn-time input[type=number]")).to_have_value("0.7")
    upload(page, photo)
    choose_model(page, "Day and night")
    page.get_by_role("radio", name="Night to day").check()
    expect(page.locator("#dn-sky")).to_be_hidden()
    page.get_by_role("radio", name="Day to night").check()
    city.check()
    open_more(page, "dn")
    page.locator("#dn-seed input").fill("5")
    page.locator("#dn-start").click()
    expect(page.locator("#dn-status")).to_contain_text("Structure kept")
    with page.expect_download() as download:
        page.locator("#dn-download").click()
    saved = tmp_path / "saved.png"
    download.value.save_as(saved)
    recipe = read_recipe(open_image(saved))
    assert recipe is not None
    light = {"time": 0.7, "sky": "city glow", "seed": 5}
    assert {name: recipe["parameters"][name] for name in light} == light

    page.reload(wait_until="domcontentloaded")
    open_tab(page)
    page.locator("#dn-restore").locator("xpath=preceding-sibling::input | .//input").first.set_input_files(saved)
    expect(city).to_be_checked()
    open_more(page, "dn")
    expect(page.locator("#dn-seed input")).to_have_value("5")


def test_a_dark_night_starts_at_a_dawn_and_the_rest_is_said_to_be_guessed(page: Page, tmp_path: Path) -> None:
    night, lit = Image.new("RGB", (96, 64), "black"), Image.new("RGB", (96, 64), "#506070")
    night.paste(lit.crop((0, 0, 24, 64)), (0, 0))
    night.save(tmp_path / "night.png")
    lit.save(tmp_path / "lit.png")
    time, status = page.locator("#dn-time input[type=number]"), page.locator("#dn-status")
    open_tab(page)
    upload(page, tmp_path / "night.png")
    choose_model(page, "Tiny tiny-day-night")
    page.locator("#dn-start").click()
    expect(status).to_contain_text("Structure kept")
    expect(status).not_to_contain_text("guessed")
    expect(time).to_have_value("0.7")
    page.get_by_role("radio", name="Night to day").check()
    expect(time).to_have_value("0.6")
    page.locator("#dn-start").click()
    expect(status).to_contain_text("75% of the photo is very dark")
    expect(status).not_to_contain_text("Set the time of day")
    upload(page, tmp_path / "lit.png")
    expect(time).to_have_value("1")
    upload(page, tmp_path / "night.png")
    expect(time).to_have_value("0.6")

    number(page, "time", "0.9")
    page.locator("#dn-start").click()
    expect(status).to_contain_text("Set the time of day to 0.6")
    upload(page, tmp_path / "lit.png")
    page.locator("#dn-start").click()
    expect(status).not_to_contain_text("guessed")
    expect(time).to_have_value("0.9")


def test_another_pair_has_its_own_directions_and_no_time_of_day(page: Page, photo: Path) -> None:
    open_tab(page)
    upload(page, photo)
    choose_model(page, "Tiny tiny-fruit")
    expect(page.get_by_role("radio", name="Apple to orange")).to_be_checked()
    expect(page.locator("#dn-time")).to_be_hidden()
    expect(page.locator("#dn-sky")).to_be_hidden()
    page.get_by_role("radio", name="Orange to apple").check()
    page.locator("#dn-start").click()
    expect(page.locator("#dn-status")).to_contain_text("Structure kept")
    choose_model(page, "Tiny tiny-day-night")
    expect(page.get_by_role("radio", name="Day to night")).to_be_checked()
    expect(page.locator("#dn-time")).to_be_visible()


def test_a_direction_of_the_model_before_is_refused_in_a_sentence(page: Page, photo: Path) -> None:
    def send_old_direction(route: Route) -> None:
        route.continue_(post_data=(route.request.post_data or "").replace('"apple2orange"', '"night2day"'))

    open_tab(page)
    upload(page, photo)
    choose_model(page, "Tiny tiny-fruit")
    expect(page.get_by_role("radio", name="Apple to orange")).to_be_checked()
    page.route("**/queue/join*", send_old_direction)  # as a click does that comes before the new directions
    page.locator("#dn-start").click()
    expect(page.locator("[data-testid='toast-body']").first).to_contain_text("'apple2orange' or 'orange2apple'")


def test_a_result_goes_on_to_super_resolution(page: Page, photo: Path) -> None:
    open_tab(page)
    upload(page, photo)
    choose_model(page, "Tiny tiny-day-night")
    page.locator("#dn-start").click()
    page.locator("#dn-upscale").click()
    page.locator("#sr-photo img").wait_for()
    expect(page.locator("button:visible", has_text="Recipe this picture carries")).to_have_count(1)
    page.locator("#sr-start").click()
    expect(page.locator("#sr-status")).to_contain_text("240 x 160 to 960 x 640")
    with page.expect_download() as download:
        page.locator("#sr-download").click()
    recipe = read_recipe(open_image(download.value.path()))
    assert recipe is not None
    assert [source["task"] for source in recipe["sources"]] == ["day_night"]


def test_what_super_resolution_made_of_another_photo_goes_when_a_result_comes(page: Page, photo: Path) -> None:
    page.locator("#sr-photo input[type=file]").set_input_files(photo)
    expect(page.locator("#sr-photo img")).to_be_visible()
    page.locator("#sr-start").click()
    expect(page.locator("#sr-status")).to_contain_text("240 x 160 to 960 x 640")
    open_tab(page)
    upload(page, photo)
    page.get_by_role("tab", name="4x super-resolution", exact=True).click()
    for slider in ("#sr-pair", "#sr-close-up"):
        expect(page.locator(f"{slider} img").first).to_be_visible()
    open_tab(page)
    choose_model(page, "Tiny tiny-day-night")
    page.locator("#dn-start").click()
    page.locator("#dn-upscale").click()
    expect(page.locator("#sr-status")).to_contain_text("Choose a photo, then press")
    for slider in ("#sr-pair", "#sr-close-up"):
        expect(page.locator(f"{slider} img")).to_have_count(0)
    expect(page.locator("#sr-download")).to_be_disabled()


def test_the_endpoint_translates_with_defaults(client: Client, photo: Path) -> None:
    parameters = client.view_api(return_format="dict")["named_endpoints"]["/translate"]["parameters"]
    names = [item["parameter_name"] for item in parameters]
    assert names == ["image", "direction", "strength", "model", "time", "glow", "sky", "seed"]
    assert [item["parameter_has_default"] for item in parameters] == [False] + [True] * 7
    result = open_image(
        client.predict(
            image=handle_file(photo), direction="day2night", strength=1, model="tiny-day-night", api_name="/translate"
        )
    )
    assert result.size == (240, 160)
    assert np.asarray(result).mean() < np.asarray(picture(240, 160)).mean() - 20


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"direction": "day2dawn"}, "'day2night' or 'night2day'"),
        ({"direction": 3}, "Choose a direction first"),
        ({"strength": 2}, "strength must be a number from 0"),
        ({"strength": "much"}, "strength must be a number from 0"),
        ({"time": -1}, "time of day must be a number from 0"),
        ({"glow": 9}, "lamp glow must be a number from 0"),
        ({"model": "day-night", "sky": "green"}, "sky must be 'blue hour' or 'city glow'"),
        ({"model": "day-night", "seed": -1}, "seed must be a whole number from 0"),
        ({"model": "tiny-fruit"}, "'apple2orange' or 'orange2apple'"),
        ({"model": "nothing"}, "nothing"),
    ],
)
def test_wrong_arguments_get_one_sentence(
    client: Client, photo: Path, arguments: dict[str, object], sentence: str
) -> None:
    defaults = {"direction": "day2night", "model": "tiny-day-night"}
    with pytest.raises(AppError, match=sentence):
        client.predict(image=handle_file(photo), **{**defaults, **arguments}, api_name="/translate")


def test_a_laptop_shows_the_button_and_what_it_makes_together(page: Page, photo: Path) -> None:
    page.set_viewport_size({"width": 1366, "height": 700})
    open_tab(page)
    upload(page, photo)
    page.locator("#dn-start").click()
    expect(page.locator("#dn-status")).to_contain_text("Structure kept")
    for part in ("#dn-photo", "#dn-start", "#dn-status"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)
    expect(page.locator("#dn-pair")).to_be_in_viewport(ratio=0.8)
