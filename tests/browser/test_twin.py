"""The stored picture follows the page that it stands in, not the reader's system."""

from __future__ import annotations

from playwright.sync_api import Browser

from sfnbook import StateMachine
from sfnbook.widget.static_html import machine_twin


def test_the_picture_is_dark_where_jupyterlab_is(browser: Browser) -> None:
    twin = machine_twin(StateMachine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="m"))

    def shot(theme: str, system: str) -> bytes:
        page = browser.new_page(color_scheme="dark" if system == "dark" else "light")
        page.set_content(f'<body data-jp-theme-light="{theme}" style="background:#777">{twin}</body>')
        picture = page.locator("img").screenshot()
        page.close()
        return picture

    dark, light = shot("false", "light"), shot("true", "dark")
    assert dark != light
    assert shot("", "light") == light  # a page that says nothing
    assert shot("false", "dark") == dark
