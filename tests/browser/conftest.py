"""A blank page with the widget's module and a fake model: what most tests of the page need."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Browser, Page, expect, sync_playwright

from sfnbook.widget.run_widget import script, style

sys.path.insert(0, str(Path(__file__).parent))  # samples and blank, for the tests here

from blank import MOUNT, PAGE, Show

PATIENCE_MS = 20_000
"""How long a test waits for what will come: generous, since tests share the machine; no test measures by it."""
expect.set_options(timeout=PATIENCE_MS)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests; skips them where there is no Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        except Exception as problem:  # the door to a program that may be missing
            pytest.skip(f"no browser: {problem}")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def source() -> str:
    return script()


@pytest.fixture
def show(browser: Browser, source: str) -> Iterator[Show]:
    """Show traits on a blank page: ``page = show(traits, width=1200, dark=False)``; fails on any error in the page."""
    errors: list[str] = []
    contexts = []

    def open_page(
        traits: dict[str, Any],
        *,
        width: int = 1208,
        height: int = 900,
        dark: bool = False,
        address: str | None = None,
        **options: Any,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        if address is None:
            page.set_content(PAGE % style())
        else:
            page.route(address, lambda route: route.fulfill(body=PAGE % style(), content_type="text/html"))
            page.goto(address)
        page.evaluate(MOUNT, [source, json.loads(json.dumps(traits))])
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors, errors
