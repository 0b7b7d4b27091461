"""The text beside the diagram it is edited on: what is wrong at its lines, and each linked with the other."""

from __future__ import annotations

import json

import pytest
from blank import Show
from edited import Edited
from playwright.sync_api import Page, expect
from test_accessibility import serious

from sfnbook import StateMachine

SHOP = """{
  "StartAt": "Decide",
  "States": {
    "Decide": {
      "Type": "Pass",
      "Next": "Ship"
    },
    "Ship": {"Type": "Succeed"}
  }
}
"""


def put_cursor(page: Page, text: str, behind: str) -> None:
    """Put the cursor behind a piece of the text, as a press there does."""
    page.get_by_role("textbox", name="Text of the definition").evaluate(
        """(area, at) => { area.focus(); area.setSelectionRange(at, at); area.dispatchEvent(new KeyboardEvent("keyup")); }""",
        text.index(behind) + len(behind),
    )


def test_the_text_is_written_beside_its_diagram(show: Show) -> None:
    edited = Edited(show, SHOP)
    page = edited.page
    page.get_by_role("tab", name="Text").click()
    area = page.get_by_role("textbox", name="Text of the definition")
    expect(area).to_have_value(SHOP)
    expect(page.locator(".enumber")).to_have_count(11)

    put_cursor(page, SHOP, '"Next": "')
    page.keyboard.type("x")
    expect(page.locator(".ewrong .bad")).to_have_text(['"xShip"', '"Ship"'])  # and nothing leads to Ship
    expect(page.locator(".enumber", has=page.locator(".ddot.bad"))).to_have_text(["6", "8"])
    expect(page.locator(".efindings")).to_contain_text('Did you mean "Ship"?')
    page.get_by_role("button", name='Change to "Ship"').click()
    expect(page.locator(".ewrong")).to_have_count(0)
    expect(area).to_have_value(SHOP)

    put_cursor(page, SHOP, '"StartAt": "Decide",\n  "States": {\n')
    page.keyboard.insert_text('    "Pack": {"Type": "Pass", "Next": "Decide"},\n')
    expect(edited.state("Pack")).to_be_visible()
    put_cursor(page, edited.canvas.session.text, "{")
    page.keyboard.press("Delete")
    page.keyboard.press("Delete")
    expect(page.locator(".sfn-stage")).to_have_class("sfn-stage")
    page.keyboard.type(",")
    expect(page.locator(".sfn-stage.stale")).to_be_visible()  # the last good picture stays
    expect(edited.state("Pack")).to_be_visible()
    page.keyboard.press("Control+z")  # all that was typed in one go
    expect(area).to_have_value(edited.canvas.session.text)
    expect(page.locator(".sfn-stage.stale")).to_have_count(0)
    while edited.button("Undo").is_enabled():
        before = area.input_value()
        edited.button("Undo").click()
        expect(area).not_to_have_value(before)
    expect(area).to_have_value(SHOP)


def test_the_cursor_and_the_diagram_show_each_other(show: Show) -> None:
    text = json.dumps(
        {"StartAt": "S0", "States": {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(40)} | {"S40": {"Type": "Succeed"}}},
        indent=2,
    )  # fmt: skip
    edited = Edited(show, text)
    page = edited.page
    page.get_by_role("tab", name="Text").click()
    area = page.get_by_role("textbox", name="Text of the definition")
    put_cursor(page, text, '"Next": "S2')
    expect(page.locator(".sfn-node.selected")).to_have_attribute("data-address", "/States/S1")
    expect(page.locator(".elit")).to_have_count(4)
    page.keyboard.press("F12")
    expect(page.locator(".sfn-node.selected")).to_have_attribute("data-address", "/States/S2")
    edited.state("S2").focus()
    for _ in range(30):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".sfn-node.selected")).to_have_attribute("data-address", "/States/S32")
    expect(page.locator(".elit").first).to_be_in_viewport()
    assert area.evaluate("area => area.scrollTop") > 1000
    expect(page.get_by_role("tab", name="Text")).to_have_attribute("aria-selected", "true")


def test_a_refused_text_opens_with_its_errors_and_is_mended(show: Show) -> None:
    edited = Edited(show, SHOP.replace('"Next": "Ship"\n', '"Next": "Ship\n'))
    page = edited.page
    area = page.get_by_role("textbox", name="Text of the definition")
    expect(area).to_be_visible()
    expect(page.locator(".efindings .dfind.bad")).to_have_count(1)
    page.get_by_role("button", name="line 6").click()
    expect(area).to_be_focused()
    assert area.evaluate("area => area.value.slice(0, area.selectionStart).split('\\n').length") == 6
    page.keyboard.press("End")
    page.keyboard.type('"')
    expect(page.locator(".efindings .dfind.bad")).to_have_count(0)
    expect(edited.state("Ship")).to_be_visible()
    edited.button("Apply").click()
    expect(page.locator(".hint")).to_contain_text("shop is defined anew.")
    assert isinstance(edited.canvas.machine, StateMachine)
    assert edited.cells == [f"%%statemachine shop\n{SHOP.rstrip()}"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_has_nothing_to_say(show: Show, dark: bool) -> None:
    edited = Edited(show, SHOP.replace('"Next": "Ship"', '"Next": "Shipp"'), dark=dark)
    expect(edited.page.locator(".ewrong").first).to_be_visible()
    assert serious(edited.page) == []
