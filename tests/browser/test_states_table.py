"""The states as a table beside the timeline, the keys between failures and the critical path."""

from __future__ import annotations

from typing import Any

import pytest
import recorded
import samples
from blank import Show
from playwright.sync_api import Page, expect
from test_accessibility import serious

from sfnbook import StateMachine


def table(page: Page) -> Page:
    page.get_by_role("tab", name="States", exact=True).click()
    return page


def names(page: Page) -> list[str]:
    return [name.split(" Parallel › ")[0] for name in page.locator(".evspace .stname").all_inner_texts()]


def test_each_visit_is_a_row_with_its_figures(show: Show) -> None:
    page = table(show(samples.shop_failed()))
    row = page.locator(".evspace .st", has_text="Unittest update_db")
    cells = row.get_by_role("gridcell").all_inner_texts()
    assert cells[1:] == ["Task", "✕ failed · ValueError", "3", "0.000 s", "3.4 s", "54 B"]
    row.click()
    expect(page.locator(".ihead h3")).to_have_text("Unittest update_db")
    expect(row).to_have_attribute("aria-selected", "true")


def test_a_click_sorts_and_a_third_one_lets_it_be(show: Show) -> None:
    page = table(show(samples.shop_failed()))
    entered = names(page)
    head = page.get_by_role("columnheader", name="name")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert names(page) == sorted(entered, key=str.lower)
    head.get_by_role("button").click()
    assert names(page) == sorted(entered, key=str.lower, reverse=True)
    head.get_by_role("button").click()
    assert names(page) == entered
    page.get_by_role("button", name="duration", exact=True).click()
    assert names(page)[-1] == "Unittest decrypt"


def test_chips_and_text_filter(show: Show) -> None:
    page = table(show(samples.shop_failed()))
    page.get_by_role("button", name="retried 1").click()
    assert names(page) == ["Unittest update_db"]
    page.get_by_role("button", name="aborted 2").click()
    assert names(page) == ["Unittest update_db", "Wait 4 min", "Unittest decrypt"]
    page.get_by_label("Filter states").fill("wait")
    assert names(page) == ["Wait 4 min"]
    expect(page.locator(".states .bar")).to_contain_text("1 of 6 visits")


def test_keys_go_from_failure_to_failure(show: Show) -> None:
    page = show(samples.shop_failed())
    page.locator(".ibody").focus()
    for key, name in (("f", "Parallel"), ("f", "Unittest update_db"), ("f", "Parallel"), ("F", "Unittest update_db")):
        page.keyboard.press(key)
        expect(page.locator(".ihead h3")).to_have_text(name)
    expect(page.get_by_role("group", name="Failures")).to_contain_text("2 failures")


def test_the_keyboard_goes_through_the_rows(show: Show) -> None:
    page = table(show(samples.shop_failed()))
    page.get_by_role("grid", name="States").focus()
    page.keyboard.press("End")
    expect(page.locator(".ihead h3")).to_have_text("Unittest decrypt")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".ihead h3")).to_have_text("Wait 4 min")


def test_five_thousand_visits_are_few_rows(show: Show) -> None:
    made = samples.shop_failed()
    pattern = made["visits"][1]
    made["visits"] = [
        {**pattern, "id": i, "frame": "", "start_ms": i, "end_ms": i + 1, "attempts": []} for i in range(1, 5_001)
    ]
    page = table(show(made))
    assert page.locator(".evspace .st").count() < 60
    page.get_by_role("grid", name="States").focus()
    page.keyboard.press("End")
    expect(page.locator(".evspace .st.on")).to_have_attribute("aria-rowindex", "5001")


def slow_branch() -> Any:
    """A Parallel of two branches, then a state; a Map that takes two items at a time, the second and third long."""
    branches = [
        {"StartAt": name, "States": {name: {"Type": "Wait", "Seconds": seconds, "End": True}}}
        for name, seconds in (("Short", 1), ("Long", 5))
    ]
    item = {"StartAt": "Item", "States": {"Item": {"Type": "Wait", "SecondsPath": "$", "End": True}}}
    states = {
        "Both": {"Type": "Parallel", "Branches": branches, "Next": "Each"},
        "Each": {"Type": "Map", "Items": None, "ItemsPath": "$$.Execution.Input", "MaxConcurrency": 2},
        "After": {"Type": "Pass", "End": True},
    }
    states["Each"] = {**states["Each"], "ItemProcessor": item, "Next": "After"}
    del states["Each"]["Items"]
    return StateMachine({"StartAt": "Both", "States": states}, name="slow").run([2, 9, 8])


def test_the_critical_path_is_what_the_time_is_made_of(show: Show) -> None:
    page = show(recorded.traits(slow_branch()))
    page.get_by_role("button", name="Critical path").click()
    marked = page.locator(".sfn-node.critical").evaluate_all(
        "(all) => all.map((one) => one.dataset.address.split('/').at(-1)).sort()"
    )
    assert marked == ["After", "Both", "Each", "Item", "Long"]
    bars = page.locator(".tlwork.critical").evaluate_all("(all) => all.map((one) => one.title)")
    assert not any("Short" in title for title in bars)
    table(page)
    rows = page.locator(".evspace .st", has=page.locator(".stcrit")).locator(".stname").all_inner_texts()
    assert [row.removeprefix("◆") for row in rows] == ["Both", "Long Both › branch 2", "Each", "Item Each › item 0", "Item Each › item 2", "After"]  # fmt: skip


def test_a_run_without_branches_has_no_critical_path(show: Show) -> None:
    expect(show(samples.loop(3)).get_by_role("button", name="Critical path")).to_be_hidden()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_has_nothing_to_say_about_the_table(show: Show, dark: bool) -> None:
    page = show(samples.shop_failed(), dark=dark)
    page.get_by_role("button", name="Critical path").click()
    assert serious(page) == []
    table(page).get_by_role("button", name="retried 1").click()
    assert serious(page) == []
