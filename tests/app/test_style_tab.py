"""The style-transfer tab as a person uses it, and its endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from playwright.sync_api import Page, expect

from imggen.imaging.decode import open_image
from imggen.imaging.recipe import read_recipe, save_png
from imggen.ui.shared import styles
from tests.app.conftest import open_more
from tests.conftest import picture
from tests.uploads import DECODABLE, UNUSABLE

browser = pytest.mark.browser


@pytest.fixture
def tab(page: Page) -> Page:
    page.get_by_role("tab", name="Style transfer", exact=True).click()
    return page


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return save_png(picture(96, 64), tmp_path / "photo.png")


@pytest.fixture(scope="module")
def client(app_url: str) -> Client:
    return Client(app_url, verbose=False)


def upload(page: Page, place: str, path: Path) -> None:
    page.locator(f"#{place} input[type=file]").set_input_files(path)
    expect(page.locator(f"#{place} img").first).to_be_visible()


def stylise(page: Page) -> dict[str, Any]:
    page.locator("#style-start").click()
    expect(page.locator("#style-status")).to_contain_text(" s.")
    with page.expect_download() as download:
        page.locator("#style-download").click()
    recipe = read_recipe(open_image(download.value.path()))
    assert recipe is not None
    return recipe


def fill(page: Page, elem_id: str, value: str) -> None:
    page.locator(f"#{elem_id} input[type=number]").fill(value)
    page.locator(f"#{elem_id} input[type=number]").press("Tab")


def choose(page: Page, elem_id: str, option: str) -> None:
    page.locator(f"#{elem_id} input").click()
    page.get_by_role("option", name=option).click()


@browser
def test_a_clicked_style_is_used_and_the_download_restores_the_tab(tab: Page, photo: Path, tmp_path: Path) -> None:
    choose(tab, "style-model", "Tiny any style")
    upload(tab, "style-photo", photo)
    tab.locator("#style-gallery .thumbnail-item").nth(1).click()
    expect(tab.locator("#style-first-name input")).to_have_value("Hills (Ben)")
    fill(tab, "style-strength", "0.6")
    open_more(tab, "style")
    tab.get_by_label("Keep the photo's colours").check()
    tab.get_by_role("button", name="Mix in more styles").click()
    choose(tab, "style-2-name", "Waves")
    fill(tab, "style-2-weight", "0.5")
    recipe = stylise(tab)
    expect(tab.locator("#style-pair img").first).to_be_visible()
    assert recipe["parameters"] == {
        "styles": [{"style": "ben-hills", "weight": 1 / 1.5}, {"style": "ann-waves", "weight": 0.5 / 1.5}],
        "strength": 0.6,
        "keep_colors": True,
        "scale": 1.0,
    }

    tab.reload(wait_until="domcontentloaded")
    tab.get_by_role("tab", name="Style transfer", exact=True).click()
    result = picture(8, 8)
    result.info["imggen"] = recipe
    tab.locator("#style-restore").locator("xpath=preceding-sibling::input | .//input").first.set_input_files(
        save_png(result, tmp_path / "result.png")
    )
    expect(tab.locator("#style-status")).to_contain_text("Settings restored.")
    expect(tab.locator("#style-first-name input")).to_have_value("Hills (Ben)")
    expect(tab.locator("#style-strength input[type=number]")).to_have_value("0.6")
    open_more(tab, "style")
    expect(tab.get_by_label("Keep the photo's colours")).to_be_checked()


@browser
def test_a_picture_of_ones_own_and_a_painted_area(tab: Page, photo: Path, tmp_path: Path) -> None:
    upload(tab, "style-photo", photo)
    upload(tab, "style-first-picture", save_png(picture(50, 40, seed=7), tmp_path / "style.png"))
    expect(tab.locator("#style-first-name input")).to_have_value("")
    tab.get_by_role("button", name="Only where you paint").click()
    canvas = tab.locator("#style-mask canvas").first
    canvas.scroll_into_view_if_needed()
    expect(canvas).to_be_visible()
    tab.wait_for_timeout(1500)  # the canvas fits the photo in a moment after it appears
    box = canvas.bounding_box()
    assert box is not None
    tab.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.5)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + box["height"] * 0.5, steps=5)
    tab.mouse.up()
    tab.wait_for_timeout(500)
    recipe = stylise(tab)
    assert recipe["parameters"]["styles"] == [{"source": 1, "weight": 1.0}]
    assert recipe["parameters"]["mask"] == 2


@browser
def test_optimisation_shows_its_steps_and_what_it_reached_when_stopped(tab: Page, photo: Path, tmp_path: Path) -> None:
    upload(tab, "style-photo", photo)
    choose(tab, "style-model", "Optimisation")
    expect(tab.locator("#style-gallery")).to_be_hidden()
    upload(tab, "style-first-picture", save_png(picture(80, 80, seed=7), tmp_path / "style.png"))
    open_more(tab, "style")
    fill(tab, "style-steps", "500")
    tab.locator("#style-start").click()
    expect(tab.locator("#style-download")).to_be_enabled()
    tab.locator("#style-stop").click()
    expect(tab.locator("#style-status")).to_contain_text("Stopped.")
    with tab.expect_download() as download:
        tab.locator("#style-download").click()
    recipe = read_recipe(open_image(download.value.path()))
    assert recipe is not None
    assert 0 < recipe["parameters"]["steps"] < 500


@browser
def test_a_style_is_there_again_when_its_model_is(tab: Page, photo: Path) -> None:
    choose(tab, "style-model", "Tiny any style")
    tab.locator("#style-gallery .thumbnail-item").nth(1).click()
    expect(tab.locator("#style-first-name input")).to_have_value("Hills (Ben)")
    for other in ("Optimisation", "Tiny styles"):
        choose(tab, "style-model", other)
        expect(tab.locator("#style-gallery")).to_be_hidden()
    choose(tab, "style-model", "Tiny any style")
    expect(tab.locator("#style-first-name input")).to_have_value("Hills (Ben)")


@browser
def test_a_new_photo_takes_the_result_of_the_one_before_away(tab: Page, photo: Path, tmp_path: Path) -> None:
    upload(tab, "style-photo", photo)
    stylise(tab)
    tab.locator("#style-photo").get_by_label("Remove Image").click()
    upload(tab, "style-photo", save_png(picture(50, 40, seed=7), tmp_path / "other.png"))
    expect(tab.locator("#style-status")).to_contain_text("Choose a photo")
    expect(tab.locator("#style-pair img")).to_have_count(0)
    for button in ("download", "upscale"):
        expect(tab.locator(f"#style-{button}")).to_be_disabled()


@browser
def test_a_model_with_fixed_styles_offers_no_pictures(tab: Page, photo: Path) -> None:
    upload(tab, "style-photo", photo)
    choose(tab, "style-model", "Tiny styles")
    expect(tab.locator("#style-first-picture")).to_be_hidden()
    choose(tab, "style-first-name", "lines")
    assert stylise(tab)["parameters"]["styles"] == [{"style": "lines", "weight": 1.0}]


@browser
def test_unusable_files_are_one_sentence_and_leave_no_broken_picture(tab: Page, tmp_path: Path) -> None:
    data, sentence = UNUSABLE["cut.jpg"]
    (tmp_path / "cut.jpg").write_bytes(data)
    tab.locator("#style-photo input[type=file]").set_input_files(tmp_path / "cut.jpg")
    expect(tab.locator("[data-testid='toast-body']").filter(has_text=sentence).first).to_be_visible()
    tab.locator("[data-testid='toast-close']").first.click()
    tab.locator("#style-first-picture input[type=file]").set_input_files(tmp_path / "cut.jpg")
    expect(tab.locator("[data-testid='toast-body']").filter(has_text=sentence).first).to_be_visible()
    expect(tab.locator("#style-photo img")).to_have_count(0)
    expect(tab.locator("#style-first-picture img")).to_have_count(0)


def test_the_painted_area_is_found_in_any_layer() -> None:
    layer = Image.new("RGBA", (20, 10))
    layer.paste((255, 0, 0, 128), (0, 0, 8, 10))
    mask = np.asarray(styles.painted(open_image(layer)))
    assert (mask[:, :8] == 255).all()
    assert (mask[:, 8:] == 0).all()


def test_the_endpoint_needs_only_a_photo(client: Client, photo: Path) -> None:
    endpoint = client.view_api(return_format="dict")["named_endpoints"]["/stylize"]
    parameters = {item["parameter_name"]: item["parameter_has_default"] for item in endpoint["parameters"]}
    assert list(parameters)[:6] == ["image", "style", "strength", "keep_colors", "model", "style_name"]
    assert all(parameters.values())
    result = open_image(client.predict(image=handle_file(photo), api_name="/stylize"))
    assert result.size == (96, 64)
    recipe = read_recipe(result)
    assert recipe is not None
    assert recipe["model"] == "tiny-any-style"
    assert recipe["parameters"]["styles"] == [{"style": "ann-waves", "weight": 1.0}]


@pytest.mark.parametrize("name", list(DECODABLE))
def test_unusual_but_valid_files_can_be_photo_and_style(client: Client, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(DECODABLE[name])
    file = handle_file(tmp_path / name)
    result = open_image(client.predict(content=file, style=file, strength=0.5, api_name="/stylize"))
    assert result.size == (32, 24)
    recipe = read_recipe(result)
    assert recipe is not None
    assert recipe["parameters"]["styles"] == [{"source": 1, "weight": 1.0}]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"strength": 2}, "Strength must be a number"),
        ({"strength": "full"}, "Strength must be a number"),
        ({"keep_colors": "no"}, "yes or no"),
        ({"style_name": "monet"}, "no style 'monet'"),
        ({"style_name": ""}, "Choose a style first"),
        ({"model": "nothing"}, "nothing"),
        ({"model": "tiny"}, "is no model for style transfer"),
        ({"model": "style-optimisation"}, "needs the style as a picture"),
    ],
    ids=str,
)
def test_wrong_arguments_are_one_sentence(
    client: Client, photo: Path, arguments: dict[str, object], sentence: str
) -> None:
    with pytest.raises(AppError, match=sentence):
        client.predict(content=handle_file(photo), **arguments, api_name="/stylize")
