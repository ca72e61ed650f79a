"""The page of trainings in a browser, while trainings come, go on and go."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from imggen.store.run_log import RunLog
from tests.app.conftest import PATIENCE, running_app
from tests.conftest import picture

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url_and_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The app with a page of trainings, and their folder."""
    runs = tmp_path_factory.mktemp("trainings") / "runs"
    with running_app(tmp_path_factory, "--offline", "--runs", str(runs)) as url:
        yield url, runs


def test_a_training_is_watched_used_and_gone(
    browser: Browser, url_and_runs: tuple[str, Path], tiny_generators: Path
) -> None:
    url, runs = url_and_runs
    shutil.rmtree(runs, ignore_errors=True)  # of a try before
    page: Page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE)
    page.goto(url, wait_until="domcontentloaded")
    page.get_by_role("tab", name="Training", exact=True).click()
    status, facts = page.locator("#runs-status"), page.locator("#runs-facts")
    expect(status).to_contain_text("There is no training in")

    # Nothing is clicked from here on: the page looks by itself.
    log = RunLog(runs / "mine", active=True)
    log.start("dcgan", "Mine <b>", 0, 100)
    expect(facts).to_contain_text("It has begun, at step 0 of 100")
    expect(facts.locator("h3")).to_have_text("Mine <b>")
    log.losses(20, 1e-3, {"loss": 2.0, "r1": 0.5})
    (runs / "mine" / "samples").mkdir()
    picture(64, 32).save(runs / "mine" / "samples" / "00000020.png")
    expect(facts).to_contain_text("It runs: step 20 of 100 (20%)")
    expect(page.locator("#runs-sheet img")).to_be_visible()
    expect(page.locator("#runs-curves .block")).to_have_count(3)  # both, and the learning rate
    (runs / "mine" / "samples" / "00000040.png").write_bytes(b"\x89PNG half written")
    log.losses(40, 1e-3, {"loss": 1.0, "r1": 0.5})
    expect(facts).to_contain_text("step 40 of 100")
    expect(page.locator("#runs-sheet img")).to_be_visible()
    expect(page.locator("#runs-use")).not_to_be_visible()

    shutil.copytree(tiny_generators / "tiny-gan", runs / "mine", dirs_exist_ok=True)
    log.end("finished")
    expect(facts).to_contain_text("It is finished: step 40 of 100")
    expect(facts).to_contain_text("python app.py --models")
    page.locator("#runs-use").click()
    expect(page.get_by_role("tab", name="Random sampling", exact=True)).to_have_attribute("aria-selected", "true")
    expect(page.locator("#sampling-model input")).to_have_value("Tiny tiny-gan (mine)")
    page.locator("#sampling-start").click()
    expect(page.locator("#sampling-status")).to_contain_text("Seed")

    page.get_by_role("tab", name="Training", exact=True).click()
    shutil.rmtree(runs)
    expect(status).to_contain_text("There is no training in")
    expect(page.locator("#runs-sheet img")).to_have_count(0)
    page.close()
