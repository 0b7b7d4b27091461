"""Two runs together on the page, live and saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import recorded
from blank import Show
from playwright.sync_api import Browser, Page, expect
from test_accessibility import serious

from sfnbook import StateMachine
from sfnbook.widget.traits.recorder import other_message

ARN = "arn:aws:lambda:eu-west-1:1:function:"
SHOP = {
    "StartAt": "Load",
    "States": {
        "Load": {"Type": "Task", "Resource": f"{ARN}load", "ResultPath": "$.found", "Next": "Rate"},
        "Rate": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.found.n", "NumericGreaterThan": 10, "Next": "Big"}],
            "Default": "Small",
        },
        "Big": {"Type": "Pass", "Next": "Done"},
        "Small": {"Type": "Pass", "Next": "Done"},
        "Done": {"Type": "Pass", "End": True},
    },
}


def two() -> tuple[Any, Any]:
    machine = StateMachine(SHOP, name="shop")
    left = machine.run({"order": 7}, bind={"load": lambda event: {"n": 20, "tag": "t"}})
    return left, machine.run({"order": 7}, bind={"load": lambda event: {"n": 5, "tag": "t"}})


def beside(show: Show, **options: Any) -> Page:
    left, right = two()
    return show({**recorded.traits(left), "other": other_message(right)}, **options)


def look(page: Page, name: str) -> str:
    return page.locator(f".sfn-node[data-address='/States/{name}']").get_attribute("class") or ""


def test_one_diagram_with_both_paths(show: Show) -> None:
    page = beside(show)
    expect(page.locator(".cbar")).to_contain_text("A shop-run-1 B shop-run-2 · Load: the output is different")
    assert "only-a" in look(page, "Big")
    assert "only-b" in look(page, "Small")
    assert "only" not in look(page, "Done")
    expect(page.locator(".sfn-edge.only-a")).to_have_count(2)
    expect(page.locator(".sfn-edge.only-b")).to_have_count(2)
    expect(page.locator(".sfn-unlike")).to_have_count(3)


def test_each_stage_side_by_side_with_the_difference_in_the_value(show: Show) -> None:
    page = beside(show)
    page.locator(".tlname", has_text="Load").click()
    output = page.get_by_role("region", name="output of both")
    expect(output.locator(".ccol.ca")).to_contain_text('"n": 20')
    expect(output.locator(".ccol.cb .chg")).to_contain_text('"n": 5')
    expect(output.locator(".ccol.cb .chg")).not_to_contain_text("tag")
    same = page.get_by_role("region", name="input of both")
    expect(same).to_contain_text("the same")
    expect(same.locator(".ccols")).to_be_hidden()


def test_a_state_that_only_the_other_run_entered(show: Show) -> None:
    page = beside(show)
    page.get_by_role("button", name="Small", exact=True).click()
    expect(page.locator(".ihead h3")).to_have_text("Small")
    expect(page.get_by_role("region", name="input of both")).to_contain_text("not in A")
    expect(page.get_by_role("table", name="Figures of both")).to_contain_text("not there")


def test_a_run_is_chosen_from_the_list_and_the_comparison_ends(show: Show) -> None:
    left, right = two()
    page = show(recorded.traits(right))
    page.get_by_role("tab", name="Runs").click()
    page.get_by_role("button", name="Compare with shop-run-1").click()
    assert page.evaluate("model.sent.find((one) => one.kind === 'compare').number") == left.number
    page.evaluate("(other) => model.set('other', other)", other_message(left))
    expect(page.locator(".cbar")).to_be_visible()
    expect(page.get_by_role("tab", name="Compare")).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name="End comparison").click()
    expect(page.locator(".cbar")).to_be_hidden()
    expect(page.get_by_role("tab", name="Compare")).to_have_count(0)
    assert page.locator(".sfn-unlike, .only-a, .only-b").count() <= 2  # the hidden keys of the legend


def test_a_long_value_is_loaded_whole_on_both_sides(show: Show) -> None:
    machine = StateMachine({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}, name="long")
    left, right = (machine.run({"items": list(range(9000)), "end": end}) for end in ("one", "two"))
    page = show({**recorded.traits(left), "other": other_message(right)})
    page.locator(".tlname", has_text="P").click()
    given = page.get_by_role("region", name="input of both")
    expect(given).to_contain_text("alike in what is here")
    page.evaluate(
        """([a, b]) => { model.send = (message) => setTimeout(() => model.answer({ id: message.id, text: message.other ? b : a })); }""",
        [json.dumps(run.input) for run in (left, right)],
    )
    for side in ("ca", "cb"):
        given.locator(f".{side}").get_by_role("button", name="Load the whole value").click()
        expect(given.locator(f".{side}").get_by_role("button", name="Load the whole value")).to_have_count(0)
    expect(given).to_contain_text("≠")
    expect(given.locator(".ccol.cb .chg", has_text="two")).to_be_visible()


def test_visits_that_only_the_other_run_made_can_be_chosen(show: Show) -> None:
    states = {
        "Again": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 1, "Next": "End"}], "Default": "Less"},
        "Less": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, -1)"}, "Next": "Again"},
        "End": {"Type": "Succeed"},
    }  # fmt: skip
    machine = StateMachine({"StartAt": "Again", "States": states}, name="loop")
    left, right = machine.run({"n": 1}), machine.run({"n": 3})
    page = show({**recorded.traits(left), "other": other_message(right)})
    page.locator(".tlname", has_text="Less").click()
    theirs = page.get_by_role("combobox", name="Visit of B")
    expect(theirs.locator("option:checked")).to_contain_text("visit 1 of 3")
    theirs.select_option(index=2)
    expect(page.get_by_role("region", name="output of both").locator(".cb")).to_contain_text('"n": 0')
    page.locator(".tlname", has_text="Again").click()
    expect(theirs.locator("option:checked")).to_contain_text("answers to A's")
    assert serious(page) == []


def test_a_saved_comparison_needs_no_kernel(browser: Browser, tmp_path: Path) -> None:
    left, right = two()
    file = left.compare(right).to_html(tmp_path / "both.html")
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(file.as_uri())
    expect(page.locator(".cbar")).to_contain_text("Load: the output is different")
    page.get_by_role("tab", name="States", exact=True).click()
    page.locator(".evspace .st", has_text="Load").click()
    expect(page.get_by_role("region", name="output of both").locator(".ccol.cb")).to_contain_text('"n": 5')
    page.get_by_role("tab", name="Definition").click()
    expect(page.locator(".dline.lit").first).to_contain_text('"Load"')
    page.get_by_role("button", name="End comparison").click()
    expect(page.locator(".cbar")).to_be_hidden()
    assert errors == []
    page.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_has_nothing_to_say(show: Show, dark: bool) -> None:
    page = beside(show, dark=dark)
    assert serious(page) == []
    page.locator(".tlname", has_text="Load").click()
    assert serious(page) == []
