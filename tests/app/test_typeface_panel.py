"""The conditional tab with a model of letters: a word, a drawn letter, a font."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, expect

from imggen.imaging.decode import open_image
from imggen.imaging.recipe import read_recipe
from imggen.ui.shared.typeface_panel import OWN, read_face, restored_word

pytestmark = pytest.mark.browser


def open_letters(page: Page) -> None:
    page.get_by_role("tab", name="Conditional generation", exact=True).click()
    page.locator("#conditional-model input").click()
    page.get_by_role("option", name="Letters 64", exact=True).click()


def box(page: Page, name: str) -> str:
    return page.locator(f"#typeface-{name}").locator("input, textarea").first.input_value()


def fill(page: Page, name: str, value: str) -> None:
    page.locator(f"#typeface-{name}").locator("input, textarea").first.fill(value)


def drawn_letter(path: Path) -> Path:
    image = Image.new("RGB", (300, 400), "white")
    draw = ImageDraw.Draw(image)
    draw.line([(70, 360), (130, 40), (230, 70), (110, 200), (240, 360)], fill="black", width=36, joint="curve")
    image.save(path)
    return path


def test_a_word_is_set_and_its_font_opens_and_its_picture_restores_it(page: Page, tmp_path: Path) -> None:
    open_letters(page)
    fill(page, "word", "Quiz 7")
    fill(page, "face", "9")
    page.locator("#typeface-start").click()
    expect(page.locator("#typeface-status")).to_contain_text("Set in")
    with page.expect_download() as waiting:
        page.locator("#typeface-font").click()
    assert waiting.value.suggested_filename == "letters-64_seed9.ttf"
    font = ImageFont.truetype(io.BytesIO(Path(waiting.value.path()).read_bytes()), 40)
    assert font.getlength("QUIZ") > 60
    source = page.locator("#typeface-result img").get_attribute("src")
    assert source is not None
    (tmp_path / "word.png").write_bytes(page.request.get(source).body())
    recipe = read_recipe(Image.open(tmp_path / "word.png"))
    assert recipe is not None
    assert (recipe["parameters"]["word"], recipe["parameters"]["seed"]) == ("QUIZ 7", 9)
    fill(page, "word", "other")
    fill(page, "face", "1")
    page.locator("#conditional-restore").locator("xpath=..").locator("input[type=file]").set_input_files(
        tmp_path / "word.png"
    )
    expect(page.locator("#typeface-word").locator("input, textarea").first).to_have_value("QUIZ 7")
    assert box(page, "face") == "9"
    fill(page, "word", "other")
    page.locator("#session-strip .thumbnail-item").click()
    expect(page.locator("#typeface-word").locator("input, textarea").first).to_have_value("QUIZ 7")


def test_a_drawn_letter_becomes_a_face(page: Page) -> None:
    open_letters(page)
    page.locator("#typeface-own button").first.click()
    canvas = page.locator("#typeface-pad canvas").first
    canvas.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)  # the pad fits itself to the page
    place = canvas.bounding_box()
    assert place is not None
    stroke = [(0.35, 0.85), (0.42, 0.2), (0.62, 0.3), (0.4, 0.5), (0.65, 0.85)]
    points = [(place["x"] + x * place["width"], place["y"] + y * place["height"]) for x, y in stroke]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=2)
    page.mouse.up()
    page.wait_for_timeout(1500)
    page.locator("#typeface-project").click()
    expect(page.locator("#typeface-status")).to_contain_text("The alphabet of your letter")
    assert box(page, "face") == OWN
    page.locator("#typeface-start").click()
    expect(page.locator("#typeface-status")).to_contain_text("Set in")


def test_an_empty_pad_is_told(page: Page) -> None:
    open_letters(page)
    page.locator("#typeface-own button").first.click()
    page.locator("#typeface-project").click()
    expect(page.locator("[data-testid='toast-body']")).to_contain_text("no letter to see")


def test_other_models_have_no_such_panel(page: Page) -> None:
    open_letters(page)
    expect(page.locator("#typeface-start")).to_be_visible()
    page.locator("#conditional-model input").click()
    page.get_by_role("option", name="Tiny tiny-classes").click()
    expect(page.locator("#typeface-start")).to_be_hidden()


def test_the_endpoints_give_a_picture_and_a_font(app_url: str, tmp_path: Path) -> None:
    client = Client(app_url, verbose=False, httpx_kwargs={"timeout": 60})
    word, font = client.predict(text="Fox", seed="3", api_name="/set_word")
    assert open_image(word).width > open_image(word).height
    assert ImageFont.truetype(font, 30).getlength("FOX") > 20
    word, font = client.predict(
        image=handle_file(drawn_letter(tmp_path / "r.png")), character="R", text="Fox", api_name="/own_letter"
    )
    recipe = read_recipe(Image.open(word))
    assert recipe is not None
    assert restored_word(word)[:2] == ("FOX", OWN)
    assert ImageFont.truetype(font, 30).getlength("FOX") > 20
    with pytest.raises(AppError, match="knows no '%'"):
        client.predict(text="50%", api_name="/set_word")
    with pytest.raises(AppError, match="draws no letters"):
        client.predict(model="tiny-classes", api_name="/set_word")


def test_a_face_is_a_seed_or_the_letter_that_was_drawn() -> None:
    assert read_face(" 12 ", None) == read_face("\uff11\uff12", None) == 12
    for text in ("", "-1", "1.5", "nobody", OWN):
        with pytest.raises(Exception, match=r"seed|letter of yours"):
            read_face(text, None)
