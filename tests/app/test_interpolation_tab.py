"""The latent-interpolation tab as a person uses it, in a real browser, and its endpoint."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from imggen.imaging.animation import film_recipe
from imggen.imaging.decode import open_image
from imggen.imaging.recipe import read_recipe
from tests.app.conftest import open_more
from tests.conftest import picture

pytestmark = pytest.mark.browser


@pytest.fixture
def tab(page: Page) -> Page:
    open_tab(page)
    return page


def open_tab(page: Page) -> None:
    page.get_by_role("tab", name="Latent interpolation", exact=True).click()


def choose_model(page: Page, title: str) -> None:
    page.locator("#interpolation-model input").click()
    page.get_by_role("option", name=title).click()


def keyframes(page: Page) -> Locator:
    return page.locator("#interpolation-seeds textarea, #interpolation-seeds input")


def make(page: Page, frames: int) -> None:
    page.locator("#interpolation-frames input[type=number]").fill(str(frames))
    page.locator("#interpolation-start").click()
    expect(page.locator("#interpolation-status")).to_contain_text(f"{frames} frames in")


def served(page: Page, name: str) -> bytes:
    source = page.locator(f"#{name} img").first.get_attribute("src")
    assert source is not None
    return page.request.get(source).body()


def set_slider(page: Page, name: str, value: str) -> None:
    field = page.locator(f"#{name} input[type=number]")
    field.fill(value)
    field.press("Enter")


def restore(page: Page, path: Path) -> None:
    button = page.locator("#interpolation-restore")
    button.locator("xpath=preceding-sibling::input | .//input").first.set_input_files(path)


def test_a_film_plays_is_scrubbed_downloaded_and_restores_the_tab(tab: Page, tmp_path: Path) -> None:
    choose_model(tab, "tiny-gan")
    keyframes(tab).fill("3, 40")
    open_more(tab, "interpolation")
    tab.locator("#interpolation-loop input").check()
    make(tab, 12)
    film = tmp_path / "film.webp"
    film.write_bytes(served(tab, "interpolation-film"))
    assert open_image(served(tab, "interpolation-strip")).height == 128
    set_slider(tab, "interpolation-scrubber", "5")
    expect(tab.locator("#interpolation-still img")).to_have_attribute("src", re.compile("_frame5"))
    still = open_image(served(tab, "interpolation-still"))
    with Image.open(film) as image:
        assert image.n_frames == 12  # type: ignore[attr-defined]
        image.seek(4)
        assert np.array_equal(np.asarray(image.convert("RGB")), np.asarray(still))
    recipe = read_recipe(still)
    assert recipe is not None
    assert recipe["frame"] == 4
    with tab.expect_download() as download:
        tab.locator("#interpolation-mp4").click()
    assert download.value.suggested_filename == "tiny-gan_seeds3_40.mp4"
    mp4 = tmp_path / "film.mp4"
    download.value.save_as(mp4)
    assert film_recipe(mp4) == film_recipe(film)

    tab.reload(wait_until="domcontentloaded")
    open_tab(tab)
    restore(tab, mp4)
    expect(tab.locator("#interpolation-frames input[type=number]")).to_have_value("12")
    open_more(tab, "interpolation")
    expect(tab.locator("#interpolation-loop input")).to_be_checked()
    expect(keyframes(tab)).to_have_value("3, 40")


def test_a_photo_becomes_a_keyframe_with_its_class(tab: Page, tmp_path: Path) -> None:
    picture(40, 30).save(tmp_path / "photo.png")
    choose_model(tab, "Flowers 128")  # takes long enough to be stopped on any machine
    tab.get_by_role("button", name="Your own photo as a keyframe").click()
    tab.locator("#interpolation-photo input[type=file]").set_input_files(tmp_path / "photo.png")
    expect(tab.locator("#interpolation-photo img")).to_be_visible()
    tab.locator("#interpolation-project-start").click()
    tab.locator("#interpolation-project-stop").click()
    expect(tab.locator("#interpolation-project-status")).to_have_text("Stopped.")
    expect(tab.locator("#interpolation-project-stop")).to_be_hidden()  # until then a press is ignored

    choose_model(tab, "tiny-classes")
    expect(tab.locator("#interpolation-class input")).to_have_value("daisy")
    keyframes(tab).fill("3, 14 Tulip")
    tab.locator("#interpolation-project-start").click()
    expect(tab.locator("#interpolation-project-status")).to_contain_text("Added as photo 1")
    expect(keyframes(tab)).to_have_value("3, 14 Tulip, photo 1")
    make(tab, 6)
    (tmp_path / "film.webp").write_bytes(served(tab, "interpolation-film"))
    recipe = film_recipe(tmp_path / "film.webp")
    assert recipe is not None
    first, second, third = recipe["parameters"]["seeds"]
    assert [first, second] == [[3, "daisy"], [14, "tulip"]]
    assert third["classes"] == {"daisy": 1.0}

    tab.reload(wait_until="domcontentloaded")
    open_tab(tab)
    restore(tab, tmp_path / "film.webp")
    expect(keyframes(tab)).to_have_value("3 daisy, 14 tulip, saved 1")
    make(tab, 6)
    assert served(tab, "interpolation-film") == (tmp_path / "film.webp").read_bytes()


def test_a_direction_moves_the_picture_and_keeps_the_name_a_visitor_gave_it(tab: Page) -> None:
    choose_model(tab, "tiny-gan")
    tab.get_by_role("button", name="Semantic directions").click()
    low, high = tab.locator("#directions-low-1 img"), tab.locator("#directions-high-1 img")
    expect(low).to_be_visible()
    at_first = low.get_attribute("src")
    assert at_first is not None
    expect(high).not_to_have_attribute("src", at_first)
    image = tab.locator("#directions-picture img")
    set_slider(tab, "directions-amount-1", "1")
    expect(image).to_be_visible()
    before = image.get_attribute("src")
    assert before is not None
    set_slider(tab, "directions-amount-1", "2.5")
    expect(image).not_to_have_attribute("src", before)
    tab.locator("#directions-add").click()
    expect(keyframes(tab)).to_have_value("21, 39, 44, edit 1")
    name = tab.locator("#directions-name-1 textarea, #directions-name-1 input")
    name.fill("petals")
    name.blur()
    choose_model(tab, "tiny-classes")
    expect(name).to_have_value("Direction 1")
    expect(low).not_to_have_attribute("src", at_first)
    choose_model(tab, "Flowers 128")
    expect(name).to_have_value("Field to one flower")

    tab.reload(wait_until="domcontentloaded")
    open_tab(tab)
    choose_model(tab, "tiny-gan")
    tab.get_by_role("button", name="Semantic directions").click()
    expect(name).to_have_value("petals")


def test_a_sample_becomes_a_keyframe(page: Page) -> None:
    page.get_by_role("tab", name="Random sampling", exact=True).click()
    page.locator("#sampling-seed input, #sampling-seed textarea").fill("77")
    page.locator("#sampling-count input[type=number]").fill("1")
    page.locator("#sampling-start").click()
    expect(page.locator("#sampling-gallery .thumbnail-item")).to_have_count(1)
    page.locator("#sampling-gallery .thumbnail-item").first.click()
    page.locator("#sampling-interpolate").click()
    expect(keyframes(page)).to_have_value("21, 39, 44, 77")


def test_what_is_no_keyframe_is_answered_with_a_sentence(tab: Page) -> None:
    choose_model(tab, "tiny-gan")
    toast = tab.locator("[data-testid='toast-body']").first
    keyframes(tab).fill("3, photo 9")
    tab.locator("#interpolation-start").click()
    expect(toast).to_contain_text("'photo 9' is no keyframe of this model")


def test_the_endpoint_returns_a_film_and_its_strip(app_url: str) -> None:
    client = Client(app_url, verbose=False)
    film, strip = client.predict(
        model="tiny-classes", seeds="3 daisy, 14 rose", frames=8, loop=True, api_name="/interpolate"
    )
    with Image.open(film) as image:
        assert image.n_frames == 8  # type: ignore[attr-defined]
    assert open_image(strip).height == 128
    recipe = film_recipe(film)
    assert recipe is not None
    assert recipe["parameters"]["seeds"] == [[3, "daisy"], [14, "rose"]]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"seeds": "3"}, "2 to 16 keyframes"),
        ({"seeds": "3, 4 rose"}, "knows none"),
        ({"frames": 1000}, "from 2 to 240"),
        ({"frames": "many"}, "whole number"),
        ({"loop": "yes"}, "on or off"),
        ({"model": "tiny"}, "no model for this tab"),
        ({"model": "tiny-classes"}, "Name a class with each seed"),
        ({"model": "tiny-classes", "seeds": "3 oak, 4 rose"}, "no class 'oak'. Known: daisy, rose, tulip, violet"),
    ],
)
def test_the_endpoint_answers_wrong_arguments_with_a_sentence(
    app_url: str, arguments: dict[str, object], sentence: str
) -> None:
    client = Client(app_url, verbose=False)
    with pytest.raises(AppError, match=sentence):
        client.predict(
            **{"model": "tiny-gan", "seeds": "3, 14", "frames": 4, "loop": False, **arguments}, api_name="/interpolate"
        )
