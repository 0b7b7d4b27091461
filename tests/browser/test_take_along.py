"""The picture taken along as SVG, PNG, Mermaid and DOT; full screen, and as tall as the window."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import recorded
import samples
from blank import Show
from playwright.sync_api import Browser, Page, expect
from test_accessibility import serious

OPEN = "Take the picture along: SVG, PNG, Mermaid, DOT"


def saved(page: Page, what: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save {what}").click()
    return Path(download.value.path()).read_bytes()


def test_the_svg_stands_alone(show: Show) -> None:
    page = show(samples.shop_failed())
    page.get_by_role("button", name=OPEN).click()
    picture = ElementTree.fromstring(saved(page, "SVG"))
    text = "".join(picture.itertext())
    for name in ("Unittest update_db", "Performance test", "End of tests"):
        assert name in text
    assert "var(" not in ElementTree.tostring(picture, encoding="unicode")
    red = page.evaluate("getComputedStyle(document.querySelector('.sfn-node.bad .sfn-shape')).stroke")
    assert red in ElementTree.tostring(picture, encoding="unicode")


def test_a_saved_page_gives_all_four_without_a_kernel(browser: Browser, tmp_path: Path) -> None:
    run = recorded.shop(1)
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(run.to_html(tmp_path / "run.html").as_uri())
    page.get_by_role("button", name=OPEN).click()
    assert saved(page, "PNG").startswith(b"\x89PNG")
    assert b"Read order" in saved(page, "SVG")
    assert saved(page, "Mermaid").decode() == run.to_mermaid()
    assert saved(page, "DOT").decode() == str(run.machine.to_dot().source)
    page.keyboard.press("Escape")
    expect(page.get_by_role("group", name="Take the picture along")).to_be_hidden()
    expect(page.get_by_role("button", name=OPEN)).to_be_focused()
    assert errors == []
    page.close()


def test_the_kernel_is_asked_for_mermaid(show: Show) -> None:
    page = show(recorded.traits(recorded.shop(1)))
    page.evaluate("document.execCommand = () => true; window.isSecureContext")
    page.get_by_role("button", name=OPEN).click()
    page.get_by_role("button", name="Copy Mermaid").click()
    page.evaluate(
        "() => { const asked = model.sent.find((one) => one.kind === 'picture');"
        " model.answer({ kind: 'picture', id: asked.id, text: `flowchart ${asked.format}` }); }"
    )
    expect(page.locator(".sfn-pictures [role=status]")).to_have_text("Copied.")


def test_as_tall_as_the_window_and_full_screen(show: Show) -> None:
    page = show(samples.shop_failed(), height=1400)
    before = page.locator(".main").bounding_box()
    page.get_by_role("button", name="As tall as the window").click()
    after = page.locator(".main").bounding_box()
    assert before is not None
    assert after is not None
    assert before["height"] < 1000 < after["height"] < 1400
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_function("document.fullscreenElement !== null")
    box = page.locator(".sfn-frame").bounding_box()
    assert box is not None
    assert (box["x"], box["y"]) == (0, 0)
    page.get_by_role("button", name="Full screen").click()
    page.wait_for_function("document.fullscreenElement === null")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_has_nothing_to_say(show: Show, dark: bool) -> None:
    page = show(samples.shop_failed(), dark=dark)
    page.get_by_role("button", name=OPEN).click()
    assert serious(page) == []
