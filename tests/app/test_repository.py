"""Models from the Hub in the app, with a Hub on this machine: looking up, downloading, stopping, and doing without."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from playwright.sync_api import Browser, Page, expect

from imggen.imaging.decode import open_image
from imggen.imaging.recipe import read_recipe
from imggen.store.catalogue import HUB_CATALOG, hub_models
from imggen.store.model_info import HubFile
from tests.app.conftest import PATIENCE, running_app
from tests.conftest import picture
from tests.hub.server import COMMIT, Hub, serving
from tests.store.adapters import foreign

pytestmark = pytest.mark.browser

MISSING = "realesr-general-x4v3"  # in the catalogue, and not on this Hub
REAL2SIM = "cyclegan-real2sim"  # in the catalogue, and on this Hub with a small network


class App(NamedTuple):
    """A running app.

    Attributes:
        url: its address.
        home: where its Hub client keeps its files.
    """

    url: str
    home: Path


NASTY = '<img src="http://evil.invalid/b.png" onerror="document.title=1"> **bold**'


@pytest.fixture(scope="module")
def hub(tiny_generators: Path, tiny_stylisers: Path) -> Iterator[Hub]:
    """A Hub with three models of this project, one of the catalogue, and a repository of another kind."""
    with serving() as hub:
        generator, styliser = tiny_generators / "tiny-gan", tiny_stylisers / "tiny-any-style"
        for name, folder in (("ann/tiny-gan", generator), ("ann/slow-gan", generator), ("ann/styles", styliser)):
            for path in folder.rglob("*.*"):
                hub.add(name, path.relative_to(folder).as_posix(), path.read_bytes())
        (entry,) = [info for info in hub_models(HUB_CATALOG) if info.id == REAL2SIM]
        assert isinstance(entry.source, HubFile)
        weights = foreign.pth(foreign.randomised(foreign.ForeignResnet(channels=4, blocks=9)).state_dict())
        hub.add(entry.source.repo_id, entry.source.filename, weights, entry.source.revision)
        for path in generator.iterdir():
            hub.add("ann/nasty", path.name, path.read_bytes())
        config = json.loads((generator / "config.json").read_text())
        hub.add("ann/nasty", "config.json", json.dumps({**config, "title": NASTY}).encode())
        hub.add("ann/nasty", "README.md", f"# A card\n\n![](http://evil.invalid/a.png) {NASTY}\n<form></form>".encode())
        hub.add("ann/language-model", "config.json", b'{"model_type": "gpt2"}')
        hub.add("ann/language-model", "model.safetensors", b"weights")
        yield hub


@pytest.fixture(scope="module")
def start(hub: Hub, tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], App]]:
    """Starts the app with that Hub, and nothing downloaded."""
    with ExitStack() as running:

        def start_one() -> App:
            hub.log.clear()
            home = tmp_path_factory.mktemp("home")
            variables = {
                "HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_CACHE": str(home / "cache"), "HF_TOKEN": "",
            }  # fmt: skip
            app = running_app(tmp_path_factory, "--models", str(tiny_models), HF_HUB_OFFLINE="", **variables)
            return App(running.enter_context(app), home)

        yield start_one


@pytest.fixture(scope="module")
def started() -> list[App]:
    """The apps that run; the last one is used."""
    return []


@pytest.fixture
def app(request: pytest.FixtureRequest, start: Callable[[], App], started: list[App]) -> App:
    """The app, which the tests share. A second try gets a new one: the first may have downloaded something."""
    if not started or getattr(request.node, "execution_count", 1) > 1:
        started.append(start())
    return started[-1]


@pytest.fixture
def home(app: App) -> Path:
    """Where the app's Hub client keeps its files."""
    return app.home


@pytest.fixture
def online_url(app: App) -> str:
    return app.url


