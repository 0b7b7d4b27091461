"""The definition and the diagram, linked both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
import recorded
from blank import Show
from playwright.sync_api import Page, expect
from test_accessibility import serious

from sfnbook import StateMachine
from sfnbook.widget.traits.recorder import NOT_RUN, machine_message

TEXT = json.dumps(recorded.SHOP, indent=2)


def open_text(show: Show, **options: Any) -> Page:
    page = show(recorded.traits(recorded.shop(1)), **options)
    page.get_by_role("tab", name="Definition").click()
    return page


def lit(page: Page) -> list[str]:
    return page.locator(".dline.lit code").all_inner_texts()


def test_a_state_chosen_on_the_diagram_is_lit_in_the_text(show: Show) -> None:
    page = open_text(show)
    assert lit(page) == []
    page.locator(".sfn-node[data-address='/States/Done']").click()
    expect(page.locator(".dline.lit").first).to_be_in_viewport()
    lines = lit(page)
    assert lines[0].strip().startswith('"Done": {')
    assert lines[-1].strip() == "}"
    number = page.locator(".dline.lit .dnum").first.inner_text()
    text = page.evaluate("model.get('machine').definition_text").split("\n")
    assert '"Done"' in text[int(number) - 1]


def test_a_click_on_a_line_chooses_the_innermost_state(show: Show) -> None:
    page = open_text(show)
    page.locator(".dline", has_text='"Ship line"').last.click()
    expect(page.locator(".ihead h3")).to_have_text("Ship line")
    expect(page.locator(".sfn-node.selected")).to_have_attribute(
        "data-address", "/States/Each/ItemProcessor/States/Ship line"
    )
    expect(page.get_by_role("tab", name="Definition")).to_have_attribute("aria-selected", "true")


def test_arrow_keys_go_from_state_to_state(show: Show) -> None:
    page = open_text(show)
    page.locator(".dbody").focus()
    for name in ("Read order", "Pick", "Each", "Ship line", "Enough?"):
        page.keyboard.press("ArrowDown")
        expect(page.locator(".ihead h3")).to_have_text(name)
    page.keyboard.press("ArrowUp")
    expect(page.locator(".ihead h3")).to_have_text("Ship line")


def traits_of(text: str) -> dict[str, Any]:
    machine = machine_message(StateMachine(text, name="m"))
    return {"machine": machine, "live": dict(NOT_RUN), "visits": [], "events": []}


WARNED = """{
  "StartAt": "A",
  "States": {
    "A": { "Type": "Pass", "Next": "New" },
    "New": { "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:brandnewservice:doThings", "End": true }
  }
}"""


def test_a_finding_stands_at_its_line(show: Show) -> None:
    traits = traits_of(WARNED)
    assert [(one["severity"], one["line"]) for one in traits["machine"]["diagnostics"]] == [("WARNING", 5)]
    traits["machine"]["diagnostics"] += [{"severity": "ERROR", "rule": "ASL000 mine", "message": "No.", "line": 4}]
    page = show(traits)
    expect(page.locator(".dline", has=page.locator(".ddot.bad")).locator("code")).to_contain_text('"A"')
    page.get_by_role("button", name="line 4").click()
    expect(page.locator(".dline.pointed .dnum")).to_have_text("4")
    expect(page.locator(".dnotes")).to_contain_text("line 5 ASL305 unknown-integration")


def test_advice_is_quieter_than_a_warning(show: Show) -> None:
    traits = traits_of(WARNED)
    traits["machine"]["diagnostics"] += [{"severity": "ADVICE", "rule": "SFN101 mine", "message": "Well.", "line": 4}]
    page = show(traits)
    expect(page.locator(".dline", has=page.locator(".ddot.advice")).locator("code")).to_contain_text('"A"')
    colour = "one => getComputedStyle(one).color"
    advice, warning = (page.locator(f".dnotes .dfind.{look}").evaluate(colour) for look in ("advice", "caught"))
    assert advice == page.locator(".dnotes .muted").first.evaluate(colour) != warning


def test_a_definition_on_one_line_is_written_out(show: Show) -> None:
    page = show(traits_of(json.dumps(json.loads(WARNED))))
    page.locator(".sfn-node[data-address='/States/New']").click()
    assert any('"New"' in line for line in lit(page))
    assert page.locator(".dline").count() > 6


def test_yaml_keeps_its_own_lines(show: Show) -> None:
    page = show(
        traits_of("StartAt: A\nStates:\n  A:\n    Type: Pass\n    Next: B\n  B:\n    Type: Succeed\n# the end\n")
    )
    page.locator(".sfn-node[data-address='/States/B']").click()
    assert lit(page) == ["  B:", "    Type: Succeed"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_has_nothing_to_say_about_the_text(show: Show, dark: bool) -> None:
    page = open_text(show, dark=dark)
    page.locator(".dline", has_text='"Pick"').last.click()
    assert serious(page) == []
