"""Photos larger than the app works on, in every photo tab and over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from imggen.imaging.decode import open_image
from imggen.imaging.recipe import read_recipe
from tests.app.conftest import PATIENCE, running_app
from tests.conftest import picture

pytestmark = pytest.mark.browser

LIMIT = 30_000
SHRUNK = "400 x 300 pixels was shrunk to 200 x 150"


@pytest.fixture(scope="module")
def url(
    tiny_models: Path, tiny_stylisers: Path, tiny_translators: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    folders = [str(folder) for folder in (tiny_models, tiny_stylisers, tiny_translators)]
    with running_app(tmp_path_factory, "--offline", "--max-pixels", str(LIMIT), "--models", *folders) as url:
        yield url


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False, httpx_kwargs={"timeout": 60})


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    picture(400, 300).save(path)
    return path


@pytest.fixture
def large_page(browser: Browser, url: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE)
    page.goto(url, wait_until="domcontentloaded")
    yield page
    page.close()


def choose(page: Page, tab: str, name: str, model: str, photo: Path) -> None:
    page.get_by_role("tab", name=tab, exact=True).click()
    page.locator(f"#{name}-photo input[type=file]").set_input_files(photo)
    expect(page.locator(f"#{name}-photo img")).to_be_visible()
    page.locator(f"#{name}-model input").click()
    page.get_by_role("option", name=model, exact=True).click()


@pytest.mark.parametrize(
    ("tab", "name", "model"),
    [("Day and night", "dn", "Tiny tiny-day-night"), ("Style transfer", "style", "Tiny any style")],
)
def test_style_and_day_and_night_shrink_it_and_say_so(
    large_page: Page, photo: Path, tab: str, name: str, model: str
) -> None:
    choose(large_page, tab, name, model, photo)
    if name == "style":
        large_page.locator("#style-gallery .thumbnail-item").nth(1).click()
        expect(large_page.locator("#style-first-name input")).to_have_value("Hills (Ben)")
    large_page.locator(f"#{name}-start").click()
    status = large_page.locator(f"#{name}-status")
    expect(status).to_contain_text("400 x 300 to 200 x 150")
    expect(status).to_contain_text(SHRUNK)


def test_upscaling_offers_to_shrink_it_or_to_enlarge_a_part(large_page: Page, photo: Path) -> None:
    page, status = large_page, large_page.locator("#sr-status")
    choose(page, "4x super-resolution", "sr", "Tiny tiny", photo)
    expect(page.get_by_role("radio", name="Shrink it to fit")).to_be_checked()
    page.locator("#sr-start").click()
    expect(status).to_contain_text("400 x 300 to 800 x 600")
    expect(status).to_contain_text(SHRUNK)
    page.get_by_role("radio", name="Enlarge a part of it").check()
    expect(page.locator("#sr-part img")).to_be_visible()
    middle = page.locator("#sr-part img").get_attribute("src")
    page.locator("#sr-photo img").click(position={"x": 2, "y": 2})
    expect(page.locator("#sr-part img")).not_to_have_attribute("src", middle or "")
    page.locator("#sr-start").click()
    expect(status).to_contain_text("Made from a part of 200 x 150 pixels")
    with page.expect_download() as download:
        page.locator("#sr-download").click()
    result = open_image(Path(download.value.path()))
    assert result.size == (800, 600)
    recipe = read_recipe(result)
    assert recipe is not None
    assert recipe["parameters"]["crop"] == [0, 0, 200, 150]
    small = result.resize((200, 150), Image.Resampling.BOX)
    part = open_image(photo).crop((0, 0, 200, 150))
    assert np.abs(np.asarray(small).astype(int) - np.asarray(part)).mean() < 30


def test_a_photo_that_fits_offers_nothing(large_page: Page, tmp_path: Path) -> None:
    picture(40, 30).save(tmp_path / "small.png")
    choose(large_page, "4x super-resolution", "sr", "Tiny tiny", tmp_path / "small.png")
    expect(large_page.locator("#sr-large")).to_be_hidden()
    large_page.locator("#sr-start").click()
    expect(large_page.locator("#sr-status")).to_contain_text("40 x 30 to 160 x 120 in")


def test_over_http(client: Client, photo: Path) -> None:
    file = handle_file(photo)
    for endpoint, first, size in (("/stylize", "content", (200, 150)), ("/translate", "image", (200, 150))):
        model = {"model": "tiny-day-night"} if endpoint == "/translate" else {"model": "tiny-any-style"}
        style = {"style": file} if endpoint == "/stylize" else {}
        result = open_image(client.predict(**{first: file}, **style, **model, api_name=endpoint))
        assert result.size == size
        recipe = read_recipe(result)
        assert recipe is not None
        assert recipe["parameters"]["max_pixels"] == LIMIT
    shrunk = client.predict(image=file, model="tiny", api_name="/upscale")
    assert open_image(shrunk).size == (800, 600)
    part = client.predict(image=file, model="tiny", crop=[100, 100, 50, 40], api_name="/upscale")
    assert open_image(part).size == (200, 160)
    with pytest.raises(AppError, match="four whole numbers"):
        client.predict(image=file, model="tiny", crop=[100, 100, 500, 40], api_name="/upscale")