@pytest.fixture
def page(browser: Browser, online_url: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(PATIENCE)
    expect.set_options()
    page.goto(online_url, wait_until="domcontentloaded")
    yield page
    page.close()


def look_up(page: Page, name: str) -> None:
    if not page.locator("#hub-repository").is_visible():
        page.get_by_role("button", name="Use another model from the Hub").click()
    page.locator("#hub-repository input, #hub-repository textarea").fill(name)
    page.locator("#hub-look-up").click()


def eventually(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.05)


def downloads(hub: Hub, repo: str) -> list[str]:
    return [line for line in hub.log if line.startswith(f"GET {repo}/resolve") and "model.safetensors" in line]


def offered(url: str) -> list[str]:
    return [info["id"] for info in Client(url, verbose=False).predict("", api_name="/models")]


def upscale(url: str, folder: Path, model: str = "tiny") -> str:
    picture(24, 20).save(folder / "photo.png")
    path = Client(url, verbose=False).predict(handle_file(folder / "photo.png"), model, 0.5, api_name="/upscale")
    return str(path)


def test_a_typed_repository_is_described_then_loaded_then_used(page: Page, hub: Hub) -> None:
    look_up(page, " ann/tiny-gan ")
    status = page.locator("#hub-status")
    expect(status).to_contain_text("Tiny tiny-gan (ann/tiny-gan) for the tab 'Random sampling'")
    expect(status).to_contain_text("MB, the licence apache-2.0.")
    assert downloads(hub, "ann/tiny-gan") == []

    page.locator("#hub-load").click()
    expect(status).to_contain_text("is loaded: it is the model of the tab 'Random sampling' now")
    assert len(downloads(hub, "ann/tiny-gan")) == 1
    expect(page.locator("#sampling-model input")).to_have_value("Tiny tiny-gan")
    page.locator("#sampling-seed").locator("input, textarea").fill("0")
    page.locator("#sampling-count input[type=number]").fill("2")
    page.locator("#sampling-start").click()
    expect(page.locator("#sampling-gallery .thumbnail-item")).to_have_count(2)
    source = page.locator("#sampling-gallery img").first.get_attribute("src")
    assert source is not None
    recipe = read_recipe(open_image(page.request.get(source).body()))
    assert recipe is not None
    assert (recipe["model"], recipe["revision"]) == ("ann/tiny-gan", COMMIT)


def test_what_one_visitor_loads_is_not_there_for_others(page: Page, browser: Browser, online_url: str) -> None:
    look_up(page, "ann/tiny-gan")
    page.locator("#hub-load").click()
    expect(page.locator("#hub-status")).to_contain_text("is loaded")
    assert "ann/tiny-gan" not in offered(online_url)
    with pytest.raises(AppError, match="There is no model 'ann/tiny-gan'"):
        Client(online_url, verbose=False).predict("ann/tiny-gan", api_name="/sample")
    other = browser.new_page()
    other.goto(online_url, wait_until="domcontentloaded")
    other.get_by_role("tab", name="Random sampling", exact=True).click()
    other.locator("#sampling-model input").click()
    expect(other.get_by_role("option").first).to_be_visible()
    expect(other.get_by_role("option", name="Tiny tiny-gan")).to_have_count(0)
    other.close()


def test_the_styles_of_a_typed_repository_come_with_it(page: Page) -> None:
    look_up(page, "ann/styles")
    page.locator("#hub-load").click()
    expect(page.locator("#hub-status")).to_contain_text("is the model of the tab 'Style transfer' now")
    expect(page.locator("#style-gallery .thumbnail-item")).to_have_count(2)


def test_what_a_stranger_wrote_is_text(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    look_up(page, "ann/nasty")
    expect(page.locator("#hub-status")).to_contain_text(f"{NASTY} (ann/nasty) for the tab")
    page.locator("#hub-load").click()
    expect(page.locator("#hub-status")).to_contain_text(f"{NASTY} is loaded")
    page.locator("#sampling-about").get_by_role("button").click()
    expect(page.locator("#sampling-about h1")).to_have_text("A card")
    expect(page.locator("#sampling-about")).to_contain_text("<form></form>")
    expect(page.locator("#sampling-about form, #sampling-about img, #hub-status img")).to_have_count(0)
    assert not [url for url in asked if "evil" in url]


def choose_model(page: Page, tab: str, box: str, option: str) -> None:
    page.get_by_role("tab", name=tab, exact=True).click()
    page.locator(f"#{box}-model input").click()
    page.get_by_role("option", name=option).click()


def give_photo(page: Page, box: str, folder: Path) -> None:
    picture(24, 20).save(folder / "photo.png")
    page.locator(f"#{box}-photo input[type=file]").set_input_files(folder / "photo.png")
    expect(page.locator(f"#{box}-photo img")).to_be_visible()


def test_a_model_of_the_catalogue_tells_size_and_licence_then_its_download_can_be_stopped_and_done(
    page: Page, hub: Hub, tmp_path: Path
) -> None:
    name = "CycleGAN: reality to simulation only (download 46 MB once, mit)"
    choose_model(page, "Day and night", "dn", name)
    expect(page.locator("#dn-direction").get_by_label("Reality to simulation")).to_be_checked()
    page.locator("#dn-about").get_by_role("button").click()
    expect(page.locator("#dn-about")).to_contain_text("46 MB, downloaded once, licence mit.")
    expect(page.locator("#dn-about")).to_contain_text("the first copy that loads is trusted")
    give_photo(page, "dn", tmp_path)
    with hub.held():
        page.locator("#dn-start").click()
        told = re.compile(rf"Downloading {REAL2SIM}: 0\.\d of \d\.\d MB")
        expect(page.locator("#dn-status")).to_contain_text(told)
        page.locator("#dn-stop").click()
        expect(page.locator("#dn-status")).to_have_text("Stopped.")
    page.locator("#dn-start").click()
    expect(page.locator("#dn-status")).to_contain_text("Structure kept")


def test_a_stopped_download_leaves_nothing(page: Page, hub: Hub, home: Path, online_url: str, tmp_path: Path) -> None:
    look_up(page, "ann/slow-gan")
    expect(page.locator("#hub-load")).to_be_visible()
    with hub.held():
        page.locator("#hub-load").click()
        expect(page.locator("#hub-status")).to_contain_text("Downloading ann/slow-gan: 0.0 of")
        upscale(online_url, tmp_path)  # other jobs do not wait for a download
        page.locator("#hub-stop").click()
        expect(page.locator("#hub-status")).to_contain_text("Stopped")
        kept = home / "cache" / "models--ann--slow-gan"
        # The page says so before the download has heard of it, which could come to its end if the Hub went on now.
        eventually(lambda: not list(kept.glob("blobs/*.incomplete")))
    assert not list(kept.glob("snapshots/*/model.safetensors"))

    page.locator("#hub-load").click()
    expect(page.locator("#hub-status")).to_contain_text("is loaded")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gpt2", "Type a repository as owner/name."),
        ("../../etc/passwd", "Type a repository as owner/name."),
        ("ann/nothing", "ann/nothing is not on the Hub or is private."),
        ("ann/language-model", "ann/language-model is no model of imggen"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(page: Page, name: str, words: str) -> None:
    look_up(page, name)
    expect(page.locator("#hub-status")).to_contain_text(words)
    expect(page.locator("#hub-load")).not_to_be_visible()


def test_a_model_that_is_here_answers_for_one_that_cannot_be_had_and_says_so(page: Page, tmp_path: Path) -> None:
    choose_model(page, "4x super-resolution", "sr", "Real-ESRGAN general x4v3 (download 5 MB once, bsd-3-clause)")
    give_photo(page, "sr", tmp_path)
    page.locator("#sr-start").click()
    told = page.locator("[data-testid='toast-body']").first
    expect(told).to_contain_text("is not on the Hub or is private")
    expect(told).to_contain_text("Meanwhile")
    expect(told).to_contain_text("answers, which is on this machine")
    expect(page.locator("#sr-status")).to_contain_text("96 x 80")


def test_what_fails_in_one_tab_leaves_the_others_alone(page: Page, tmp_path: Path) -> None:
    choose_model(page, "Day and night", "dn", "pix2pix: night to day only (download 218 MB once, mit)")
    give_photo(page, "dn", tmp_path)
    page.locator("#dn-start").click()
    expect(page.locator("[data-testid='toast-body']").first).to_contain_text("is not on the Hub or is private")
    page.get_by_role("tab", name="4x super-resolution", exact=True).click()
    give_photo(page, "sr", tmp_path)
    page.locator("#sr-start").click()
    expect(page.locator("#sr-status")).to_contain_text("96 x 80")


def test_over_the_api_nothing_else_answers(online_url: str, tmp_path: Path) -> None:
    with pytest.raises(AppError, match=r"not on the Hub or is private.* is on this machine"):
        upscale(online_url, tmp_path, MISSING)


def test_a_download_is_removed_on_the_page_of_models_and_comes_back_there(page: Page, home: Path) -> None:
    look_up(page, "ann/styles")
    page.locator("#hub-load").click()
    expect(page.locator("#hub-status")).to_contain_text("is loaded")
    snapshots = home / "cache" / "models--ann--styles" / "snapshots"
    assert list(snapshots.glob("*/model.safetensors"))
    page.get_by_role("tab", name="Models", exact=True).click()
    row = page.locator("#models-table tbody tr").filter(has_text="Tiny any style")
    expect(row).to_contain_text("downloaded")
    page.locator("#models-model input").click()
    page.get_by_role("option", name="Tiny any style", exact=True).click()
    page.locator("#models-remove").click()
    expect(page.locator("#models-status")).to_contain_text("The download of Tiny any style is gone")
    assert not list(snapshots.glob("*/model.safetensors"))
    expect(row).to_have_count(0)

    # It can come back: the page of models has a box of its own, in place of the one below the tabs.
    expect(page.locator("#hub")).not_to_be_visible()
    page.locator("#models-hub-repository").locator("input, textarea").fill("ann/styles")
    page.locator("#models-hub-look-up").click()
    page.locator("#models-hub-load").click()
    expect(page.locator("#models-hub-status")).to_contain_text("is loaded")
    expect(row).to_contain_text("downloaded")
    expect(page.locator("#models-facts")).to_contain_text("Tiny any style")
    page.locator("#models-use").click()
    expect(page.get_by_role("tab", name="Style transfer", exact=True)).to_have_attribute("aria-selected", "true")
    expect(page.locator("#style-model input")).to_have_value("Tiny any style")
