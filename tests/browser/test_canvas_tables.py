"""Retriers, catchers and Choice rules in the form: added, changed and put in order by pointer and by keyboard."""

from __future__ import annotations

import json

import pytest
from blank import Show
from edited import Edited
from playwright.sync_api import expect
from test_accessibility import serious

TEXT = json.dumps(
    {
        "StartAt": "Call",
        "States": {
            "Call": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:decide", "Next": "OK?"},
            "OK?": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.n", "NumericEquals": 1, "Next": "One"},
                    {"Variable": "$.n", "NumericEquals": 2, "Next": "Two"},
                    {"Not": {"Variable": "$.n", "IsPresent": True}, "Next": "One"},
                ],
                "Default": "Two",
            },
            "One": {"Type": "Succeed"},
            "Two": {"Type": "Succeed"},
        },
    },
    indent=2,
)  # fmt: skip


def test_rules_are_changed_and_ordered_by_keyboard(show: Show) -> None:
    edited = Edited(show, TEXT)
    page = edited.page
    edited.state("OK?").focus()
    page.keyboard.press("Enter")
    value = page.get_by_role("textbox", name="NumericEquals of rule 1")
    value.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("200")
    page.keyboard.press("Enter")
    expect(edited.button("Undo")).to_have_attribute("title", "Undo: OK?: Choices/0/NumericEquals (Ctrl+Z)")
    expect(value).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("textbox", name="NumericEquals of rule 2")).to_have_value("200")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("textbox", name="NumericEquals of rule 3")).to_have_value("200")
    assert [one["Next"] for one in edited.states["OK?"]["Choices"]] == ["Two", "One", "One"]
    page.get_by_role("button", name="Move up: rule 3").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="NumericEquals of rule 2")).to_have_value("200")
    page.get_by_label("Comparison of rule 1").focus()
    page.keyboard.type("NumericGreaterThan")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="NumericGreaterThan of rule 1")).to_have_value("2")
    page.get_by_role("button", name="Remove rule 1").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".etrow")).to_have_count(2)
    assert edited.states["OK?"]["Choices"][0] == {"Variable": "$.n", "NumericEquals": 200, "Next": "One"}


def test_rules_are_dragged_and_added_by_pointer(show: Show) -> None:
    edited = Edited(show, TEXT, height=1400)
    page = edited.page
    edited.state("OK?").click()
    rows = page.locator(".etrow")
    expect(rows).to_have_count(3)
    page.get_by_label("Add to Choices").select_option("number")
    expect(rows).to_have_count(4)
    rows.nth(3).scroll_into_view_if_needed()
    at, to = rows.nth(3).locator(".ethandle").bounding_box(), rows.nth(0).bounding_box()
    assert at is not None
    assert to is not None
    page.mouse.move(at["x"] + 5, at["y"] + 5)
    page.mouse.down()
    page.mouse.move(at["x"] + 5, to["y"] + 12, steps=5)
    expect(rows.nth(0)).to_have_class("etrow dropbefore")
    page.mouse.move(at["x"] + 5, to["y"] - 6, steps=2)
    page.mouse.up()
    expect(page.get_by_role("textbox", name="Variable of rule 1")).to_have_value("$.value")
    assert [one["Next"] for one in edited.states["OK?"]["Choices"]] == ["One", "One", "Two", "One"]
    page.get_by_label("Next of rule 1").select_option("Two")
    expect(edited.button("Undo")).to_have_attribute("title", "Undo: OK?: Choices/0/Next (Ctrl+Z)")
    page.get_by_role("textbox", name="Not of rule 4").fill('{"Variable": "$.m", "IsNull": true}')
    page.get_by_role("textbox", name="Not of rule 4").blur()
    expect(edited.button("Undo")).to_have_attribute("title", "Undo: OK?: Choices/3/Not (Ctrl+Z)")
    assert edited.states["OK?"]["Choices"][3]["Not"] == {"Variable": "$.m", "IsNull": True}


def test_retriers_and_catchers_come_from_a_list(show: Show) -> None:
    edited = Edited(show, TEXT)
    page = edited.page
    edited.state("Call").click()
    page.get_by_label("Add to Retry").select_option("all")
    expect(page.get_by_label("ErrorEquals of retrier 1")).to_have_value("States.ALL")
    page.get_by_label("Add to Retry").select_option("lambda")
    expect(page.get_by_label("ErrorEquals of retrier 2")).to_have_value("States.ALL")  # stays the last
    attempts = page.get_by_role("textbox", name="MaxAttempts of retrier 2")
    attempts.fill("5")
    attempts.blur()
    page.get_by_label("Add to Catch").select_option("task")
    expect(edited.state("Failed")).to_be_visible()
    page.get_by_label("Next of catcher 1").select_option("Two")
    expect(page.locator(".efindings .dfind.bad")).to_have_count(0)
    assert [one["MaxAttempts"] for one in edited.states["Call"]["Retry"]] == [3, 5]
    assert edited.states["Call"]["Catch"][0]["Next"] == "Two"
    page.get_by_role("button", name="Remove catcher 1").click()
    expect(page.get_by_label("Next of catcher 1")).to_have_count(0)
    assert "Catch" not in edited.states["Call"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_has_nothing_to_say(show: Show, dark: bool) -> None:
    edited = Edited(show, TEXT, dark=dark)
    page = edited.page
    edited.state("OK?").click()
    expect(page.locator(".etrow")).to_have_count(3)
    assert serious(page) == []
    edited.state("Call").click()
    page.get_by_label("Add to Retry").select_option("lambda")
    page.get_by_label("Add to Catch").select_option("all")
    expect(page.locator(".etrow")).to_have_count(2)
    assert serious(page) == []
