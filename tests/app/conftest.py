"""The real app in its own process, with tiny models, and a real Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

#: Milliseconds that a test waits for the page: a busy machine is no mistake of the app.
PATIENCE = 120_000
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests in the browser two more tries, which pytest reports: many processes share the machine's cores then."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=2))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_app(temporary: pytest.TempPathFactory, *arguments: str, **environment: str) -> Iterator[str]:
    """The app in a process of its own; its address."""
    port = free_port()
    log = temporary.mktemp("app") / "app.log"
    variables = {**os.environ, "GRADIO_TEMP_DIR": str(temporary.mktemp("gradio")), **environment}
    command = [sys.executable, "app.py", "--port", str(port), *arguments]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert process.poll() is None, log.read_text()
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except OSError:
                time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(30)


# Both end with this package: training tests fork, and forks that hold the browser's pipes keep it from closing.
@pytest.fixture(scope="package")
def app_url(
    tiny_models: Path,
    tiny_generators: Path,
    tiny_stylisers: Path,
    tiny_translators: Path,
    vgg16_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    models = [str(folder) for folder in (tiny_models, tiny_generators, tiny_stylisers, tiny_translators)]
    with running_app(tmp_path_factory, "--offline", "--mcp", "--vgg16", str(vgg16_file), "--models", *models) as url:
        yield url


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def window(browser: Browser) -> Iterator[BrowserContext]:
    """One window for all tests: what the page is made of is fetched and compiled once."""
    window = browser.new_context(viewport={"width": 1280, "height": 900})
    window.set_default_timeout(PATIENCE)
    yield window
    window.close()


@pytest.fixture
def page(window: BrowserContext, app_url: str) -> Iterator[Page]:
    page = window.new_page()
    page.goto(app_url, wait_until="domcontentloaded")
    page.get_by_role("tab", name="4x super-resolution", exact=True).click()
    yield page
    page.evaluate("localStorage.clear()")
    page.close()


def open_more(page: Page, name: str) -> None:
    """Open the settings of a tab that few people need."""
    page.locator(f"#{name}-more button.label-wrap").first.click()
    page.wait_for_timeout(1000)  # its components begin with their first values, whatever is typed until then


def open_all(page: Page) -> None:
    """Open every closed part of the tab that is seen, and those within them."""
    closed = page.locator("button.label-wrap:not(.open):visible")
    while closed.count():
        first = closed.first.element_handle()
        first.click()
        page.wait_for_function("button => button.classList.contains('open')", arg=first)
