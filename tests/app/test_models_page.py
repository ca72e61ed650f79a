"""The page of models in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def choose(page: Page, name: str) -> None:
    page.locator("#models-model input").click()
    page.get_by_role("option", name=name, exact=True).click()


def test_a_model_is_looked_at_measured_and_opened_in_its_tab(page: Page) -> None:
    page.get_by_role("tab", name="Models", exact=True).click()
    rows = page.locator("#models-table tbody tr")
    expect(rows.first).to_contain_text("yours")  # the operator's own come first
    expect(page.locator("#models-table")).to_contain_text("other real images (floor)")

    choose(page, "Flowers 128")
    expect(page.locator("#models-facts")).to_contain_text("Licence: apache-2.0")
    expect(page.locator("#models-facts")).to_contain_text(
        re.compile(r"Fréchet distance .*; other real images \(floor\)")
    )
    expect(page.locator("#models-quality")).to_contain_text("Recall")
    expect(page.locator("#models-sheets img").first).to_be_visible()

    choose(page, "Tiny tiny-gan (yours)")
    page.locator("#models-start").click()
    expect(page.locator("#models-status")).to_contain_text(re.compile(r"Tiny tiny-gan: [0-9.]+ s for 16 pictures"))
    expect(rows.filter(has_text="Tiny tiny-gan")).to_contain_text("s for 16 pictures")

    page.locator("#models-use").click()
    expect(page.get_by_role("tab", name="Random sampling", exact=True)).to_have_attribute("aria-selected", "true")
    expect(page.locator("#sampling-model input")).to_have_value("Tiny tiny-gan")
